"""The same invoice as a team writes it by hand: five ordinary activities, the invoice by value, a bare signal.

read ──► examine ──► (above 5,000: wait for `approve`) ──► post ──► pay ──► remit

No policy table, no verdicts, no work orders, no record of who approved. The activities call the same adapters as the
governed case, so that what differs is the process alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig

from domain.actions import BaseAction, PostBill, Receipt, SchedulePayment, SendRemittance
from domain.billing import bill_of, payment_of, remittance_of
from domain.checks.dossier import gather
from domain.checks.examination import examine
from domain.course import Post
from domain.documents import DocumentRef
from domain.intake import Examined, Headline, ReadInvoice, known_codings
from domain.invoice import Invoice
from domain.ports import DocumentReader, Documents, Erp, Mail
from domain.tolerances import Tolerances
from domain.values import Frozen
from governance.canonical import idempotency_key

LIMIT = Decimal(5000)
PATIENCE = timedelta(hours=48)
OPTIONS = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30), retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30))
)


class Paid(Frozen):
    """Everything was done."""

    bill_id: str
    payment_id: str
    message_id: str


@dataclass(frozen=True)
class BareActivities:
    """The adapters of the governed case."""

    documents: Documents
    reader: DocumentReader
    erp: Erp
    mail: Mail
    tolerances: Tolerances

    @activity.defn(name="bare_read")
    async def read(self, document: DocumentRef) -> Invoice:
        """Read the document."""
        found = await self.reader.read(await self.documents.get(document), name=document.name)
        if not isinstance(found, Invoice):
            raise TypeError(f"{document.name} is not an e-invoice.")
        return found

    @activity.defn(name="bare_examine")
    async def examine(self, invoice: Invoice) -> Examined:
        """Run the same checks."""
        dossier = await gather(self.erp, invoice)
        return Examined(
            headline=Headline.of(invoice),
            supplier=dossier.supplier,
            examination=examine(invoice, dossier, sender=None, tolerances=self.tolerances),
            known_codings=known_codings(dossier),
        )

    @activity.defn(name="bare_post")
    async def post(self, bill: PostBill) -> Receipt:
        """Post the bill."""
        return await self.erp.post_bill(_key(bill), bill)

    @activity.defn(name="bare_pay")
    async def pay(self, payment: SchedulePayment) -> Receipt:
        """Schedule the payment."""
        return await self.erp.schedule_payment(_key(payment), payment)

    @activity.defn(name="bare_remit")
    async def remit(self, note: SendRemittance) -> Receipt:
        """Tell the supplier."""
        return await self.mail.send_remittance(_key(note), note)


def _key(action: BaseAction) -> str:
    return idempotency_key("bare", action.business_key, action.step)


@workflow.defn(name="BareInvoice")
class BareInvoice:
    """A clean invoice, or one that only its amount holds up."""

    def __init__(self) -> None:
        """Not approved yet."""
        self._approved = False
        self._waiting = False

    @workflow.run
    async def run(self, document: DocumentRef) -> Paid:
        """Read, examine, wait where it is large, post, pay, tell."""
        invoice = await workflow.execute_activity_method(BareActivities.read, document, **OPTIONS)
        examined = await workflow.execute_activity_method(BareActivities.examine, invoice, **OPTIONS)
        bill = _bill(document, invoice, examined)
        if bill.payable > LIMIT:
            self._waiting = True
            await workflow.wait_condition(lambda: self._approved, timeout=PATIENCE)
        posted = await workflow.execute_activity_method(BareActivities.post, bill, **OPTIONS)
        today = workflow.now().date()
        payment = payment_of(bill, posted.reference, examined, approved=self._approved, today=today)
        if payment is None or examined.supplier is None:
            raise TypeError("There is nothing to pay.")
        paid = await workflow.execute_activity_method(BareActivities.pay, payment, **OPTIONS)
        note = remittance_of(payment, paid.reference, bill, examined.supplier.email)
        if note is None:
            raise TypeError("There is nobody to tell.")
        told = await workflow.execute_activity_method(BareActivities.remit, note, **OPTIONS)
        return Paid(bill_id=posted.reference, payment_id=paid.reference, message_id=told.reference)

    @workflow.signal
    def approve(self, by: str) -> None:
        """Let it go on, whoever says so."""
        self._approved = bool(by)

    @workflow.query
    def waiting(self) -> bool:
        """Whether it waits for `approve`."""
        return self._waiting


def _bill(document: DocumentRef, invoice: Invoice, examined: Examined) -> PostBill:
    read = ReadInvoice(invoice=document, headline=Headline.of(invoice), read_by="parser", confidence=None)
    return bill_of(examined, Post(coding=examined.examination.coding, exceptions=()), read)
