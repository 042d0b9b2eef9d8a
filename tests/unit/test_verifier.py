"""Every way to damage a ledger, and what an auditor is told about it."""

import asyncio
import base64
import copy
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.ledger import START, Entry, following
from governance.ledger.dsse import Envelope, sealed
from governance.ledger.statements import CHECKPOINT, KEY
from integrations.store import Store, open_store
from tests.conftest import ROOT
from tests.ledger import AT, FIRST, SECOND, STRANGER, entries, exported, lived, parsed, written
from verifier.verify import Report, examine, main

Rows = list[dict[str, Any]]
SALT = b"\x07" * 32


def lines_of(act: Callable[[Store], Any], *cases: str) -> list[Rows]:
    """A ledger after an act, exported whole and then case by case."""

    async def live() -> list[Rows]:
        with tempfile.TemporaryDirectory() as folder:
            async with open_store(f"sqlite:///{folder}/s.db") as store:
                await act(store)
                return [parsed(await exported(store, case)) for case in (None, *cases)]

    return asyncio.run(live())


@pytest.fixture(scope="module")
def packs() -> list[Rows]:
    return lines_of(lived, "again", "open")


@pytest.fixture(scope="module")
def pristine(packs: list[Rows]) -> Rows:
    return packs[0]


@pytest.fixture
def ledger(pristine: Rows) -> Rows:
    return copy.deepcopy(pristine)


@pytest.fixture(scope="module")
def kept(pristine: Rows) -> list[tuple[str, bytes]]:
    """What was exported elsewhere before the damage."""
    said = [row for row in pristine if row["type"] == "statement"]
    return [(f"{row['number']:08}.json", line) for row, line in zip(said, written(said), strict=True)]


def checked(rows: Rows, kept: list[tuple[str, bytes]] | None = None) -> Report:
    return examine(written(rows), [FIRST.kid], kept or [])


def entry(rows: Rows, case: str, n: int) -> dict[str, Any]:
    [found] = [row for row in rows if row["type"] == "entry" and (row["case"], row["n"]) == (case, n)]
    return found


def statement(rows: Rows, number: int) -> dict[str, Any]:
    [found] = [row for row in rows if row["type"] == "statement" and row["number"] == number]
    return found


def rehashed(rows: Rows, case: str, start: int) -> None:
    """Write a chain again from an entry on, so that it holds together."""
    chain = sorted(
        (row for row in rows if row.get("type") == "entry" and row["case"] == case), key=lambda row: row["n"]
    )
    for before, row in zip([None, *chain], chain, strict=False):
        if row["n"] >= start:
            row["previous"] = before["hash"] if before else START.hash
            said = [
                "signalbox.entry.1",
                *(row[name] for name in ("case", "n", "kind", "record", "commitment", "previous")),
            ]
            row["hash"] = hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def swapped(one: dict[str, Any], other: dict[str, Any], *names: str) -> None:
    for name in names:
        one[name], other[name] = other[name], one[name]


def test_an_untouched_ledger_holds_together(ledger: Rows, kept: list[tuple[str, bytes]]) -> None:
    report = checked(ledger, kept)
    assert (report.damage, report.notes) == ([], [])
    assert checked([ledger[0], *reversed(ledger[1:])]).damage == [], "in any order"


