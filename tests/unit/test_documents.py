import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from domain.documents import DocumentRef
from domain.errors import Unavailable, Unreadable
from integrations.documents import FolderDocuments

CONTENT = b"<Invoice/>"


@pytest.fixture
def store(tmp_path: Path) -> FolderDocuments:
    return FolderDocuments(tmp_path / "documents")


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def put(store: FolderDocuments, content: bytes = CONTENT, name: str = "invoice.xml") -> DocumentRef:
    return await store.put(content, name=name, media_type="application/xml")


async def test_what_was_put_comes_back(store: FolderDocuments) -> None:
    ref = await put(store)
    assert await store.get(ref) == CONTENT
    assert ref.digest == hashlib.sha256(CONTENT).hexdigest()
    assert (ref.size, ref.media_type, ref.name) == (len(CONTENT), "application/xml", "invoice.xml")


async def test_the_same_bytes_are_stored_once_whatever_they_are_called(store: FolderDocuments, tmp_path: Path) -> None:
    first, second = await put(store), await put(store, name="other.xml")
    assert first.digest == second.digest
    assert second.name == "other.xml"
    assert [path.name for path in files_under(tmp_path)] == [first.digest]


async def test_putting_the_same_bytes_from_many_sides_at_once_leaves_one_whole_file(
    store: FolderDocuments, tmp_path: Path
) -> None:
    refs = await asyncio.gather(*(put(store, b"x" * 100_000) for _ in range(20)))
    assert len({ref.digest for ref in refs}) == len(files_under(tmp_path)) == 1
    assert await store.get(refs[0]) == b"x" * 100_000


async def test_changed_bytes_are_refused_and_put_right_by_the_next_put(store: FolderDocuments, tmp_path: Path) -> None:
    ref = await put(store)
    files_under(tmp_path)[0].write_bytes(b"<invoice/>")
    with pytest.raises(Unreadable, match=r"invoice\.xml: the document store holds other bytes than were put there"):
        await store.get(ref)
    assert await store.get(await put(store)) == CONTENT


async def test_a_document_that_is_gone_is_unreadable_and_named(store: FolderDocuments, tmp_path: Path) -> None:
    ref = await put(store)
    files_under(tmp_path)[0].unlink()
    with pytest.raises(Unreadable, match=r"invoice\.xml: it is not in the document store"):
        await store.get(ref)


async def test_a_crash_while_writing_leaves_nothing_behind(
    store: FolderDocuments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="cannot be written: No space left on device"):
        await put(store)
    assert files_under(tmp_path) == []


async def test_a_store_that_cannot_be_read_may_be_tried_again(store: FolderDocuments, tmp_path: Path) -> None:
    ref = await put(store)
    stored = files_under(tmp_path)[0]
    stored.unlink()
    stored.mkdir()
    with pytest.raises(Unavailable, match="cannot be read"):
        await store.get(ref)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\x00b", "con\u202elmx.exe", "x" * 5_000, ""])
async def test_a_name_is_only_ever_shown(store: FolderDocuments, tmp_path: Path, name: str) -> None:
    ref = await put(store, name=name)
    assert await store.get(ref) == CONTENT
    assert len(ref.name) <= 200
    assert "\u202e" not in ref.name
    assert [path.name for path in files_under(tmp_path)] == [ref.digest]


async def test_documents_are_for_their_owner_only(store: FolderDocuments, tmp_path: Path) -> None:
    await put(store)
    assert files_under(tmp_path)[0].stat().st_mode & 0o077 == 0
