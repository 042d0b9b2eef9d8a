"""A supplier's invoice, from the document to the scheduled payment.

document ──► read ──► resolve, check ──► clean ───────────────────► post ──► pay ──► tell ──► Posted
              │             │                                        ▲ policy, a person
              │ text        ├─ exceptions ──► examiner proposes ─────┤
              ▼             │                                        └──► send back ──► Rejected
        reader claims,      ├─ nobody may release it, or goods are due ──► Held
        figures looked up   └─ posted before ──► Duplicate
"""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError

from activities.documents import DocumentActivities
from activities.examination import ExaminationActivities
from agents.invoice_examiner import course_of, invoice_examiner
from agents.invoice_reader import invoice_reader
from domain.actions import PostBill, SchedulePayment
from domain.billing import bill_of, payment_of, remittance_of, return_of, void_of
from domain.course import Course, Post, Rematch, SendBack, Wait, blocking, post_as_examined
from domain.documents import DocumentRef
from domain.errors import DomainError, Unreadable
from domain.findings import DuplicateFound
from domain.intake import Examined, InvoiceCase, ReadInvoice
from domain.outcome import Duplicate, Held, InvoiceOutcome, Posted
from workflows import questions, wording
from workflows.authority import Authority
from workflows.case import Case
from workflows.failures import failed_as, given_up, reason
from workflows.looking_up import look_up
from workflows.options import READING, said
from workflows.questions import Consulted