class TestEntries:
    def test_edited(self, ledger: Rows) -> None:
        entry(ledger, "open", 2)["kind"] = "other"
        assert checked(ledger).damage == ["Case 'open': entry 2 was altered: its fields do not give its hash."]

    def test_edited_and_hashed_again(self, ledger: Rows) -> None:
        entry(ledger, "open", 4)["kind"] = "other"
        was = entry(ledger, "open", 5).copy()
        rehashed(ledger, "open", 4)
        entry(ledger, "open", 5).update(was)
        assert checked(ledger).damage == [
            "Case 'open': entry 5 does not follow entry 4: one of them was written again or exchanged."
        ]

    def test_missing(self, ledger: Rows) -> None:
        for n, said in ((2, "entry 2 is missing."), (3, "entries 2 to 3 are missing.")):
            ledger.remove(entry(ledger, "open", n))
            assert checked(ledger).damage == [f"Case 'open': {said}"]

    def test_the_first_one_missing(self, ledger: Rows) -> None:
        ledger.remove(entry(ledger, "open", 1))
        assert checked(ledger).damage == ["Case 'open': entry 1 is missing."]

    def test_cut_off_at_the_end(self, ledger: Rows) -> None:
        ledger.remove(entry(ledger, "open", 5))
        assert checked(ledger).damage == [
            "Case 'open': Checkpoint 3 saw entry 5, and the chain ends with entry 4: its end was cut off."
        ]

    def test_a_whole_case_deleted(self, ledger: Rows) -> None:
        rest = [row for row in ledger if row.get("case") != "sealed"]
        assert checked(rest).damage == ["Case 'sealed': Checkpoint 2 saw entry 3, and the case is gone."]

    def test_exchanged(self, ledger: Rows) -> None:
        swapped(entry(ledger, "open", 2), entry(ledger, "open", 3), "n")
        assert checked(ledger).damage[0] == "Case 'open': entries 2 and 3 were exchanged."

    def test_bodies_exchanged(self, ledger: Rows) -> None:
        swapped(entry(ledger, "open", 2), entry(ledger, "open", 3), "salt", "body")
        assert checked(ledger).damage == [
            "Case 'open': entry 2 has the body of entry 3.",
            "Case 'open': entry 3 has the body of entry 2.",
        ]

    def test_inserted(self, ledger: Rows) -> None:
        ledger.append({**entry(ledger, "open", 2), "record": "x"})
        assert "Case 'open': entry 2 is there twice: one was inserted." in checked(ledger).damage

    def test_inserted_and_all_hashed_again(self, ledger: Rows) -> None:
        for n in (5, 4, 3):
            entry(ledger, "open", n)["n"] = n + 1
        ledger.append({**entry(ledger, "open", 2), "n": 3, "record": "x"})
        rehashed(ledger, "open", 3)
        assert checked(ledger).damage == [
            "Case 'open': entry 3 is not the one that Checkpoint 2 saw: the chain was written again."
        ]

    def test_the_same_record_twice(self, ledger: Rows) -> None:
        entry(ledger, "open", 5)["record"] = "a"
        rehashed(ledger, "open", 5)
        assert checked(ledger).damage == [
            "Case 'open': entries 1 and 5 are the same record 'a': one was inserted.",
            "Case 'open': entry 5 is not the one that Checkpoint 3 saw: the chain was written again.",
        ]

    def test_written_again_from_the_start(self, ledger: Rows) -> None:
        entry(ledger, "open", 1)["kind"] = "other"
        rehashed(ledger, "open", 1)
        assert checked(ledger).damage == [
            "Case 'open': entry 3 is not the one that Checkpoint 2 saw: the chain was written again."
        ]

    def test_added_after_the_seal(self, ledger: Rows) -> None:
        last = entry(ledger, "sealed", 4)
        ledger.append({**last, "n": 5, "record": "late", "kind": "span"})
        rehashed(ledger, "sealed", 5)
        assert checked(ledger).damage == ["Case 'sealed': entry 5 was added after entry 4 had sealed the case."]


