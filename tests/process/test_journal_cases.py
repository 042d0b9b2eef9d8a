"""The attempt journal beside real cases: a line for each attempt that the server counts, none for what never ran."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

import worker
from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, with_attempts
from governance.trail.record import Record
from integrations import group_commit
from integrations.store import open_store
from integrations.temporal.histories import Histories
from tests.chaos.plant import find, struck, worker_process
from tests.facts import Handle, until
from tests.locks import locked
from tests.office import Office, open_office
from tests.terminal import terminal_at


async def trail_of(office: Office, case: Handle) -> tuple[tuple[Record, ...], tuple[Attempt, ...]]:
    """The trail of a case, and what the journal has of it."""
    histories = await Histories(office.desk.client).case(case.id)
    async with open_store(office.desk.settings.store_url) as store:
        attempts = await store.journal.attempts([history.run_id for history in histories])
    return with_attempts(assembled(histories), attempts), attempts


def numbers(records: tuple[Record, ...]) -> dict[str, list[int]]:
    """The attempts that are journaled, by the activity they are beneath."""
    return {
        activity.id: sorted(
            int(str(each.attributes[c.ATTEMPT]))
            for each in records
            if each.kind == "attempt" and each.parent == activity.id
        )
        for activity in records
        if activity.kind == "activity"
    }


async def test_the_journal_has_as_many_beginnings_as_the_history_counts_attempts(
    client: Client, tmp_path: Path, samples: Path
) -> None:
    faults = "post_bill:fail_before*2, schedule_payment:fail_after*1"
    async with open_office(client, tmp_path, sandbox_faults=faults) as office:
        case = await office.hand_in(find(samples, "01"))
        await case.result()
        assert len(await office.bills()) == len(await office.payments()) == 1
    records, attempts = await trail_of(office, case)  # the last end is written a moment later, or as a worker closes
    activities = [record for record in records if record.kind == "activity"]
    counted = {record.id: list(range(1, int(str(record.attributes[c.ATTEMPTS])) + 1)) for record in activities}
    assert numbers(records) == counted
    assert len(attempts) == sum(map(len, counted.values()))
    by_name = {record.name: record for record in activities}
    assert {by_name[name].attributes[c.ATTEMPTS] for name in ("post_bill",)} == {3}
    told = [(each.name, each.attributes[c.ATTEMPT], each.status) for each in records if each.kind == "attempt"]
    assert [(number, status) for name, number, status in told if name == "post_bill"] == [
        (1, "error"),
        (2, "error"),
        (3, "ok"),
    ]
    identities = {by_name[one.name].attributes[c.WORKER] for one in attempts}
    assert {one.worker for one in attempts} == identities
    assert all(one.end for one in attempts)


async def test_a_worker_killed_inside_an_effect_leaves_an_unknown_outcome_that_the_trail_shows(
    client: Client, tmp_path: Path, samples: Path
) -> None:
    hold = "post_bill:slow_after=60*1"
    async with open_office(client, tmp_path, working=False) as office:
        case = await office.hand_in(find(samples, "01"))
        async with worker_process(office, hold) as first:
            await struck(office, hold)
            first.kill()
            await first.wait()
        async with worker.worker_for(client, office.desk.settings) as second, second:
            await case.result()
        records, _ = await trail_of(office, case)
        assert len(await office.bills()) == 1
        shown = await terminal_at(client, office.desk.settings.home).type("trail", case.id)
    one, two = [each for each in records if each.kind == "attempt" and each.name == "post_bill"]
    assert (one.status, two.status) == ("unknown", "ok")
    assert one.attributes[c.WORKER] != two.attributes[c.WORKER]
    assert numbers(records)[str(one.parent)] == [1, 2]
    [line] = [line for line in shown.out.splitlines() if "attempt 1" in line]
    assert "OUTCOME UNKNOWN  begun " in line
    assert "worker" in line
    assert (shown.code, shown.err) == (0, "")


async def test_an_effect_that_cannot_be_journaled_is_not_done_and_then_done_once(
    client: Client, tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE", 0.2)

    async def refused(case: Handle) -> Any:
        pending = (await case.describe()).raw_description.pending_activities
        return [one for one in pending if one.activity_type.name == "post_bill" and one.attempt > 1]

    async with open_office(client, tmp_path) as office:
        case = await office.hand_in(find(samples, "04"))
        approval = await office.approval_of(case)
        async with locked(office.desk.settings.home / "signalbox.db"):
            await client.get_workflow_handle(approval).signal("approve", {"by": "anna"})
            [pending] = await until(lambda: refused(case))
            assert "does not answer" in pending.last_failure.message
            assert await office.bills() == ()
        async with asyncio.timeout(30):
            await case.result()
        records, _ = await trail_of(office, case)
        assert len(await office.bills()) == 1
    activity = next(record for record in records if record.name == "post_bill" and record.kind == "activity")
    last = int(str(activity.attributes[c.ATTEMPTS]))
    assert last > 1
    assert numbers(records)[activity.id] == [last], "what was handed out and refused never began"


async def test_a_trail_without_a_journal_says_so(client: Client, tmp_path: Path, samples: Path) -> None:
    async with open_office(client, tmp_path / "office") as office:
        case = await office.hand_in(find(samples, "01"))
        await case.result()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    terminal = terminal_at(client, elsewhere)
    shown = await terminal.type("trail", case.id)
    assert shown.code == 0
    assert "Attempts are not shown, for the journal cannot be read: there is none in" in shown.err
    assert not list(elsewhere.glob("*.db"))
    (elsewhere / "signalbox.db").write_bytes(b"not a database " * 500)
    broken = await terminal.type("trail", case.id, "--html", str(elsewhere / "trail.html"))
    assert (broken.code, "file is not a database" in broken.err) == (0, True)
    assert "Attempts are not shown" in (elsewhere / "trail.html").read_text()
