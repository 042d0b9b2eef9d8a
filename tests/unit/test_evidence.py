"""What a pack says to people, which files it takes, and how it is written."""

import asyncio
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from domain.errors import Unavailable
from governance.evidence.contents import Gathered, contents, rules_named
from governance.evidence.decisions import decisions, documents
from governance.evidence.manifest import Lack, Part, file_name
from governance.ledger.lines import current_key
from governance.reconciliation.held import Chain, chain_of
from governance.trail import conventions as c
from governance.trail.questions import QUESTIONS
from governance.trail.summary import summary
from integrations.documents import FolderDocuments
from integrations.pack_file import write_pack
from integrations.policy_folder import PolicyFolder
from integrations.store import open_store
from starter import app
from tests.conftest import ROOT
from tests.ledger import AT, FIRST, SECOND
from tests.packs import case_in, enter, histories, packed
from tests.trails import event, payloads, ran, scheduled, started, told
from tests.unit.test_card import HOSTILE
from tests.unit.test_trail_page import Read
from verifier.verify import examine_file

PAGE_TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "dl", "dt", "dd"}
TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}


@pytest.fixture
async def found(tmp_path: Path) -> Gathered:
    return await case_in(tmp_path, "bank-changed")


class TestTheSummary:
    def test_it_says_who_decided_by_which_rule_and_what_was_not_counted(self, found: Gathered) -> None:
        text = Read(summary(found.records, found.chain)).text
        for said in (
            "changed, decided by anna, bob, carol (claimed)",
            "Mona Ferrant has none of the roles asked for",
            "3 distinct, 3 asked for; the requester is not one of them",
            "BANK-00001",
            "row unusual",
            "dev: nobody was authenticated",
            "entries, sealed",
        ):
            assert said in text, said

    def test_it_never_says_that_a_rule_is_kept(self, found: Gathered) -> None:
        files = packed(found)
        for path in ("summary.html", "README.txt"):
            assert not re.search(r"complian|conform|fulfil|guarante", files[path].decode(), re.IGNORECASE)
        assert "Evidence supporting an answer" in files["summary.html"].decode()
        assert {each.rule.partition(":")[0] for each in QUESTIONS} == {
            *(f"AI Act, Art. {number}" for number in (12, 13, 14, 19, 26)), "SOX 302 and 404", "GDPR, Art. 22",
        }  # fmt: skip
        assert all(each.open and each.look for each in QUESTIONS)

    def test_unknown_outcomes_come_first(self) -> None:
        timed_out = event(5, "ACTIVITY_TASK_TIMED_OUT", scheduledEventId="3")
        page = summary(told(started(), scheduled(3), ran(4, 3), timed_out), Chain(()))
        assert page.index("OUTCOME UNKNOWN") < page.index("What was done")
        assert "nothing says how it ended" in page

    def test_the_requester_among_the_approvers_is_named(self, found: Gathered) -> None:
        mine = [
            record.model_copy(update={"attributes": record.attributes | {c.REQUESTER: "anna"}})
            for record in found.records
        ]
        assert "the requester is one of them" in Read(summary(mine, found.chain)).text

    def test_of_nothing_it_says_so(self) -> None:
        assert "no record of this case that can still be read" in summary((), Chain(()))

    @pytest.mark.parametrize("text", [*HOSTILE, '"><script>alert(1)</script>', "</style><script>x</script>"])
    def test_no_outside_text_can_become_markup(self, text: str) -> None:
        asked = {
            "question": text,
            "digest": text,
            "subject": {"requester": text},
            "verdict": {"row": text, "why": text},
        }
        review = {"approvers": {text: 1}, "assurance": text}
        records = told(
            started(identity=text, workflowType={"name": text}, input=payloads({"requester": text})),
            event(
                2,
                "START_CHILD_WORKFLOW_EXECUTION_INITIATED",
                workflowId=text,
                workflowType={"name": text},
                input=payloads({**asked, "verdict": {"review": review}}),
            ),
            scheduled(3, text, text, {"action": {"kind": text}, "key": text, "verdict": {"then": text, "row": text}}),
            event(6, "WORKFLOW_EXECUTION_TERMINATED", reason=text, identity=text),
            workflow_id=text,
        )
        read = Read(summary(records, Chain(()), [Lack(what=text, why=text)]))
        assert "script" not in read.tags
        assert set(read.tags) - TABLE_TAGS <= PAGE_TAGS
        assert not {name for name, _ in read.attributes if name.startswith("on")}
        assert "\x1b" not in read.text