class TestBodies:
    def test_altered(self, ledger: Rows) -> None:
        entry(ledger, "open", 2)["body"] += " "
        assert checked(ledger).damage == [
            "Case 'open': the body of entry 2 was altered: it does not give the commitment."
        ]

    @pytest.mark.parametrize("name", ["salt", "body"])
    def test_half_gone(self, ledger: Rows, name: str) -> None:
        entry(ledger, "open", 2)[name] = None
        assert checked(ledger).damage == [
            "Case 'open': the body of entry 2 was altered: it does not give the commitment."
        ]

    def test_moved_into_the_salt(self, ledger: Rows) -> None:
        row = entry(ledger, "open", 2)
        row["salt"], row["body"] = row["salt"] + row["body"][:5].encode().hex(), row["body"][5:]
        assert checked(ledger).damage == [
            "Case 'open': the body of entry 2 was altered: it does not give the commitment."
        ]

    def test_deleted_without_a_word(self, ledger: Rows) -> None:
        entry(ledger, "open", 2).update(salt=None, body=None)
        assert checked(ledger).damage == ["Case 'open': the body of entry 2 is gone, and no erasure says so."]

    def test_the_reason_of_an_erasure_deleted(self, ledger: Rows) -> None:
        entry(ledger, "erased", 4).update(salt=None, body=None)
        assert checked(ledger).damage == ["Case 'erased': the body of entry 4 is gone, and no erasure says so."]

    def test_there_again_after_an_erasure(self, ledger: Rows) -> None:
        kept = following("erased", START, entries("a")[0], SALT)
        entry(ledger, "erased", 1).update(salt=SALT.hex(), body=kept.body.decode())
        assert checked(ledger).damage == [
            "Case 'erased': the body of entry 1 is there, and entry 4 says that it was erased."
        ]


class TestStatements:
    def test_missing(self, ledger: Rows) -> None:
        ledger.remove(statement(ledger, 2))
        assert checked(ledger).damage[0] == "Statement 2 is missing from the log."

    def test_exchanged(self, ledger: Rows) -> None:
        swapped(statement(ledger, 2), statement(ledger, 3), "envelope")
        assert checked(ledger).damage[:1] == ["Checkpoint 2 says that it is number 3: statements were exchanged."]

    def test_of_another_ledger(self, ledger: Rows) -> None:
        async def other(store: Store) -> None:
            await store.ledger.append("other", entries("a"))
            await store.ledger_log.checkpoint(FIRST, AT)

        statement(ledger, 2)["envelope"] = statement(lines_of(other)[0], 2)["envelope"]
        assert checked(ledger).damage == [
            "Checkpoint 2: the heads beside it do not give its root; one was altered, removed or added.",
            "Checkpoint 3 does not follow Checkpoint 2: one of them was altered or exchanged.",
        ]

    def test_a_wrong_signature(self, ledger: Rows) -> None:
        [signature] = statement(ledger, 2)["envelope"]["signatures"]
        signature["sig"] = base64.b64encode(bytes(64)).decode()
        assert checked(ledger).damage == [
            "Checkpoint 2: its signature is wrong; it was altered, or another key made it."
        ]

    def test_another_payload(self, ledger: Rows) -> None:
        envelope = statement(ledger, 5)["envelope"]
        payload = base64.b64decode(envelope["payload"]).replace(b"2026-11-24", b"2026-11-23")
        envelope["payload"] = base64.b64encode(payload).decode()
        assert checked(ledger).damage == [
            "Checkpoint 5: its signature is wrong; it was altered, or another key made it."
        ]

    @pytest.mark.parametrize(
        ("key", "said"),
        [(STRANGER, "which is no key of this ledger."), (FIRST, "which was no longer the ledger's key.")],
    )
    def test_signed_by_another(self, ledger: Rows, key: Any, said: str) -> None:
        row = statement(ledger, 5)
        content = Envelope.model_validate(row["envelope"]).content
        row["envelope"] = sealed(CHECKPOINT, content, [key]).model_dump(mode="json")
        assert checked(ledger).damage == [f"Checkpoint 5 is signed by {key.kid}, {said}"]

    def test_signed_by_nobody(self, ledger: Rows) -> None:
        statement(ledger, 5)["envelope"]["signatures"] = []
        assert checked(ledger).damage == ["Checkpoint 5 is signed by nobody, which is no key of this ledger."]

    def test_heads_altered(self, ledger: Rows) -> None:
        statement(ledger, 3)["heads"][0][1] += 1
        assert checked(ledger).damage == [
            "Checkpoint 3: the heads beside it do not give its root; one was altered, removed or added."
        ]

    def test_a_false_head_added_below_a_true_one(self, ledger: Rows) -> None:
        heads = statement(ledger, 2)["heads"]
        heads.append([heads[0][0], 1, "0" * 64])
        assert checked(ledger).damage == [
            "Checkpoint 2: the heads beside it do not give its root; one was altered, removed or added."
        ]

    def test_a_head_that_had_not_moved(self, ledger: Rows) -> None:
        statement(ledger, 5)["heads"] += [head for head in statement(ledger, 3)["heads"] if head[0] == "open"]
        assert checked(ledger).damage == [
            "Checkpoint 5: the heads beside it do not give its root; one was altered, removed or added."
        ]

    def test_a_proof_where_none_belongs(self, ledger: Rows, pack: Rows) -> None:
        statement(ledger, 5).update(proof=statement(pack, 5)["proof"], heads=[])
        assert checked(ledger).damage[0].startswith("Checkpoint 5: the heads beside it")

    def test_heads_beside_a_key(self, ledger: Rows) -> None:
        statement(ledger, 4)["heads"] = [["open", 6, "0" * 64]]
        place = ledger.index(statement(ledger, 4)) + 1
        assert checked(ledger).damage[0] == f"Line {place} cannot be read: it was cut off or altered."

    @pytest.mark.parametrize("x", [FIRST.x, "", "A" * 42, "\ud800"])
    def test_a_key_under_another_key_s_id(self, ledger: Rows, x: str) -> None:
        row = statement(ledger, 4)
        said = json.loads(Envelope.model_validate(row["envelope"]).content)
        content = json.dumps({**said, "x": x}).encode()
        row["envelope"] = sealed(KEY, content, [FIRST, SECOND]).model_dump(mode="json")
        place = ledger.index(row) + 1
        assert checked(ledger).damage[0] == f"Line {place} cannot be read: it was cut off or altered."

    def test_a_key_that_nobody_introduced(self) -> None:
        async def act(store: Store) -> None:
            await store.ledger_log.checkpoint(FIRST, AT)
            await store.ledger_log.rotate(SECOND, None, AT)

        rows = written(lines_of(act)[0])
        assert examine(rows, [FIRST.kid]).damage == [
            f"Key statement 3 introduces {SECOND.kid}, and the key before it, {FIRST.kid}, did not sign that."
        ]
        assert examine(rows, [FIRST.kid, SECOND.kid]).damage == []

    def test_forked(self, ledger: Rows, kept: list[tuple[str, bytes]]) -> None:
        ledger.append({**statement(ledger, 3)})
        assert "Checkpoint 3 is there twice: the log was forked." in checked(ledger, kept).damage


