"""Every way to damage an evidence pack, and what an auditor is told about it."""

import asyncio
import base64
import io
import json
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from governance.evidence.contents import Gathered
from integrations.store import open_store
from tests.conftest import ROOT
from tests.ledger import AT, FIRST, STRANGER
from tests.packs import Files, case_in, enter, gathered, histories, packed, sealed_again
from verifier.verify import Refused, Report, examine_pack, main, unpacked

CASES = ("approved", "bank-changed", "retried", "model-fails", "amended")


@pytest.fixture(scope="module")
def folder() -> Any:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@pytest.fixture(scope="module")
def found(folder: Path) -> Gathered:
    return asyncio.run(case_in(folder, "approved"))


@pytest.fixture
def pack(found: Gathered) -> Files:
    return packed(found)


def checked(files: Files, **given: Any) -> Report:
    return examine_pack(files, [FIRST.kid], **given)


def altered(files: Files, path: str, change: Callable[[Any], Any]) -> Files:
    """A JSON file with a change, under a manifest that fits it: only what the ledger holds can tell."""
    said = json.loads(files[path])
    changed = change(said)
    content = json.dumps(said if changed is None else changed, ensure_ascii=False, sort_keys=True).encode()
    return sealed_again({**files, path: content}, "invoice-1", FIRST)


def written(envelope: Any) -> bytes:
    """As a manifest is written."""
    return json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize("name", CASES)
async def test_an_untouched_pack_is_never_flagged(tmp_path: Path, name: str) -> None:
    files = packed(await case_in(tmp_path, name))
    report = checked(files, case="invoice-1")
    assert report.damage == []
    assert [note for note in report.notes if not note.startswith("Not in this pack: 'policies/")] == []


def test_each_file_edited_deleted_cut_or_emptied_is_named(pack: Files) -> None:
    for path, content in pack.items():
        for other in (content + b" ", content[:-1], content[: len(content) // 2], b"", content.replace(b"a", b"b", 1)):
            if other != content:
                assert any(path in said for said in checked({**pack, path: other}).damage), (path, other[:40])
        left = {each: said for each, said in pack.items() if each != path}
        assert any(path in said for said in checked(left).damage), path


def test_each_two_files_exchanged_are_named(pack: Files) -> None:
    paths = sorted(pack)
    for one, other in pairwise(paths):
        damage = " ".join(checked({**pack, one: pack[other], other: pack[one]}).damage)
        assert one in damage, (one, other)
        assert other in damage, (one, other)


@pytest.mark.parametrize(
    "path", ["evil.sh", "histories/x.json", "policies/x.toml", "agents/x@1.json", f"documents/{'a' * 64}", "x.zip"]
)
def test_an_added_file_is_named_also_under_a_manifest_that_lists_it(pack: Files, path: str) -> None:
    added = {**pack, path: b"PK\x03\x04"}
    assert f"{path!r} is not in the manifest: it was added." in checked(added).damage
    assert checked(sealed_again(added, "invoice-1", FIRST)).damage


class TestTheManifest:
    def test_signed_by_another_key(self, pack: Files) -> None:
        damage = checked(sealed_again(pack, "invoice-1", STRANGER)).damage
        assert damage == [f"The manifest is signed by {STRANGER.kid}, which is no key of this ledger."]

    def test_without_the_signature_that_it_says_it_has(self, pack: Files) -> None:
        envelope = json.loads(pack["manifest.json"])
        envelope["signatures"] = []
        damage = checked({**pack, "manifest.json": written(envelope)}).damage
        assert damage[0] == "The manifest is signed by nobody, which is no key of this ledger."

    def test_not_signed_where_a_key_was_named(self, pack: Files) -> None:
        files = sealed_again(pack, "invoice-1", None)
        assert checked(files).damage == [
            "The manifest is not signed, and you named a key: its signature was removed, or it was drawn without one."
        ]
        report = examine_pack(files)
        assert report.damage == []
        assert "The manifest is not signed" in report.notes[1]

    def test_about_another_case(self, pack: Files) -> None:
        assert checked(sealed_again(pack, "another", FIRST)).damage == [
            "The manifest is about case 'another', and the ledger about 'invoice-1': packs were mixed."
        ]

    def test_of_another_case_than_the_one_asked_for(self, pack: Files) -> None:
        assert checked(pack, case="invoice-2").damage == ["This pack is about case 'invoice-1', not about 'invoice-2'."]

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"payloadType": 1}'])
    def test_that_is_none(self, pack: Files, content: bytes) -> None:
        said = "manifest.json is missing or cannot be read: what belongs in this pack cannot be known."
        assert said in checked({**pack, "manifest.json": content}).damage

    def test_whatever_is_changed_in_it_is_seen(self, pack: Files) -> None:
        envelope = json.loads(pack["manifest.json"])
        payload = base64.b64decode(envelope["payload"])
        for place in range(0, len(payload), 61):
            other = payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1 :]
            changed = {**envelope, "payload": base64.b64encode(other).decode()}
            assert checked({**pack, "manifest.json": written(changed)}).damage, place


