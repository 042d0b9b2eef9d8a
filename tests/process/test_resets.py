"""A case that is reset goes on with what was decided before that moment, and asks anew about what was not."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

import worker
from domain.outcome import Posted
from integrations.temporal.runs import ServerRuns
from tests.conftest import ROOT
from tests.facts import Handle, events, until
from tests.office import Office, open_office
from workflows.invoice import InvoiceWorkflow

ABOVE = ROOT / "samples" / "invoices" / "04-clean-above-5000.xml"
TASK = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


async def test_a_reset_behind_an_approved_effect_goes_on_and_does_nothing_twice(office: Office, client: Client) -> None:
    case = await office.hand_in(ABOVE)
    await office.answer(case, "approve", "checked", "anna")
    first = await case.result()
    again = await _reset(client, case, _task(-2))
    async with asyncio.timeout(30):
        assert await again.result() == first
    assert isinstance(first, Posted)
    assert [bill.id for bill in await office.bills()] == [first.bill_id]
    assert len(await office.payments()) == len(await office.messages()) == 1
    asked = EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
    assert await events(again, asked) == 1, "nobody was asked again"


async def test_an_effect_that_was_under_way_at_a_reset_is_done_once_in_the_new_run(
    client: Client, tmp_path: Path
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        failing = office.desk.settings.model_copy(update={"sandbox_faults": "post_bill:fail_before"})
        async with worker.worker_for(client, failing) as ours, ours:
            case = await office.hand_in(ABOVE)
            await office.answer(case, "approve", "checked", "anna")
            await until(lambda: _tried(case))
            done = await events(case, TASK)
            await case.signal("nothing", "which makes a task behind the effect")
            await until(lambda: _more_than(case, done))
            again = await _reset(client, case, _task(-1))
        async with worker.worker_for(client, office.desk.settings) as ours, ours:
            async with asyncio.timeout(60):
                outcome = await again.result()
        assert isinstance(outcome, Posted)
        assert [bill.id for bill in await office.bills()] == [outcome.bill_id]
        described = await again.describe()
        runs = ServerRuns(client)
        assert await runs.original(case.id, described.run_id) == case.result_run_id != described.run_id
        assert await runs.original(case.id, str(case.result_run_id)) == case.result_run_id


async def test_a_reset_before_the_question_asks_again_and_the_old_answer_does_not_count(
    office: Office, client: Client
) -> None:
    case = await office.hand_in(ABOVE)
    approval = await office.approval_of(case)
    old = await client.get_workflow_handle(approval).describe()
    await office.answer(case, "reject", "no", "anna")
    await case.result()
    again = await _reset(client, case, _task(0))

    async def asked_anew() -> bool:
        return (await client.get_workflow_handle(approval).describe()).run_id != old.run_id

    await until(asked_anew)
    await office.answer(again, "approve", "now it is right", "greta")
    outcome = await again.result()
    assert isinstance(outcome, Posted)
    assert outcome.decided_by.startswith("greta")


async def _reset(client: Client, case: Handle, moment: Callable[[list[HistoryEvent]], int]) -> Handle:
    """Go back to the end of a workflow task; returns the new run."""
    told = [event async for event in case.fetch_history_events()]
    answer = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=case.id, run_id=(await case.describe()).run_id),
            reason="a test",
            workflow_task_finish_event_id=moment(told),
            request_id=str(uuid.uuid4()),
        )
    )
    return client.get_workflow_handle_for(InvoiceWorkflow.run, case.id, run_id=answer.run_id)


def _task(place: int) -> Callable[[list[HistoryEvent]], int]:
    return lambda told: [event.event_id for event in told if event.event_type == TASK][place]


async def _more_than(case: Handle, tasks: int) -> bool:
    return await events(case, TASK) > tasks


async def _tried(case: Handle) -> bool:
    pending = (await case.describe()).raw_description.pending_activities
    return any(each.activity_type.name == "post_bill" and each.attempt > 1 for each in pending)