class TestAgainstWhatIsKeptElsewhere:
    async def rewritten(self, store: Store) -> None:
        """The same ledger without one entry, signed by the same keys: it holds together."""
        await store.ledger.append("open", entries("a", "b"))
        await store.ledger_log.checkpoint(FIRST, AT)

    def test_a_full_rewrite_shows_against_exported_checkpoints_alone(self, kept: list[tuple[str, bytes]]) -> None:
        [rows] = lines_of(self.rewritten)
        assert checked(rows).damage == []
        damage = checked(rows, kept).damage
        assert damage[0] == (
            "Checkpoint 2 is not the one kept as 00000002.json, and one key signed both: the ledger was written again."
        )
        assert (
            "Checkpoint 3 was kept as 00000003.json and is not in the ledger: the log was cut back or written again."
            in damage
        )
        assert "Case 'open': 00000002.json saw entry 3, and the chain ends with entry 2: its end was cut off." in damage
        assert "Case 'sealed': 00000002.json saw entry 3, and the case is gone." in damage

    def test_a_rewrite_with_another_key_shows_by_the_key(self) -> None:
        async def act(store: Store) -> None:
            await store.ledger.append("open", entries("a"))
            await store.ledger_log.checkpoint(STRANGER, AT)

        rows = written(lines_of(act)[0])
        assert examine(rows, [FIRST.kid]).damage == [
            f"Key statement 1 introduces {STRANGER.kid}, which is not a key you said to trust.",
            f"The key {FIRST.kid}, which you said to trust, is not in the log.",
        ]
        report = examine(rows)
        assert report.damage == []
        assert report.notes == [
            f"The key {STRANGER.kid} was taken at its word: compare it with the id you were told (--key)."
        ]

    def test_a_file_of_another_ledger(self, ledger: Rows) -> None:
        async def act(store: Store) -> None:
            await store.ledger_log.checkpoint(STRANGER, AT)

        other = written([statement(lines_of(act)[0], 2)])
        assert checked(ledger, [("other.json", other[0])]).damage == [
            "Checkpoint 2 is not the one kept as other.json, and no key of this ledger signed that one."
        ]

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b'{"type":"entry"}', b"[" * 100_000])
    def test_a_file_that_is_none(self, ledger: Rows, content: bytes) -> None:
        assert checked(ledger, [("x.json", content)]).damage == [
            "x.json cannot be read as an exported statement: the file was altered."
        ]

    def test_what_no_checkpoint_covers_is_said(self) -> None:
        async def act(store: Store) -> None:
            await store.ledger_log.checkpoint(FIRST, AT)
            await store.ledger.append("open", entries("a", "b"))

        report = examine(written(lines_of(act)[0]), [FIRST.kid])
        assert report.damage == []
        assert report.notes == ["2 entries are under no checkpoint yet: cutting them off would not show."]