class TestWhatIsInIt:
    def test_the_same_case_gives_the_same_bytes(self, found: Gathered, tmp_path: Path) -> None:
        parts, _ = contents(found)
        sizes = [write_pack(tmp_path / name, each) for name, each in (("1", parts), ("2", reversed(parts)))]
        assert sizes[0] == sizes[1]
        assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()

    def test_nothing_is_overwritten_and_half_a_pack_is_removed(self, tmp_path: Path) -> None:
        target = tmp_path / "x.zip"
        target.write_text("mine")
        with pytest.raises(FileExistsError):
            write_pack(target, [])
        assert target.read_text() == "mine"
        torn = Part("x", None, "")  # pyright: ignore[reportArgumentType]
        with pytest.raises(TypeError):
            write_pack(tmp_path / "y.zip", [torn])
        assert not (tmp_path / "y.zip").exists()

    def test_a_rule_file_that_was_not_kept_is_named_as_lacking(self, found: Gathered) -> None:
        parts, lacks = contents(replace(found, rules={}))
        [path] = {*rules_named(found.records).values()}
        assert [lack.what for lack in lacks] == [path]
        readme = next(part for part in parts if part.path == "README.txt").content.decode()
        assert path in readme
        assert "No copy of the file with SHA-256" in readme

    def test_requests_answers_and_judgements_stand_with_their_events(self) -> None:
        told = decisions([json.loads(each) for each in histories("bank-changed").values()])
        kinds = [each["is"] for each in told]
        assert {"request", "decision", "answer", "judgement", "work order"} <= set(kinds)
        assert kinds.count("answer") == 5
        refused = [each for each in told if each["is"] == "answer" and each["says"]["why_not"]]  # type: ignore[index,call-overload]
        assert len(refused) == 2
        assert all(each["event"] and each["run"] for each in told)

    def test_documents_are_found_wherever_a_history_names_them(self) -> None:
        named = documents([json.loads(each) for each in histories("model-fails").values()])
        assert {"02-no-order.xml"} & {ref.name for ref in named.values()} or len(named) >= 2
        assert all(ref.digest == digest for digest, ref in named.items())

    @pytest.mark.parametrize("name", ["../x", "", ".", "a/b", "x\n", "ü", "a" * 200, ".hidden"])
    def test_no_name_leaves_its_folder(self, name: str) -> None:
        assert re.fullmatch(r"[0-9a-f]{32}", file_name(name))

    @pytest.mark.parametrize("case", ["$(rm -rf .)", "a b", "x;y", "-rf", "{case}", "%s"])
    def test_a_case_s_name_is_never_a_command(self, found: Gathered, case: str) -> None:
        parts, _ = contents(replace(found, case=case))
        readme = next(part for part in parts if part.path == "README.txt").content.decode()
        assert "--case CASE" in readme
        assert case in readme


async def test_the_key_that_signs_now_is_the_last_one_introduced(tmp_path: Path) -> None:
    async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
        lines = [line async for line in store.ledger_log.export()]
        assert current_key([*lines, b"{", b"\xff", b"[]"]) is None
        await store.ledger_log.checkpoint(FIRST, AT)
        await store.ledger_log.rotate(SECOND, FIRST, AT)
        assert current_key([line async for line in store.ledger_log.export()]) == SECOND.kid


