"""The sweep on a real server: everything once, whatever happens to whoever sweeps."""

import asyncio
import functools
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

import worker
from activities.sweeping import Rounds
from domain.errors import Unavailable
from governance.trail import filing
from governance.trail.spans import Span
from integrations.store import Store
from integrations.sweep import Sweep
from integrations.temporal.schedule import keep_going
from tests.conftest import ROOT
from tests.facts import Handle, until
from tests.office import Office, open_office
from tests.sweeps import expected, kinds_of, records_in, sweep_over, sweeping
from verifier.verify import examine

SAMPLES = ROOT / "samples" / "invoices"
CLEAN, ABOVE = SAMPLES / "01-clean-ubl.xml", SAMPLES / "04-clean-above-5000.xml"


class KeptSpans:
    """A sink that keeps what it is sent, and can be away."""

    name = "kept"

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.away = False

    async def send(self, spans: Sequence[Span]) -> None:
        if self.away:
            raise Unavailable("It is away.")
        self.spans += spans


@pytest_asyncio.fixture
async def swept(office: Office) -> AsyncGenerator[tuple[Sweep, Store]]:
    async with sweeping(office) as (sweep, store):
        yield sweep, store


async def whole(office: Office, store: Store, case: str) -> None:
    """Check that the ledger has exactly the records that the histories tell, sealed, in a sound chain."""
    assert await records_in(store, case) == await expected(office, store, case)
    report = examine([line async for line in store.ledger_log.export(case)])
    assert [said for said in report.damage if "checkpoint" not in said and "key" not in said] == []
    assert (await store.ledger.tail(case)).sealed


async def test_finished_records_of_an_open_case_come_first_and_the_rest_with_its_end(
    office: Office, swept: tuple[Sweep, Store]
) -> None:
    sweep, store = swept
    case = await office.hand_in(ABOVE)
    await office.approval_of(case)
    await until(lambda: _quiet(sweep))
    early = await records_in(store, case.id)
    assert {record.name for record in early.values()} >= {"read_document", "examine_invoice", "judge"}
    assert "run" not in {record.kind for record in early.values()}

    await office.answer(case, "approve", "checked", "anna")
    await case.result()
    done = await sweep.sweep()
    assert done.sealed == 1
    await whole(office, store, case.id)
    kinds = await kinds_of(store, case.id)
    assert kinds.count("history") == 2, "the case and its approval"
    assert kinds[-1] == "ledger.seal"
    late = await records_in(store, case.id)
    assert {name: late[name] for name in early} == early


async def test_a_case_that_is_at_work_is_left_to_the_next_round_and_no_longer(client: Client, tmp_path: Path) -> None:
    async with open_office(client, tmp_path, working=False) as office, sweeping(office) as (sweep, store):
        case = await office.hand_in(ABOVE)
        run = (await case.describe()).run_id

        async def entered(*, at_once: bool = False) -> int:
            store.journal.touch(case.id, run)
            return (await sweep.sweep(at_once=at_once)).entered

        await sweep.sweep()
        for times in ([0, 1], [0, 1]):
            await case.signal("look")
            assert [await entered(), await entered()] == times
        await case.signal("look")
        assert await entered(at_once=True) == 1
        await case.terminate()


async def test_several_sweeps_at_once_and_again_enter_everything_once(office: Office) -> None:
    cases = [await office.hand_in(file) for file in (CLEAN, ABOVE)]
    await cases[0].result()
    await office.answer(cases[1], "reject", "no", "anna")
    await cases[1].result()
    async with sweeping(office) as (one, store), sweeping(office) as (two, other):
        first = await asyncio.gather(*(each.sweep() for each in (one, two, sweep_over(office, other))))
        again = await sweep_over(office, store).sweep()
        assert sum(each.sealed for each in first) == 2
        assert (again.entered, again.sealed, again.warnings) == (0, 0, ())
        for case in cases:
            await whole(office, store, case.id)


async def test_what_happened_while_nobody_swept_is_caught_up(office: Office, swept: tuple[Sweep, Store]) -> None:
    sweep, store = swept
    case = await office.hand_in(CLEAN)
    await case.result()
    await store.journal.visited(await store.journal.touched())  # as if every mark had been lost with its worker
    assert (await sweep.sweep()).sealed == 1
    await whole(office, store, case.id)


