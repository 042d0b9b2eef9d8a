import uuid
from decimal import Decimal

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.worker import Worker

import worker
from activities.effect import effect
from domain.actions import PostBill
from domain.errors import DomainError
from integrations.sandbox import SandboxErp
from integrations.store import open_store
from integrations.temporal.runs import ServerRuns
from tests.actions import NOW, bill, order, verdict
from tests.office import Office
from tests.process.rogue import Attempt, Rogue
from workflows.door import EFFECTS, PROCESSES, Door

ATTEMPTS = {
    "no order": (order(), "work order"),
    "the order of another run": (order(), "the order of another run"),
    "an order for another amount": (order(action=bill(payable=Decimal(9))), "verdict is on another action"),
    "a denied order": (order(verdict=verdict(bill(), then="deny")), "verdict is deny"),
    "an expired order": (order(expires=NOW), "expired at"),
    "an approval of another run": (order(), "approval is for another run"),
}


async def tried(client: Client, queue: str, attempt: Attempt) -> str:
    with pytest.raises(WorkflowFailureError) as failed:
        await client.execute_workflow(Rogue.run, attempt, id=f"rogue-{uuid.uuid4()}", task_queue=queue)
    cause: BaseException | None = failed.value
    while cause is not None and cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause)


@pytest.mark.parametrize("how", ATTEMPTS)
async def test_a_worker_runs_no_effect_without_its_order(office: Office, client: Client, how: str) -> None:
    given, refusal = ATTEMPTS[how]
    attempt = Attempt(how=how, bill=bill(), order=given, task_queue=office.desk.queue)
    rogue = f"rogue-{uuid.uuid4()}"
    async with Worker(client, task_queue=rogue, workflows=[Rogue], workflow_runner=worker.sandbox()):
        said = await tried(client, rogue, attempt)
        assert refusal.replace(" ", "").casefold() in said.replace(" ", "").casefold()
    assert await office.bills() == ()


BESIDES = {
    "local": "local activity",
    "a process without an order": "work order",
    "a process by an order for something else": "performs StartRefund, not PostBill",
}


@pytest.mark.parametrize("how", [*ATTEMPTS, *BESIDES])
async def test_a_workflow_schedules_no_effect_without_its_order(office: Office, client: Client, how: str) -> None:
    queue = f"guarded-{uuid.uuid4()}"
    given, refusal = ATTEMPTS.get(how) or (order(), BESIDES[how])
    attempt, erp = Attempt(how=how, bill=bill(), order=given, task_queue=queue), SandboxErp(office.database)
    async with (
        open_store(office.desk.settings.store_url) as store,
        Worker(
            client,
            task_queue=queue,
            workflows=[Rogue],
            activities=[effect(PostBill, erp, erp.post_bill, store.stops)],
            interceptors=[Door(ServerRuns(client))],
            workflow_runner=worker.sandbox(),
            workflow_failure_exception_types=[DomainError],
        ),
    ):
        assert refusal in await tried(client, queue, attempt)
    assert await office.bills() == ()


def test_every_action_that_a_process_takes_is_behind_the_door() -> None:
    paying = {"post_bill", "schedule_payment", "void_bill", "send_remittance", "return_invoice"}
    bank = {"change_bank_details", "verify_bank_details", "confirm_bank_details"}
    giving = {"issue_refund", "grant_store_credit", "exchange_items", "book_credit_note", "reverse_credit_note"}
    following = {"restock_items", "end_entitlement", "note_customer", "note_ticket", "send_refund_notice"}
    helping = {"route_ticket", "acknowledge_ticket", "ask_customer", "reply_to_customer", "link_ticket"}
    told = {"escalate_ticket", "close_ticket"}
    assert set(EFFECTS) == paying | bank | giving | following | helping | told
    assert set(PROCESSES) == {"Refund"}