@pytest.fixture(scope="module")
def pack(packs: list[Rows]) -> Rows:
    return packs[1]


class TestOneCase:
    def test_it_holds_together_by_its_proof(self, pack: Rows, kept: list[tuple[str, bytes]]) -> None:
        report = checked(pack, kept)
        assert (report.damage, report.notes, report.entries) == ([], [], 5)

    def test_a_proof_for_a_place_that_is_not_there(self, pack: Rows) -> None:
        rows = copy.deepcopy(pack)
        proof = statement(rows, 5)["proof"]
        proof["index"] += 2 ** len(proof["path"])
        assert checked(rows).damage[0].startswith("Checkpoint 5: the heads beside it")

    def test_a_head_beside_a_proof(self, pack: Rows) -> None:
        rows = copy.deepcopy(pack)
        statement(rows, 5)["heads"] = [["open", 9, "0" * 64]]
        assert checked(rows).damage[0].startswith("Checkpoint 5: the heads beside it")

    @pytest.mark.parametrize("name", ["head", "index", "path"])
    def test_a_proof_that_proves_nothing(self, pack: Rows, name: str) -> None:
        rows = copy.deepcopy(pack)
        proof = statement(rows, 5)["proof"]
        proof[name] = {"head": ["again", 4, "0" * 64], "index": 0, "path": proof["path"][:-1]}[name]
        assert any(
            "Checkpoint 5: the heads beside it" in said or "cannot be read" in said for said in checked(rows).damage
        )

    def test_another_case_in_its_place(self, pack: Rows, pristine: Rows) -> None:
        rows = [row for row in pack if row["type"] != "entry"]
        rows += [row for row in pristine if row.get("case") == "open"]
        assert checked(rows).damage[0] == "The first line says that this is case 'again', and it is not, or not alone."

    def test_a_whole_ledger_that_passes_for_one_case(self, ledger: Rows) -> None:
        ledger[0]["case"] = "open"
        assert checked(ledger).damage[0] == "The first line says that this is case 'open', and it is not, or not alone."


def test_a_name_given_twice_is_not_read(ledger: Rows) -> None:
    lines = written(ledger)
    lines[-1] = lines[-1].replace(b'"n": ', b'"n": 7, "n": ')
    assert examine(lines, [FIRST.kid]).damage[0] == f"Line {len(lines)} cannot be read: it was cut off or altered."


def changes(value: Any) -> Iterator[Any]:
    """Values that are not this one."""
    match value:
        case bool() | None:
            yield from ("x", 0, [])
        case int():
            yield from (value + 1, value - 1, -value, str(value), None, float(value))
        case str():
            yield from ("", value + "x", value[1:], value.swapcase(), "\u202e" + value, "\ud800", None, [value])
        case list():
            yield from ([], [*value, *value], value[:-1], value[::-1], None)
        case _:
            yield from ({}, [], None)


