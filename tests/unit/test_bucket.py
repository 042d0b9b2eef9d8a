"""The document store as a bucket of a server that speaks S3."""

import asyncio
import hashlib
from pathlib import Path

import pytest
from obstore.store import S3Store

from domain.documents import DocumentRef
from domain.errors import Unavailable, Unreadable
from integrations.bucket import BadBucket, BucketDocuments, documents_at, documents_of
from integrations.documents import FolderDocuments
from integrations.settings import Settings

CONTENT = b"<Invoice/>"


async def put(store: BucketDocuments, content: bytes = CONTENT) -> DocumentRef:
    return await store.put(content, name="invoice.xml", media_type="application/xml")


async def test_what_was_put_comes_back_also_for_another_worker(bucket: str) -> None:
    large = b"x" * 20_000_000
    for content in (CONTENT, b"", large):
        ref = await put(BucketDocuments(bucket), content)
        assert (ref.digest, ref.size) == (hashlib.sha256(content).hexdigest(), len(content))
        assert await BucketDocuments(bucket).get(ref) == content
    refs = await asyncio.gather(*(put(BucketDocuments(bucket)) for _ in range(20)))
    assert len(set(refs)) == 1


async def test_changed_or_missing_bytes_are_refused_and_put_right_by_the_next_put(bucket: str) -> None:
    store = BucketDocuments(bucket)
    ref = await put(store)
    beneath, key = S3Store.from_url(bucket, client_options={"allow_http": True}), f"{ref.digest[:2]}/{ref.digest[2:4]}"
    await beneath.put_async(f"{key}/{ref.digest}", b"<invoice/>")
    with pytest.raises(Unreadable, match=r"invoice\.xml: the bucket s3://payloads/of/tests holds other bytes"):
        await store.get(ref)
    await beneath.delete_async(f"{key}/{ref.digest}")
    with pytest.raises(Unreadable, match=r"invoice\.xml: it is not in the bucket s3://payloads/of/tests"):
        await store.get(ref)
    assert await store.get(await put(store)) == CONTENT


async def test_a_bucket_that_does_not_answer_may_be_tried_again(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = await put(BucketDocuments(bucket))
    with pytest.raises(Unavailable, match=r"The bucket s3://nowhere cannot be written: .*not found"):
        await put(BucketDocuments("s3://nowhere"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"The bucket s3://payloads/of/tests cannot be read: .+"):
        await BucketDocuments(bucket).get(ref)


@pytest.mark.parametrize("where", ["s3://", "s3:///x", "ftp://x", "gs://bucket"])
def test_what_is_no_place_is_refused(where: str) -> None:
    with pytest.raises(BadBucket, match=r"SIGNALBOX_PAYLOADS is .*give a folder, or s3://bucket/prefix"):
        documents_at(where, "SIGNALBOX_PAYLOADS")


def test_the_settings_say_where_documents_are(tmp_path: Path) -> None:
    assert isinstance(documents_of(Settings(home=tmp_path)), FolderDocuments)
    assert isinstance(documents_of(Settings(document_store=str(tmp_path))), FolderDocuments)
    assert isinstance(documents_of(Settings(document_store="s3://bucket")), BucketDocuments)
