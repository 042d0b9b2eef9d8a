"""What anybody with a client may do to cases: signals of every shape, twice; resets; ends that nobody asked for."""

import asyncio
import uuid

from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest, SignalWorkflowExecutionRequest

from tests.chaos.caseload import running, took
from tests.chaos.ground import Ground
from tests.process.test_bank import GARBAGE
from tests.process.test_random_signals import MENU

NAMES = ("approve", "reject", "comment", "delegate", "stop", "aside", "stopp", "")
EVERYTHING = [
    *((sent.kind, sent.data) for sent in MENU),
    *((name, data) for name in NAMES for data in GARBAGE.values()),
]
IDENTITIES = ("", "mallory@desk", "anna", "\u202eanna", "x" * 900)
TASK_DONE = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


async def send_signals(ground: Ground) -> None:
    """Send some workflows signals of any shape, each now and then twice."""
    for target in await _some(ground, 3):
        for kind, data in ground.chance.choices(EVERYTHING, k=3):
            sent = _signal(ground, target, kind, data)
            for again in range(ground.chance.choice((1, 1, 2))):
                sent.request_id = sent.request_id if again and ground.chance.random() < 0.5 else str(uuid.uuid4())
                took_it = await took(ground.client.workflow_service.signal_workflow_execution(sent)) if kind else True
                ground.done["signals"] += took_it


def _signal(ground: Ground, target: str, kind: str, data: list[Payload]) -> SignalWorkflowExecutionRequest:
    return SignalWorkflowExecutionRequest(
        namespace=ground.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=target),
        signal_name=kind,
        input=Payloads(payloads=data) if data else None,
        identity=ground.chance.choice(IDENTITIES),
    )


async def _some(ground: Ground, count: int) -> list[str]:
    """Cases and approvals that go on."""
    found = await running(ground.client, "'Invoice', 'BankDetails', 'Approval'")
    return ground.chance.sample(found, min(count, len(found)))


async def reset(ground: Ground) -> None:
    """Let a case, open or closed, go on from one of its earlier moments."""
    case = ground.chance.choice(list(ground.cases))
    handle = ground.client.get_workflow_handle(case)
    run, moments = (await handle.describe()).run_id, list[int]()
    async for event in handle.fetch_history_events():
        if event.event_type == TASK_DONE:
            moments.append(event.event_id)
    if not moments:
        return
    asked = ResetWorkflowExecutionRequest(
        namespace=ground.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=case, run_id=run),
        reason="a test",
        workflow_task_finish_event_id=ground.chance.choice(moments),
        request_id=str(uuid.uuid4()),
    )
    if await took(ground.client.workflow_service.reset_workflow_execution(asked)):
        ground.done["resets"] += 1


async def terminate(ground: Ground) -> None:
    """End a case at once."""
    for target in await _some(ground, 1):
        if await took(ground.client.get_workflow_handle(target).terminate(reason="enough")):
            ground.done["terminations"] += 1


async def cancel(ground: Ground) -> None:
    """Ask a case or an approval to end."""
    for target in await _some(ground, 1):
        if await took(ground.client.get_workflow_handle(target).cancel()):
            ground.done["cancellations"] += 1


async def hand_in_again(ground: Ground) -> None:
    """Hand a document in again, several times at once: one that is closed begins anew, one that is open does not."""
    invoices = [document for document in ground.cases.values() if document]
    if invoices:
        document = ground.chance.choice(invoices)
        given = [ground.office.hand_in(document, again=again) for again in (True, False, True)]
        await asyncio.gather(*(took(each) for each in given))
        ground.done["again"] += 1