@workflow.defn(name="Invoice", versioning_behavior=VersioningBehavior.PINNED)
class InvoiceWorkflow(Case):
    """Read, check, and pay what is right; ask a person about the rest."""

    policy = "invoice"

    @workflow.run
    async def run(self, case: InvoiceCase) -> InvoiceOutcome:
        """One invoice, from receipt to outcome."""
        try:
            read = await self._read(case.document)
            outcome = read if isinstance(read, Held) else await self._settle(case, read)
        except ApplicationError as error:  # a lookup that trying again does not mend, such as a broken file of rules
            outcome = wording.stopped(reason(error))
        owner = outcome.owner if isinstance(outcome, Held) else None
        self.listed_as(wording.state_of(outcome), owner, wording.line_of(outcome))
        return outcome.model_copy(update={"spent": self.spent})

    async def _settle(self, case: InvoiceCase, read: ReadInvoice) -> InvoiceOutcome:
        examined = await self._examine(case, read)
        if duplicate := _duplicate(examined):
            return duplicate
        read, examined, course, consulted = await self._choose(case, read, examined)
        match course:
            case Post():
                return await self._post(case, read, examined, course, consulted)
            case SendBack():
                return await self._send_back(case, examined, consulted)
            case Wait() | Rematch():
                return wording.held(course, examined)

    async def _read(self, document: DocumentRef) -> ReadInvoice | Held:
        """Parse what has structure; what has none is read by a model and looked up figure by figure."""
        try:
            reading = await workflow.execute_activity_method(
                DocumentActivities.read_document, document, **said(READING, document.name)
            )
        except ActivityError as error:
            if failed_as(error, Unreadable):
                return wording.unreadable(reason(error))
            raise
        if isinstance(reading, ReadInvoice):
            return reading
        consultation = await self.consult(invoice_reader, reading.brief)
        if consultation.claim is None:
            return wording.unread(consultation.why_none)
        confirmed = await look_up(DocumentActivities.confirm_reading, reading.text, consultation.claim)
        if isinstance(confirmed, ReadInvoice):
            return confirmed
        return wording.unreadable("A model's reading is not borne out by the text: " + " ".join(confirmed.complaints))

    async def _examine(self, case: InvoiceCase, read: ReadInvoice, order_id: str | None = None) -> Examined:
        return await look_up(ExaminationActivities.examine_invoice, read.invoice, case.sender, order_id)

    async def _choose(
        self, case: InvoiceCase, read: ReadInvoice, examined: Examined
    ) -> tuple[ReadInvoice, Examined, Course, Consulted]:
        """A clean invoice asks no model; about an exception the examiner proposes, and a proposed order is checked."""
        if not blocking(examined.examination.findings):
            return read, examined, post_as_examined(examined), None
        brief = await look_up(ExaminationActivities.brief_examiner, read.invoice, case.sender)
        consultation = await self.consult(invoice_examiner, brief)
        proposal = consultation.claim
        course = course_of(proposal, examined)
        if proposal and isinstance(course, Rematch):
            examined = await self._examine(case, read, course.order_id)
            read = read.model_copy(update={"read_by": "model", "confidence": proposal.confidence})
            course = post_as_examined(examined)
        return read, examined, course, consultation

    async def _post(
        self, case: InvoiceCase, read: ReadInvoice, examined: Examined, course: Post, consulted: Consulted
    ) -> InvoiceOutcome:
        bill = bill_of(examined, course, read)
        authority = await self.authorise(
            bill, lambda bill: questions.ask_to_post(bill, examined, case.document, consulted), case.requester
        )
        if authority.order is None:
            return wording.not_posted(authority, examined)
        bill = authority.order.action
        try:
            receipt = await self.perform(authority.order)
        except ActivityError as error:
            given_up(error)
            return await self._beaten(case, read, examined, error)
        return await self._pay(case, bill, receipt.reference, authority, examined)

    async def _send_back(self, case: InvoiceCase, examined: Examined, consulted: Consulted) -> InvoiceOutcome:
        note = return_of(examined)
        if note is None:
            return wording.held(post_as_examined(examined), examined)
        authority = await self.authorise(
            note, lambda note: questions.ask_to_return(note, examined, case.document, consulted), case.requester
        )
        if authority.order is None:
            return wording.not_returned(authority, examined)
        try:
            receipt = await self.perform(authority.order)
        except ActivityError as error:
            given_up(error)
            return wording.not_done("The note to the supplier", error, examined)
        return wording.returned(authority, examined, receipt.reference)

    async def _beaten(
        self, case: InvoiceCase, read: ReadInvoice, examined: Examined, error: ActivityError
    ) -> InvoiceOutcome:
        """The bill did not post: another document of the same invoice came first, or the ledger refused or is away."""
        if not failed_as(error, DomainError):
            return wording.needs_repair("It is not known whether the bill was posted", error, examined)
        if duplicate := _duplicate(await self._examine(case, read)):
            return duplicate
        return wording.not_done("Posting", error, examined)

    async def _pay(
        self, case: InvoiceCase, bill: PostBill, bill_id: str, posted: Authority[PostBill], examined: Examined
    ) -> InvoiceOutcome:
        done = wording.posted(bill, bill_id, posted, examined)
        today = workflow.now().date()
        payment = payment_of(bill, bill_id, examined, approved=posted.decision is not None, today=today)
        if payment is None:
            return done
        authority = await self.authorise(payment, lambda payment: questions.ask_to_pay(payment, bill), case.requester)
        if authority.order is None:
            return done.model_copy(update={"payment_reason": authority.refusal})
        payment = authority.order.action
        try:
            receipt = await self.perform(authority.order)
        except ActivityError as error:
            given_up(error)
            return await self._undo(case, bill, bill_id, error, examined)
        paid = done.model_copy(update={"payment_id": receipt.reference, "payment_date": payment.due_date})
        return await self._tell(case, paid, payment, bill, examined)

    async def _tell(
        self, case: InvoiceCase, paid: Posted, payment: SchedulePayment, bill: PostBill, examined: Examined
    ) -> Posted:
        """The note is a courtesy: without it the payment stands."""
        to = examined.supplier.email if examined.supplier else None
        note = remittance_of(payment, paid.payment_id or "", bill, to)
        if note is None:
            return paid
        told = await self.act(note, questions.ask_to_tell, case.requester)
        return paid.model_copy(update={"remittance_id": told.receipt.reference}) if told.receipt else paid

    async def _undo(
        self, case: InvoiceCase, bill: PostBill, bill_id: str, failure: ActivityError, examined: Examined
    ) -> Held:
        """A payment refused for good voids the bill; one whose outcome is unknown is for a person to look up first."""
        if not failed_as(failure, DomainError):
            return wording.needs_repair("It is not known whether the payment was scheduled", failure, examined)
        void = void_of(bill, bill_id, "its payment was refused")
        authority = await self.authorise(void, lambda void: questions.ask_to_void(void, bill), case.requester)
        if authority.order is None:
            return wording.needs_repair(f"The bill {bill_id} stays posted ({authority.refusal})", failure, examined)
        try:
            await self.perform(authority.order)
        except ActivityError as error:
            given_up(error)
            return wording.needs_repair(f"The bill {bill_id} could not be voided", error, examined)
        return wording.not_done(f"The bill {bill_id} was voided: its payment", failure, examined)


def _duplicate(examined: Examined) -> Duplicate | None:
    for finding in examined.examination.findings:
        if isinstance(finding, DuplicateFound):
            return Duplicate(
                invoice_number=examined.headline.number,
                findings=(finding,),
                decided_by="the duplicate check",
                bill_id=finding.bill_id,
            )
    return None