def mutants(row: Any) -> Iterator[str]:
    """Change one place in a row after the other, and put it back."""
    places = list(row) if isinstance(row, dict) else range(len(row))
    for place in places:
        was = row[place]
        for other in changes(was):
            if json.dumps(other) != json.dumps(was) and not (place == "heads" and other == was[::-1]):  # a set
                row[place] = other
                yield f"{place}: {was!r:.40} -> {other!r:.40}"
        row[place] = was
        if isinstance(row, dict):
            del row[place]
            yield f"{place} removed"
            row[place] = was
        if isinstance(was, dict | list):
            yield from mutants(was)
    if isinstance(row, dict):
        row["more"] = 1
        yield "more added"
        del row["more"]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_whatever_is_changed_in_any_place_of_any_line_is_seen(packs: list[Rows], which: int) -> None:
    rows, unseen, tried = copy.deepcopy(packs[which]), list[str](), 0
    for row in rows:
        for change in mutants(row):
            tried += 1
            if not examine([json.dumps(each).encode() for each in rows], [FIRST.kid]).damage:
                unseen.append(f"{row['type']} {change}")
    assert checked(rows).damage == []
    assert tried > 400
    assert unseen == []


def test_whatever_line_is_removed_doubled_or_cut_is_seen(ledger: Rows, kept: list[tuple[str, bytes]]) -> None:
    lines = written(ledger)
    for place, line in enumerate(lines):
        before, after = lines[:place], lines[place + 1 :]
        for changed in ([], [line, line], [line[:-1]], [line[: len(line) // 2]], [b""], [b"\xff" + line], [b"null"]):
            assert examine([*before, *changed, *after], [FIRST.kid], kept).damage, (place, changed)


def test_nothing_in_a_ledger_reaches_the_terminal_unescaped() -> None:
    async def act(store: Store) -> None:
        await store.ledger.append("evil\x1b[2J\u202e\n", [Entry(record_id="\x1b]0;", kind="span", body=b"{}")])

    [rows] = lines_of(act)
    rows.append({**rows[-1], "n": 2})
    rows += lines_of(lived)[0][1:]
    statement(rows, 5)["envelope"]["signatures"][0]["keyid"] = "\x1b[2J"
    said = "".join([*checked(rows).damage, *checked(rows).notes])
    assert "evil" in said
    assert said.isprintable()


class TestTheFile:
    """`verify.py` alone in a folder, as an auditor has it."""

    @pytest.fixture
    def folder(self, tmp_path: Path, pristine: Rows, kept: list[tuple[str, bytes]]) -> Path:
        (tmp_path / "verify.py").write_bytes((ROOT / "verifier" / "verify.py").read_bytes())
        (tmp_path / "ledger.jsonl").write_bytes(b"\n".join(written(pristine)))
        (tmp_path / "kept").mkdir()
        for name, content in kept:
            (tmp_path / "kept" / name).write_bytes(content)
        return tmp_path

    def test_it_needs_nothing_of_the_project(self, folder: Path) -> None:
        typed = [sys.executable, "verify.py", "ledger.jsonl", "--checkpoints", "kept", "--key", FIRST.kid]
        done = subprocess.run(typed, cwd=folder, capture_output=True, text=True, check=False, env={"LANG": "C"})
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == (
            "4 cases, 18 entries (5 bodies erased), 3 checkpoints: nothing is missing, altered or added.\n"
        )

    def test_it_imports_the_standard_library_and_cryptography_alone(self) -> None:
        source = (ROOT / "verifier" / "verify.py").read_text().splitlines()
        imported = {line.split()[1].partition(".")[0] for line in source if line.startswith(("import ", "from "))}
        assert imported - set(sys.stdlib_module_names) == {"cryptography"}

    def test_damage_is_exit_code_1_and_a_file_that_is_not_there_2(
        self, folder: Path, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        assert main([str(folder / "ledger.jsonl"), "--key", STRANGER.kid]) == 1
        assert b": 2 places are damaged.\n" in capsysbinary.readouterr().out
        assert main([str(folder / "none.jsonl")]) == 2
        assert b"none.jsonl cannot be used: No such file or directory.\n" in capsysbinary.readouterr().err