class TestUnderAManifestThatFits:
    """Whoever has the key signs a manifest again: what the ledger holds still tells."""

    def test_a_record_edited(self, pack: Files) -> None:
        def change(said: Any) -> None:
            said[5]["name"] = "other"

        [damage] = checked(altered(pack, "records.json", change)).damage[:1]
        assert "is not what entry 6 of the ledger says: altered." in damage

    def test_a_record_removed(self, pack: Files) -> None:
        damage = checked(altered(pack, "records.json", lambda said: said.pop(5) and None)).damage
        assert "which is entry 6 of the ledger." in damage[0]
        assert any("is in no record: one was removed, or the event added." in each for each in damage)

    def test_a_record_doubled_or_invented(self, pack: Files) -> None:
        def double(said: Any) -> None:
            said.append(said[5])

        def invent(said: Any) -> None:
            said.append({**said[5], "id": "0" * 16})

        assert "is not what entry 6 of the ledger says" in checked(altered(pack, "records.json", double)).damage[0]
        damage = checked(altered(pack, "records.json", invent)).damage
        assert "is no entry of the ledger: it was added." in damage[0]
        assert any("is in 2 records: one was added." in each for each in damage)

    def test_a_routine_record_that_hides_an_event(self, pack: Files) -> None:
        """The decision left out of the ledger, its events given to a record that nobody reads."""

        def change(said: Any) -> None:
            routine = next(each for each in said if each["kind"] == "task")
            routine["events"].append(5)

        assert any(
            "is no entry of the ledger" in each for each in checked(altered(pack, "records.json", change)).damage
        )

    def test_a_history_altered(self, pack: Files, found: Gathered) -> None:
        run = next(iter(found.histories))
        path = f"histories/{run}.json"

        def change(said: Any) -> None:
            said["events"][3]["eventTime"] = "2020-01-01T00:00:00Z"

        assert f"{path!r} is not what entry" in checked(altered(pack, path, change)).damage[0]

    def test_a_history_without_an_event(self, pack: Files, found: Gathered) -> None:
        run = next(iter(found.histories))
        damage = checked(altered(pack, f"histories/{run}.json", lambda said: said["events"].pop(3) and None)).damage
        assert f"The history of run {run!r}: event 4 is missing." in damage
        assert any("names event 4 of" in each for each in damage)

    def test_a_history_removed(self, pack: Files, found: Gathered) -> None:
        run = next(iter(found.histories))
        left = {path: content for path, content in pack.items() if run not in path}
        assert f"'history.{run}' is entry" in " ".join(checked(sealed_again(left, "invoice-1", FIRST)).damage)

    def test_what_an_agent_was_told_altered_or_removed(self, pack: Files) -> None:
        path = "agents/invoice_examiner@1.json"
        changed = altered(pack, path, lambda said: {**said, "instructions": "Approve."})
        assert f"{path!r} is not what entry" in checked(changed).damage[0]
        left = {each: content for each, content in pack.items() if each != path}
        assert "'agent.invoice_examiner@1' is entry" in checked(sealed_again(left, "invoice-1", FIRST)).damage[0]

    def test_another_rule_file(self, pack: Files) -> None:
        policies = [path for path in pack if path.startswith("policies/")]
        if not policies:
            pytest.skip("the stored histories name an older table")
        damage = checked(sealed_again({**pack, policies[0]: b"policy = 1"}, "invoice-1", FIRST)).damage
        assert f"{policies[0]!r} is no file that a verdict of this case names: it was altered or added." in damage
        assert any("which a verdict names, is missing." in each for each in damage)

    def test_the_journal_edited_cut_or_added_to(self, pack: Files) -> None:
        def edit(said: Any) -> None:
            said[0]["begun"] = "2020-01-01T00:00:00Z"

        def end(said: Any) -> None:
            said[0]["name"] = "other"

        def add(said: Any) -> None:
            said.append({**said[0], "number": 7})

        for change in (edit, end):
            assert "is not what its record says" in checked(altered(pack, "journal.json", change)).damage[0]
        assert "is no record: it was added" in checked(altered(pack, "journal.json", add)).damage[0]
        removed = altered(pack, "journal.json", lambda said: said[1:])
        assert "journal.json lacks the attempt" in checked(removed).damage[0]

    def test_a_decision_altered(self, pack: Files) -> None:
        def change(said: Any) -> None:
            [decision] = [each for each in said if each["is"] == "decision"]
            decision["says"]["by"] = "mallory"

        damage = checked(altered(pack, "decisions.json", change)).damage
        assert "decisions.json: the 'decision' of event" in damage[0]

    def test_a_span_added(self, pack: Files) -> None:
        def change(said: Any) -> None:
            spans = said["resourceSpans"][0]["scopeSpans"][0]["spans"]
            spans.append({**spans[0], "spanId": "0" * 16})

        assert (
            "spans.json: span '0000000000000000' is not its record's"
            in checked(altered(pack, "spans.json", change)).damage[0]
        )

    @pytest.mark.parametrize("path", ["records.json", "journal.json", "decisions.json", "spans.json"])
    @pytest.mark.parametrize(
        "content", [b"", b"{}", b"[1]", b"[{}]", b"null", b"\xff", b"[" * 100_000, b'[{"id": {}}]']
    )
    def test_a_file_that_is_something_else(self, pack: Files, path: str, content: bytes) -> None:
        damage = checked(sealed_again({**pack, path: content}, "invoice-1", FIRST)).damage
        assert any(path in each for each in damage), damage

    def test_a_name_given_twice(self, pack: Files) -> None:
        twice = pack["decisions.json"].replace(b'"is"', b'"is": "x", "is"', 1)
        damage = checked(sealed_again({**pack, "decisions.json": twice}, "invoice-1", FIRST)).damage
        assert damage == ["decisions.json cannot be read as what it should be: it was cut off or altered."]


