"""What is recorded: a case of each kind, who answers, and what is different in the office."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from temporalio.client import Client

from commands.bank import start_change
from commands.waiting import waiting_for
from domain.actions import CloseTicket
from domain.bank import BankRequest
from integrations.sandbox import load_company
from integrations.scripted_model import scripted_model
from integrations.scripted_model.reply import Reply
from tests.conftest import ROOT
from tests.facts import Handle, until
from tests.files import edit
from tests.office import Office, open_office
from tests.policies import copied
from tests.shop import CALIPER, DISPUTED, GRINDER, Shop
from tests.support import ASKS, ATTACKED, IDA, NO_ORDER, NOBODY, THEORY, WANTS_MONEY, Support
from workflows.approval import Approval
from workflows.ticket import TicketWorkflow

Starting = Callable[[Office], Awaitable[Handle]]
Answering = Callable[[Office, Handle], Awaitable[Any]]


async def nobody(_office: Office, _case: Handle) -> None:
    """Let it run."""


async def approves(office: Office, case: Handle) -> None:
    await office.answer(case, "comment", "asked the supplier")
    await office.answer(case, "approve", "checked")


async def rejects(office: Office, case: Handle) -> None:
    await office.answer(case, "reject", "not agreed")


async def cancels(office: Office, case: Handle) -> None:
    await office.desk.client.get_workflow_handle(await office.approval_of(case)).cancel()


async def amends(office: Office, case: Handle) -> None:
    approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
    await approval.signal("approve", {"by": "anna", "changes": {"due_date": "2030-01-31"}})


async def asks_first(office: Office, case: Handle) -> None:
    approval = office.desk.client.get_workflow_handle_for(Approval.run, await office.approval_of(case))
    await office.answer(case, "comment", "Why this price?")

    async def told() -> bool:
        return bool((await approval.query(Approval.state)).record.explained)

    await until(told)
    await office.answer(case, "approve", None)


async def two_approve(office: Office, case: Handle) -> None:
    approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
    for name in ("mona", "petra", "anna", "bob", "carol"):  # some of them are of a role that is asked
        await approval.signal("approve", {"by": name})


async def stops(office: Office, case: Handle) -> None:
    await office.approval_of(case)
    await case.signal("stop", {"by": "anna", "reason": "the supplier knows nothing"})


def quick_policies(home: Path) -> Path:
    """The shipped policies, with deadlines of a second."""
    folder = copied(home / "policies")
    edit(folder / "invoice.toml", 'deadline = "48 hours"', 'deadline = "1 second"')
    edit(folder / "bank-terms.toml", '"2 business days"', '"1 second"')
    return folder


def careful_policies(home: Path) -> Path:
    """The shipped policies, where a person is asked before a colleague is told of a ticket."""
    folder = copied(home / "policies")
    asks = 'then = "review"\napprovers = { support = 1 }\ndeadline = "1 hour"\nwhy = "Telling'
    edit(folder / "ticket.toml", 'then = "allow"\nwhy = "Telling', asks)
    return folder


INVOICES: dict[str, tuple[str, Answering, dict[str, Any]]] = {
    "clean-ubl": ("01", nobody, {}),
    "clean-cii": ("02", nobody, {}),
    "clean-facturx": ("03", nobody, {}),
    "approved": ("04", approves, {}),
    "approval-cancelled": ("04", cancels, {}),
    "expired": ("04", nobody, {"policies": quick_policies}),
    "amended": ("04", amends, {}),
    "rejected": ("05", rejects, {}),
    "questioned": ("05", asks_first, {}),
    "short-receipt": ("06", nobody, {}),
    "unknown-supplier": ("08", nobody, {}),
    "changed-bank-account": ("09", nobody, {}),
    "returned": ("10", approves, {}),
    "no-order": ("11", approves, {}),
    "read-by-a-model": ("13", approves, {}),
    "truncated": ("14", nobody, {}),
    "voided": ("01", nobody, {"sandbox_faults": "schedule_payment:refuse"}),
    "needs-repair": ("01", nobody, {"sandbox_faults": "schedule_payment:refuse, void_bill:refuse"}),
    "retried": ("01", nobody, {"sandbox_faults": "post_bill:fail_after*1, send_remittance:fail_before*1"}),
    "model-fails": ("05", approves, {"replies": [Reply(fault="malformed") for _ in range(9)]}),
}
"""A sample invoice, who answers, and what is different in the office."""


async def an_invoice(sample: str, office: Office) -> Handle:
    return await office.hand_in(next(iter(sorted((ROOT / "samples" / "invoices").glob(f"{sample}*")))))


async def a_new_account(office: Office) -> Handle:
    """Of a supplier on file."""
    request = BankRequest(
        supplier_id="70008",
        account="DE55999150150004423600",
        holder="Hansen",
        reference="LETTER-7",
        reason="a new bank",
        requester="lars",
        evidence=None,
    )
    return await start_change(office.desk, request)


async def a_ticket(body: str, sender: str, office: Office) -> Handle:
    return await Support(office).hand_in(body, sender)


async def a_refund(order_id: str, office: Office) -> Handle:
    return await Shop(office).start(order_id)


async def a_refund_of_grinders(office: Office) -> Handle:
    await Shop(office).come_back(GRINDER, "2")
    return await Shop(office).start(GRINDER, ("10", "3"))


async def support_gives_less(office: Office, case: Handle) -> None:
    approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
    await approval.signal("approve", {"by": "xenia", "changes": {"amount": "300.00"}})


async def decides_one_after_the_other(office: Office, case: Handle) -> None:
    """Two colleagues may be told by leave of a person, the same step twice; then nobody routes the ticket."""
    known: set[str] = set()
    for answer, text in (("approve", "tell security"), ("reject", "legal knows"), ("reject", "not for us")):
        asked = await until(partial(asked_anew, office, case, known))
        await asked.signal(answer, {"by": "anna", "note" if answer == "approve" else "reason": text})
    await Support(office).stands(case, "handed over")
    await case.signal(TicketWorkflow.close)


async def asked_anew(office: Office, case: Handle, known: set[str]) -> Handle | None:
    """The approval that a case waits for, unless it is known; then it is."""
    async for found in waiting_for(office.desk, case.id):
        if found.run_id not in known:
            known.add(found.run_id)
            return office.desk.client.get_workflow_handle_for(Approval.run, found.id, run_id=found.run_id)
    return None


async def closes(office: Office, case: Handle) -> None:
    await Support(office).stands(case, "answered")
    await case.signal(TicketWorkflow.close, "customer")


async def approves_and_closes(office: Office, case: Handle) -> None:
    await office.answer(case, "approve", None)
    await Support(office).stands(case, "routed")
    await case.signal(TicketWorkflow.close)


async def closes_when_refunded(office: Office, case: Handle) -> None:
    await Support(office).stands(case, "refund")
    await case.signal(TicketWorkflow.close)


async def tells_the_order(office: Office, case: Handle) -> None:
    support, ticket_id = Support(office), "TICKET-00001"
    await support.stands(case, "routed")
    await support.write("It is SO-2012.", IDA, subject=f"Re: [{ticket_id}]")
    await case.signal(TicketWorkflow.look)
    await closes_when_refunded(office, case)


async def closes_in_the_helpdesk(office: Office, case: Handle) -> None:
    await office.approval_of(case)
    closing = CloseTicket(business_key="by-hand", ticket_id="TICKET-00001", flags=(), said_by="person")
    await Support(office).helpdesk.close_ticket("by-hand", closing)
    await case.signal(TicketWorkflow.look)


SCENES: dict[str, tuple[Starting, Answering, dict[str, Any]]] = {
    **{name: (partial(an_invoice, sample), answers, changes) for name, (sample, answers, changes) in INVOICES.items()},
    "bank-changed": (a_new_account, two_approve, {"policies": quick_policies}),
    "bank-stopped": (a_new_account, stops, {"policies": quick_policies}),
    "ticket-answered": (partial(a_ticket, ASKS, IDA), closes, {}),
    "ticket-routed-by-a-person": (partial(a_ticket, THEORY, NOBODY), approves_and_closes, {}),
    "ticket-asked-twice": (
        partial(a_ticket, ATTACKED, IDA),
        decides_one_after_the_other,
        {"policies": careful_policies},
    ),
    "ticket-refunded": (partial(a_ticket, WANTS_MONEY, IDA), closes_when_refunded, {}),
    "ticket-asked-back": (partial(a_ticket, NO_ORDER, IDA), tells_the_order, {}),
    "ticket-closed-meanwhile": (partial(a_ticket, THEORY, NOBODY), closes_in_the_helpdesk, {}),
    "refund-paid": (partial(a_refund, CALIPER), nobody, {}),
    "refund-approved": (a_refund_of_grinders, support_gives_less, {}),
    "refund-rejected": (a_refund_of_grinders, rejects, {}),
    "refund-refused": (partial(a_refund, DISPUTED), nobody, {}),
    "refund-declined": (partial(a_refund, CALIPER), nobody, {"sandbox_faults": "issue_refund:decline"}),
}
"""By name: how the case begins, who answers, and what is different in the office."""


async def played(client: Client, home: Path, name: str) -> AsyncGenerator[tuple[str, Handle]]:
    """Play a scene to its end; yields its case and, by their types, the workflows that it started."""
    starting, answering, different = SCENES[name]
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    async with an_office(client, home, **different) as office:
        case = await starting(office)
        await answering(office, case)
        await case.result()
        yield "case", case
        async for part, child in _started_by(client, case):
            yield part, child


async def _started_by(client: Client, case: Handle, within: str = "") -> AsyncGenerator[tuple[str, Handle]]:
    for event in (await case.fetch_history()).events:
        begun = event.start_child_workflow_execution_initiated_event_attributes
        if begun.workflow_id:
            child, part = client.get_workflow_handle(begun.workflow_id), within + begun.workflow_type.name.lower()
            yield part, child
            async for further in _started_by(client, child, f"{part}-"):
                yield further


@asynccontextmanager
async def an_office(
    client: Client,
    home: Path,
    *,
    policies: Callable[[Path], Path] | None = None,
    replies: list[Reply] | None = None,
    **settings: Any,
) -> AsyncGenerator[Office]:
    """An office with a model that answers by rule, or with these replies."""
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(scripted_model(replies or [], rules=replies is None))
        settings |= {"model_url": model.url, "model": "rules", "model_provider": "scripted"}
        if policies:
            settings["policies"] = policies(home)
        office = await stack.enter_async_context(open_office(client, home, **settings))
        await load_company(office.database, ROOT / "samples" / "company")
        yield office
