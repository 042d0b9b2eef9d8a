"""An office whose customers ask for refunds, and orders whose course is known."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.documents import DocumentRef
from domain.refunding import AskedItem, RefundOutcome, RefundRequest
from domain.sales import CreditNote, Refund
from integrations.documents import FolderDocuments
from integrations.sandbox import SandboxBilling
from integrations.sandbox.billing_events import take_back
from tests.facts import Handle, no_task_failed
from tests.office import PATIENCE, Office
from workflows.refund import RefundWorkflow

D = Decimal
CALIPER, GRINDER, LATHE, DRILL, SHARPENING = "SO-2012", "SO-2003", "SO-2002", "SO-2001", "SO-2024"
DISPUTED = "SO-2025"
OF = {CALIPER: "K-1006", GRINDER: "K-1002", LATHE: "K-1001", DRILL: "K-1001", SHARPENING: "K-1012", DISPUTED: "K-1012"}
GRINDERS = "CH-5003"
"""The payment for the grinders."""


@dataclass
class Shop:
    """An office whose customers ask for refunds."""

    office: Office

    async def start(self, order_id: str, *items: tuple[str, str], message: str | None = None, **changes: Any) -> Handle:
        fields: dict[str, Any] = {
            "reference": f"T-{uuid.uuid4().hex[:6]}",
            "order_id": order_id,
            "customer_id": OF[order_id],
            "items": tuple(AskedItem(line=line, quantity=D(quantity)) for line, quantity in items or (("10", "1"),)),
            "reason": "changed_mind",
            "received": datetime.now(UTC),
            "message": await self.kept(message) if message else None,
            "requester": "helpdesk",
        }
        return await self.office.desk.client.start_workflow(
            RefundWorkflow.run,
            RefundRequest(**{**fields, **changes}),
            id=f"refund.{uuid.uuid4()}",
            task_queue=self.office.desk.queue,
        )

    async def ends(self, case: Handle) -> RefundOutcome:
        async with asyncio.timeout(PATIENCE):
            outcome: RefundOutcome = await case.result()
        await no_task_failed(case)
        return outcome

    async def run(self, order_id: str, *items: tuple[str, str], **changes: Any) -> RefundOutcome:
        return await self.ends(await self.start(order_id, *items, **changes))

    async def kept(self, message: str) -> DocumentRef:
        documents = FolderDocuments(self.office.desk.settings.documents)
        return await documents.put(message.encode(), name="message", media_type="text/plain")

    async def come_back(self, order_id: str, quantity: str) -> None:
        await take_back(self.office.database, order_id, "10", D(quantity))

    async def refunds(self, order_id: str = CALIPER) -> list[Refund]:
        return [each for each in await self.billing.refunds() if each.order_id == order_id]

    async def notes(self, order_id: str = CALIPER) -> list[CreditNote]:
        return list(await self.billing.credit_notes(order_id))

    async def valid(self, order_id: str = CALIPER) -> list[Decimal]:
        """The amounts of the credit notes that count."""
        return [note.amount for note in await self.notes(order_id) if note.reversed_because is None]

    @property
    def billing(self) -> SandboxBilling:
        return SandboxBilling(self.office.database)