async def test_a_closed_case_whose_attempt_never_ended_is_looked_at_in_every_round_until_it_is_sealed(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_office(client, tmp_path, sandbox_faults="post_bill:fail_before*1") as office:
        case = await office.hand_in(CLEAN)
        await case.result()
    with closing(sqlite3.connect(tmp_path / "signalbox.db", isolation_level=None)) as file:
        file.execute("UPDATE journal SET outcome = NULL, ended = NULL WHERE name = 'post_bill' AND number = 1")
    async with sweeping(office) as (sweep, store):
        await store.journal.visited(await store.journal.touched())
        assert [(await sweep.sweep()).unsealed for _ in range(3)] == [1, 1, 1]
        monkeypatch.setattr(filing, "SETTLING", timedelta(0))
        assert (await sweep.sweep()).sealed == 1
        await whole(office, store, case.id)
        unknown = [record for record in (await records_in(store, case.id)).values() if record.status == "unknown"]
        assert [(record.name, record.kind) for record in unknown] == [("post_bill", "attempt")]


async def test_a_case_that_was_reset_after_it_was_sealed_is_opened_and_sealed_again(
    office: Office, client: Client, swept: tuple[Sweep, Store]
) -> None:
    sweep, store = swept
    case = await office.hand_in(CLEAN)
    await case.result()
    await sweep.sweep()
    before = await records_in(store, case.id)
    await _reset(client, case)
    newest = client.get_workflow_handle(case.id)
    await newest.result()
    await until(lambda: _sealed_twice(sweep, store, case.id))
    assert "ledger.reopen" in await kinds_of(store, case.id)
    after = await records_in(store, case.id)
    assert {name: after[name] for name in before} == before
    await whole(office, store, case.id)


async def test_a_terminated_case_is_sealed_with_what_it_left_open(office: Office, swept: tuple[Sweep, Store]) -> None:
    sweep, store = swept
    case = await office.hand_in(ABOVE)
    approval = await office.approval_of(case)
    await sweep.sweep()
    await case.terminate(reason="enough")

    async def both_closed() -> bool:
        described = await office.desk.client.get_workflow_handle(approval).describe()
        return described.close_time is not None

    await until(both_closed)
    await until(lambda: _sealed(sweep, store, case.id), 60)
    await whole(office, store, case.id)
    run = next(each for each in (await records_in(store, case.id)).values() if each.name == "Invoice")
    assert run.status == "error"


async def test_a_sink_that_was_away_gets_everything_when_it_is_back(office: Office) -> None:
    sink = KeptSpans()
    async with sweeping(office, sink) as (sweep, store):
        case = await office.hand_in(CLEAN)
        await case.result()
        sink.away = True
        failed = await sweep.sweep()
        assert failed.warnings == ("kept did not take the trail: It is away.",)
        assert (await store.ledger.tail(case.id)).sealed, "the ledger waits for nobody"
        sink.away = False
        await sweep.sweep()
        records = [each for each in (await expected(office, store, case.id)).values() if not each.routine]
        assert sorted(span.span_id for span in sink.spans) == sorted(record.id for record in records)
        await sweep.sweep()
        assert len(sink.spans) == len(records)


async def test_the_schedule_starts_one_sweep_and_another_worker_goes_on_with_it(
    office: Office, client: Client, swept: tuple[Sweep, Store]
) -> None:
    _, store = swept
    queue = office.desk.queue
    rounds = Rounds(every=timedelta(milliseconds=100), during=timedelta(minutes=5))

    async def running() -> list[str]:
        found = client.list_workflows(f"WorkflowType='Sweep' AND TaskQueue='{queue}' AND ExecutionStatus='Running'")
        return [each.id async for each in found]

    try:
        await asyncio.gather(*(keep_going(client, "Sweep", rounds, queue) for _ in range(3)))
        case = await office.hand_in(CLEAN)
        await case.result()
        await until(lambda: _is_sealed(store, case.id))
        assert len(await until(running)) == 1
        kinds = {each.kind for each in (await records_in(store, case.id)).values()}
        assert kinds >= {"run", "activity", "local", "attempt"}
        assert all("Sweep" not in line for line in await kinds_of(store, case.id))
    finally:
        await client.get_schedule_handle(f"signalbox-sweep-{queue}").delete()
        for each in await running():
            await client.get_workflow_handle(each).terminate()


async def test_a_worker_that_stops_leaves_the_sweep_to_the_next(client: Client, tmp_path: Path) -> None:
    rounds = Rounds(every=timedelta(milliseconds=100), during=timedelta(minutes=5))
    async with open_office(client, tmp_path, working=False) as office, sweeping(office) as (_, store):
        queue = office.desk.queue
        sweep = await client.start_workflow("Sweep", rounds, id=f"sweep-{queue}", task_queue=queue)
        try:
            for file in (CLEAN, SAMPLES / "02-clean-cii.xml"):
                async with worker.worker_for(client, office.desk.settings) as ours, ours:
                    case = await office.hand_in(file)
                    await case.result()
                    await until(functools.partial(_is_sealed, store, case.id))
            assert (await sweep.describe()).close_time is None
        finally:
            await sweep.terminate()


async def _quiet(sweep: Sweep) -> bool:
    return (await sweep.sweep()).entered == 0


async def _sealed(sweep: Sweep, store: Store, case: str) -> bool:
    await sweep.sweep()
    return (await store.ledger.tail(case)).sealed


async def _sealed_twice(sweep: Sweep, store: Store, case: str) -> bool:
    await sweep.sweep()
    return (await kinds_of(store, case)).count("ledger.seal") == 2


async def _is_sealed(store: Store, case: str) -> bool:
    return (await store.ledger.tail(case)).sealed


async def _reset(client: Client, case: Handle) -> None:
    described = await case.describe()
    history = await case.fetch_history()
    first = next(
        event.event_id for event in history.events if event.HasField("workflow_task_completed_event_attributes")
    )
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id, run_id=described.run_id),
            reason="a test",
            workflow_task_finish_event_id=first,
            request_id=f"reset-{case.id}",
        )
    )