class TestRulesThatAreKept:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))

    async def test_each_version_is_kept_before_it_is_used(self, folder: Path, tmp_path: Path) -> None:
        kept = FolderDocuments(tmp_path / "documents")
        policies, file = PolicyFolder(folder, kept.keep), folder / "invoice.toml"
        digests = [(await policies.table("invoice")).file_digest]
        file.write_text(file.read_text().replace('version = "', 'version = "x'))
        digests.append((await policies.table("invoice")).file_digest)
        file.unlink()
        names = {path.name for path in (tmp_path / "documents").rglob("*") if path.is_file()}
        assert set(digests) <= names
        assert len(set(digests)) == 2

    async def test_what_a_file_takes_in_is_kept_too(self, folder: Path) -> None:
        kept: list[bytes] = []
        await PolicyFolder(folder, kept.append).directory()
        assert (folder / "people.toml").read_bytes() in kept

    async def test_rules_that_cannot_be_kept_are_not_used(self, folder: Path) -> None:
        def full(_: bytes) -> None:
            raise Unavailable("The document store cannot be written.")

        for _ in range(2):
            with pytest.raises(Unavailable):
                await PolicyFolder(folder, full).table("invoice")


class TestTheCommand:
    """Where no server answers: from the ledger alone."""

    @pytest.fixture
    def type_(self, tmp_path: Path) -> Callable[..., tuple[int, str]]:
        environment = {
            "SIGNALBOX_HOME": str(tmp_path),
            "TEMPORAL_ADDRESS": "127.0.0.1:1",
            "COLUMNS": "400",
            "SIGNALBOX_STORE": f"sqlite:///{tmp_path}/s.db",
        }

        def type_(*words: object, **more: str) -> tuple[int, str]:
            done = CliRunner().invoke(app(), ["evidence", *map(str, words)], env=environment | more)
            return done.exit_code, " ".join(done.output.split())

        return type_

    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        async def act() -> None:
            async with open_store(f"sqlite:///{tmp_path}/s.db") as store:
                for attempt in await enter(store, "invoice-1", histories("approved")):
                    await store.journal.begin(attempt)
                    store.journal.end(attempt)
                await store.ledger_log.checkpoint(FIRST, AT)

        asyncio.run(act())
        return tmp_path

    def test_a_case_that_only_the_ledger_still_has(self, home: Path, type_: Callable[..., tuple[int, str]]) -> None:
        code, said = type_("invoice-1", "-o", home / "case.zip")
        assert code == 0, said
        assert "NOT signed: set SIGNALBOX_LEDGER_KEY" in said
        assert "Not in it: The workflow server's view" in said
        assert examine_file(home / "case.zip", case="invoice-1").damage == []
        code, said = type_("invoice-1", "-o", home / "case.zip")
        assert (code, "is there already, and nothing is overwritten" in said) == (2, True)

    def test_a_case_that_nobody_has(self, home: Path, type_: Callable[..., tuple[int, str]]) -> None:
        code, said = type_("nowhere", "-o", home / "x.zip")
        assert (code, "No cases begin with nowhere" in said, (home / "x.zip").exists()) == (2, True, False), said

    def test_a_folder_that_is_not_there(self, home: Path, type_: Callable[..., tuple[int, str]]) -> None:
        code, said = type_("invoice-1", "-o", home / "none" / "x.zip")
        assert (code, "cannot be used: No such file" in said) == (2, True), said


def test_every_file_of_a_pack_says_what_it_is(found: Gathered) -> None:
    parts, _ = contents(found)
    assert all(part.what for part in parts)
    digest = hashlib.sha256((ROOT / "verifier" / "verify.py").read_bytes()).hexdigest()
    assert [part.path for part in parts if hashlib.sha256(part.content).hexdigest() == digest] == ["verify.py"]
    assert chain_of(found.ledger.splitlines()).sealed