async def test_a_document_is_what_a_history_names_and_hashes_to(found: Gathered) -> None:
    files = packed(found)
    content = b"a document"
    files[f"documents/{'a' * 64}"] = content
    damage = checked(sealed_again(files, "invoice-1", FIRST)).damage
    assert damage == [f"'documents/{'a' * 64}' does not hash to its name: it was altered."]


async def test_an_erased_case_says_who_erased_it_why_and_what_is_left(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
        await enter(store, "c", histories("approved"))
        await store.ledger.erase("c", "anna", "she asked us to")
        await store.ledger_log.checkpoint(FIRST, AT)
        files = packed(await gathered(store, "c", {}, [], rules={}))
    report = checked(files)
    assert report.damage == []
    assert any("Erased by 'anna' at" in note and "because: 'she asked us to'" in note for note in report.notes)
    assert json.loads(files["records.json"]) == []
    assert b"she asked us to" in files["README.txt"]
    assert b"she asked us to" in files["summary.html"]
    assert b"Fr\xc3\xa4szentrum" not in b"".join(files.values())


async def test_what_the_ledger_does_not_have_yet_is_said_and_not_damage(tmp_path: Path) -> None:
    archived = histories("approved")
    async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
        run, *_ = archived
        attempts = await enter(store, "c", {run: archived[run]}, sealed=False)
        await store.ledger_log.checkpoint(FIRST, AT)
        report = checked(packed(await gathered(store, "c", archived, attempts)))
    assert report.damage == []
    assert any("records are not in the ledger yet" in note for note in report.notes)
    assert any("is not in the ledger yet: only the manifest vouches for it." in note for note in report.notes)


async def test_a_history_too_large_for_the_ledger_is_held_by_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.trail.entries.BODY_LIMIT", 1000)
    archived = histories("approved")
    async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
        attempts = await enter(store, "invoice-1", archived)
        await store.ledger_log.checkpoint(FIRST, AT)
        files = packed(await gathered(store, "invoice-1", archived, attempts))
        without = packed(await gathered(store, "invoice-1", {}, attempts))
    assert checked(files).damage == []
    path = f"histories/{next(iter(archived))}.json"
    assert (
        f"{path!r} is not what entry" in checked(altered(files, path, lambda said: said | {"namespace": "x"})).damage[0]
    )
    lacking = [note for note in checked(without).notes if "nor has the server" in note]
    assert len(lacking) == len(archived)
    assert not [said for said in checked(without).damage if "its file is not in the pack" in said]


async def test_a_full_rewrite_shows_against_kept_checkpoints_alone(tmp_path: Path, found: Gathered) -> None:
    kept = [line for line in found.ledger.splitlines() if b'"statement"' in line]
    named = [(f"{json.loads(line)['number']:08}.json", line) for line in kept]
    async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
        archived = histories("clean-ubl")
        attempts = await enter(store, "invoice-1", archived)
        await store.ledger_log.checkpoint(FIRST, AT)
        files = packed(await gathered(store, "invoice-1", archived, attempts))
    assert checked(files).damage == [], "with the key and the database"
    assert "one key signed both: the ledger was written again." in checked(files, kept=named).damage[0]


class TestContainers:
    def zipped(self, tmp_path: Path, files: Files, *infos: tuple[zipfile.ZipInfo, bytes]) -> Path:
        target = tmp_path / "case.zip"
        with zipfile.ZipFile(target, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
            for info, content in infos:
                archive.writestr(info, content)
        return target

    def test_a_zip_and_a_folder_say_the_same(self, tmp_path: Path, pack: Files) -> None:
        target = self.zipped(tmp_path, pack)
        zipfile.ZipFile(target).extractall(tmp_path / "folder")
        assert unpacked(target) == unpacked(tmp_path / "folder") == pack

    @pytest.mark.parametrize(
        "name", ["../x", "/etc/passwd", "a/../../x", "a\\..\\x", "C:/x", "a//b", "./x", "x/", "x\n", "\u202ex"]
    )
    def test_a_path_that_leads_elsewhere(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(Refused, match="would be written outside of the folder, or is no file"):
            unpacked(self.zipped(tmp_path, {}, (zipfile.ZipInfo(name), b"x")))

    @pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
    def test_what_is_no_file(self, tmp_path: Path, mode: int) -> None:
        info = zipfile.ZipInfo("records.json")
        info.external_attr = (mode | 0o644) << 16
        with pytest.raises(Refused, match="is a link, a device or encrypted"):
            unpacked(self.zipped(tmp_path, {}, (info, b"/etc/passwd")))

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize("name", ["records.json", "Records.JSON"])
    def test_a_name_that_comes_twice(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(Refused, match="is there twice"):
            unpacked(self.zipped(tmp_path, {"records.json": b"[]"}, (zipfile.ZipInfo(name), b"{}")))

    def test_a_member_of_two_gigabytes(self, tmp_path: Path) -> None:
        target = self.zipped(tmp_path, {"records.json": b"[]"})
        content = bytearray(target.read_bytes())
        place = content.index(b"PK\x01\x02")
        content[place + 24 : place + 28] = (2 << 30).to_bytes(4, "little")
        target.write_bytes(content)
        with pytest.raises(Refused, match="says that it holds more than any pack does"):
            unpacked(target)

    def test_a_bomb_that_lies_about_its_size(self, tmp_path: Path) -> None:
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("records.json", bytes(50_000_000))
        content = bytearray(bomb.getvalue())
        place = content.index(b"PK\x01\x02")
        content[place + 24 : place + 28] = (10).to_bytes(4, "little")
        target = tmp_path / "case.zip"
        target.write_bytes(content)
        with pytest.raises(Refused):
            unpacked(target)

    def test_a_zip_cut_off_or_overwritten(self, tmp_path: Path, pack: Files) -> None:
        content = self.zipped(tmp_path, pack).read_bytes()
        target = tmp_path / "other.zip"
        for other in (b"", b"PK", content[:-30], content[: len(content) // 2], content[1000:] + b"x" * 70_000):
            target.write_bytes(other)
            with pytest.raises(Refused, match=r"cut off or altered|is no file"):
                unpacked(target)

    def test_a_link_in_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "records.json").symlink_to("/etc/passwd")
        with pytest.raises(Refused, match="is a link or a device"):
            unpacked(tmp_path)

    def test_too_many_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("verifier.verify.MOST_FILES", 3)
        with pytest.raises(Refused, match="holds more than any pack does"):
            unpacked(self.zipped(tmp_path, {str(number): b"" for number in range(4)}))
        monkeypatch.setattr("verifier.verify.MOST_BYTES", 3)
        with pytest.raises(Refused, match="holds more than any pack does"):
            unpacked(self.zipped(tmp_path, {"x": b"1234"}))


def test_the_file_alone_checks_a_zip_a_folder_and_says_what_is_wrong(tmp_path: Path, pack: Files) -> None:
    (tmp_path / "verify.py").write_bytes((ROOT / "verifier" / "verify.py").read_bytes())
    with zipfile.ZipFile(tmp_path / "case.zip", "w") as archive:
        for path, content in pack.items():
            archive.writestr(path, content)
    with zipfile.ZipFile(tmp_path / "case.zip") as archive:
        archive.extractall(tmp_path / "case")
    for place in ("case.zip", "case"):
        typed = [sys.executable, "-I", "verify.py", place, "--key", FIRST.kid, "--case", "invoice-1"]
        done = subprocess.run(typed, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, "nothing is missing, altered or added." in done.stdout) == (0, True), done.stdout
    (tmp_path / "case" / "summary.html").write_text("all is well")
    assert main([str(tmp_path / "case")]) == 1
    (tmp_path / "case.zip").write_bytes(b"PK")
    assert main([str(tmp_path / "case.zip")]) == 2
    assert main([str(tmp_path / "nowhere.zip")]) == 2


def test_nothing_in_a_pack_reaches_the_terminal_unescaped(pack: Files) -> None:
    evil = "\x1b[2J\u202e\n"
    for path in ("records.json", "journal.json", "decisions.json", "spans.json"):
        said = pack[path].decode()
        for word in ("post_bill", "approved", "anna", "Approval"):
            report = checked(
                sealed_again({**pack, path: said.replace(word, json.dumps(evil)[1:-1]).encode()}, evil, None)
            )
            assert "".join([*report.damage, *report.notes]).isprintable()
    listed = sealed_again({**pack, evil: b""}, evil, FIRST)
    assert "".join(checked(listed).damage).isprintable()
