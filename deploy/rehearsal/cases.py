"""Cases of the rehearsal: handing in, answering as somebody, and what the books have in the end."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from commands import refunds, submit, tickets
from commands.answering import answer
from commands.books import books
from commands.desk import Desk
from commands.waiting import waiting_for
from deploy.rehearsal.processes import Failed, until
from domain.refunding import RefundRequest
from governance.answer import AnswerKind
from governance.approval import Heard
from integrations.sandbox import SandboxBilling, SandboxErp
from integrations.settings import ROOT

SAMPLES = ROOT / "samples"
REQUESTER = "mailroom"
Handle = WorkflowHandle[Any, Any]


@dataclass
class Cases:
    """Every case that was started, by what we call it."""

    folder: Path
    started: dict[str, Handle] = field(default_factory=dict[str, Handle])

    async def invoice(self, desk: Desk, sample: str, copy: str = "") -> Handle:
        """Hand in a sample; a copy is the same invoice under a number of its own."""
        [file] = (SAMPLES / "invoices").glob(f"{sample}-*")
        if copy:
            file = self._renumbered(file, copy)
        item = await submit.submit(desk, file, requester=REQUESTER, sender=None)
        return self._keep(f"{sample}{copy}", item)

    async def refund(self, desk: Desk, order: str, reference: str) -> Handle:
        """Ask for the refund of an order."""
        async with books(desk.settings) as database:
            account = await SandboxBilling(database).find_account(order)
        request = RefundRequest(
            reference=reference,
            order_id=order,
            customer_id=account.order.customer_id if account else None,
            items=(),
            reason="damaged",
            wish="money",
            received=datetime.now(UTC),
            requester=REQUESTER,
        )
        return self._keep(f"refund of {order}", await refunds.start(desk, request))

    async def ticket(self, desk: Desk, sample: str) -> Handle:
        """Put a message into the helpdesk."""
        [file] = (SAMPLES / "tickets").glob(f"{sample}-*")
        return self._keep(f"ticket {sample}", await tickets.hand_in(desk, file, sender=None, requester=REQUESTER))

    def _keep(self, name: str, item: submit.Submitted) -> Handle:
        if item.handle is None:
            raise Failed(f"{name}: no case was started: {item.said}")
        self.started[name] = item.handle
        return item.handle

    def _renumbered(self, file: Path, copy: str) -> Path:
        content = file.read_text()
        number = content.split("<cbc:ID>", 1)[1].split("</cbc:ID>", 1)[0]
        made = self.folder / f"{file.stem}{copy}.xml"
        made.write_text(content.replace(f"<cbc:ID>{number}</cbc:ID>", f"<cbc:ID>{number}{copy}</cbc:ID>", 1))
        return made


async def approval_of(desk: Desk, case: Handle, seconds: float = 90) -> str:
    """The approval that a case waits for."""
    found: list[str] = []

    async def asks() -> bool:
        described = await case.describe()
        if described.status != WorkflowExecutionStatus.RUNNING:
            raise Failed(f"{case.id} has ended and asks nobody.")
        found.extend([each.id async for each in waiting_for(desk, case.id)])
        return bool(found)

    await until(asks, f"{case.id} asks somebody", seconds)
    return found[0]


async def answered(desk: Desk, case: Handle, by: str, kind: AnswerKind = "approve", text: str = "rehearsed") -> Heard:
    """Answer what a case asks, and wait until the approval says whether it counts."""
    return await answer(desk, await approval_of(desk, case), kind, text, by)


async def outcome(case: Handle, seconds: float = 120) -> str:
    """How a case ended, in a word."""
    try:
        async with asyncio.timeout(seconds):
            found = await case.result()
    except TimeoutError:
        raise Failed(f"{case.id} has not ended within {seconds:g} seconds.") from None
    why = getattr(found, "reason", None)
    return f"{getattr(found, 'outcome', found)}" + (f" ({why})" if why else "")


async def principals(client: Client, workflow_id: str) -> list[str]:
    """Who, by the server's own record, sent each signal of a run."""
    handle = client.get_workflow_handle(workflow_id)
    signals = [
        event
        async for event in handle.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    return [event.principal.name for event in signals]


async def doubled(desk: Desk) -> tuple[Sequence[str], int, int]:
    """What the books have twice, and how many bills and payments they have."""
    async with books(desk.settings) as database:
        erp = SandboxErp(database)
        bills, payments = await erp.bills(), await erp.payments()
    counts = [
        Counter((bill.supplier_id, bill.invoice_number) for bill in bills if bill.status != "void"),
        Counter(payment.bill_id for payment in payments),
    ]
    return [str(key) for count in counts for key, times in count.items() if times > 1], len(bills), len(payments)
