"""`verify` on a real server and a real store: complete as it is, and every damage to the store named."""

import asyncio
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.conftest import ROOT
from tests.office import Office
from tests.terminal import Said, Terminal, terminal_at

ABOVE, CLEAN = (ROOT / "samples" / "invoices" / name for name in ("04-clean-above-5000.xml", "01-clean-ubl.xml"))
NOBODY = "127.0.0.1:1"


class Desk:
    """Commands typed beside an office, with its store or a copy of it."""

    def __init__(self, terminal: Terminal, queue: str) -> None:
        self._terminal = terminal
        self._own = {"SIGNALBOX_TASK_QUEUE": queue, "SIGNALBOX_LEDGER_KEY": str(terminal.home / "ledger.pem")}
        self.home = terminal.home

    async def type(self, *arguments: object, **more: str) -> Said:
        return await self._terminal.type(*map(str, arguments), **self._own, **more)

    async def ok(self, *arguments: object, **more: str) -> str:
        said = await self.type(*arguments, **more)
        assert said.code == 0, said
        return said.out

    async def damaged(self, name: str, case: str, act: Callable[[sqlite3.Connection], object]) -> str:
        """What `verify` says after an act on a copy of the store."""
        file = self.home / f"{name}.db"
        with sqlite3.connect(self.home / "signalbox.db") as source, sqlite3.connect(file) as copy:
            source.backup(copy)
            act(copy)
        what = "--all" if name in ALL else case
        said = await self.type("verify", what, "--checkpoints", self.home / "kept", SIGNALBOX_STORE=f"sqlite:///{file}")
        assert said.code == 1, (name, said)
        assert "not complete" in said.out
        return said.out


@pytest.fixture
def desk(office: Office, client: Client) -> Desk:
    return Desk(terminal_at(client, office.desk.settings.home), office.desk.queue)


async def test_an_untouched_case_is_complete_and_every_damage_to_the_store_is_named(office: Office, desk: Desk) -> None:
    case = await office.hand_in(ABOVE)
    await office.answer(case, "approve", "checked", "anna")
    await asyncio.gather(case.result(), office.process(CLEAN))
    waiting = await desk.ok("verify", case.id)
    assert "are still to be swept" in waiting
    await desk.ok("sweep")
    await desk.ok("ledger", "key", "new", desk.home / "ledger.pem")
    await desk.ok("ledger", "checkpoint", "--to", desk.home / "kept")
    pack, export = desk.home / "case.zip", desk.home / "ledger.jsonl"
    await asyncio.gather(desk.ok("evidence", case.id, "-o", pack), desk.ok("ledger", "export", export))

    kept = ("--checkpoints", desk.home / "kept")
    whole = await asyncio.gather(
        desk.ok("verify", case.id[:20], *kept),
        desk.ok("verify", "--all", *kept),
        desk.ok("verify", "--all", "--offline", TEMPORAL_ADDRESS=NOBODY),
        desk.ok("verify", pack, *kept, TEMPORAL_ADDRESS=NOBODY),
        desk.ok("verify", export, *kept, TEMPORAL_ADDRESS=NOBODY),
    )
    for said in whole:
        assert "complete; nothing is missing, extra or altered." in said
    assert [said.rpartition("\n")[0].rpartition("\n")[2].partition(",")[0] for said in whole] == [
        "1 case", "2 cases", "2 cases", "1 case", "2 cases",
    ]  # fmt: skip
    assert "No journal is at hand" in whole[4]

    for name, (statement, sentence) in DAMAGE.items():
        said = await desk.damaged(name, case.id, _run(case.id, statement))
        assert sentence in " ".join(said.split()), (name, said)
    await _damaged_packs(desk, pack)


async def _damaged_packs(desk: Desk, pack: Path) -> None:
    """One file of the pack at a time."""
    folder = desk.home / "pack"
    with zipfile.ZipFile(pack) as packed:
        packed.extractall(folder)
    one = await desk.ok("verify", folder)
    assert "1 case" in one
    history = next((folder / "histories").iterdir())
    history.write_text(history.read_text().replace("test@desk", "mall@desk"))
    rows = json.loads((folder / "journal.json").read_text())
    (folder / "journal.json").write_text(json.dumps(rows[1:]))
    said = await desk.type("verify", folder)
    assert said.code == 1
    assert f"histories/{history.name}" in said.out
    assert "missing: The journal has no attempt like entry" in said.out
    shutil.rmtree(folder)


async def test_a_mistake_is_told_and_a_server_that_is_away_is_no_damage(desk: Desk) -> None:
    nothing, both, unknown, away, torn = await asyncio.gather(
        desk.type("verify"),
        desk.type("verify", "x", "--all"),
        desk.type("verify", "nobody-knows-this"),
        desk.type("verify", "--all", TEMPORAL_ADDRESS=NOBODY),
        desk.type("verify", "README.md"),
    )
    assert [said.code for said in (nothing, both, unknown, away, torn)] == [2, 2, 2, 2, 1]
    assert "Name a case or a file, or say --all, not both" in nothing.err
    assert "No cases begin with nobody-knows-this, on the server or in the ledger" in unknown.err
    assert "Or add --offline: ledger, journal and archived histories are compared alone" in away.err
    assert "Line 1 cannot be read" in torn.out


def _run(case: str, statement: str) -> Callable[[sqlite3.Connection], object]:
    return lambda database: database.execute(statement, {"case": case})


ALL = ("gone", "body", "invented")
"""What is looked for among all cases."""
ONE = '"case" = :case AND n = (SELECT min(n) FROM ledger_entries WHERE "case" = :case AND kind = \'local\')'
POSTING = "\"case\" = :case AND name = 'post_bill'"
BODY = f"UPDATE ledger_bodies SET body = CAST(replace(CAST(body AS TEXT), 'local', 'timer') AS BLOB) WHERE {ONE}"
EXCHANGED = """UPDATE ledger_statements SET envelope = (SELECT envelope FROM ledger_statements WHERE number = 1)
    WHERE number = 2"""
INVENTED = """INSERT INTO journal (run, activity, number, "case", name, worker, begun)
    SELECT run, '99', 1, "case", 'pay', worker, '2026-01-01T00:00:00+00:00' FROM journal WHERE "case" = :case LIMIT 1"""
DAMAGE = {
    "deleted": (f"DELETE FROM ledger_entries WHERE {ONE}", "and the ledger has no entry of it"),
    "body": (BODY, "was altered: it does not give the commitment"),
    "text": (
        f"UPDATE ledger_bodies SET body = 'x', salt = 'y' WHERE {ONE}",
        "cannot be read: it was cut off or altered",
    ),
    "gone": ('DELETE FROM ledger_entries WHERE "case" = :case', "and the case is gone"),
    "checkpoint": (EXCHANGED, "ledger: Line 3 cannot be read: it was cut off or altered"),
    "unjournaled": (f"DELETE FROM journal WHERE {POSTING}", "missing: The journal has no attempt like entry"),
    "journal": (f"UPDATE journal SET worker = 'mallory' WHERE {POSTING}", "says that its worker is “mallory”"),
    "invented": (INVENTED, "extra: The journal has attempt 1 of activity 99 (pay), which run"),
    "torn": (
        f"UPDATE journal SET begun = 'yesterday' WHERE {POSTING}",
        "A row of this case in the journal cannot be read: it was altered",
    ),
}
