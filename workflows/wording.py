"""What the invoice process says to people: questions, facts and outcomes."""

from __future__ import annotations

from decimal import Decimal

from temporalio.exceptions import ActivityError

from agents.invoice_examiner import ExaminerProposal, invoice_examiner
from domain.actions import PostBill, ReturnInvoice, SchedulePayment, SendRemittance, VoidBill
from domain.course import Course, Wait, blocking, holding_payment, title
from domain.findings import BaseFinding, Role, UnreadableDocument
from domain.intake import Examined
from domain.outcome import Held, InvoiceOutcome, Posted, Rejected
from domain.text import show
from governance.approval import Advice
from workflows.asking import Question
from workflows.case import Authority, Consultation, reason

UNREADABLE_LIMIT = 600


def money(amount: Decimal, currency: str) -> str:
    """`1,190.00 EUR`."""
    return f"{amount:,.2f} {currency}"


def state_of(outcome: InvoiceOutcome) -> str:
    """The case's state in lists."""
    return "needs repair" if isinstance(outcome, Held) and outcome.needs_repair else outcome.outcome


def advice(consultation: Consultation[ExaminerProposal]) -> Advice | None:
    """What the examiner proposed, as the card shows it."""
    claim = consultation.claim
    if claim is None:
        return None
    target = claim.resolution.model_dump(exclude={"kind"})
    return Advice(
        agent=invoice_examiner.name,
        version=invoice_examiner.version,
        provider=consultation.provider,
        model=consultation.model,
        proposal=" ".join(
            [claim.resolution.kind.replace("_", " "), *(show(str(value), 40) for value in target.values())]
        ),
        reason=claim.reason,
        confidence=claim.confidence,
    )


def ask_to_post(bill: PostBill, examined: Examined, advised: Advice | None) -> Question:
    """The question carries names and amounts from the master alone; what the document says stands in the facts."""
    what = "credit memo" if bill.credit_note else "bill"
    doubt = f" in spite of {', '.join(code.replace('_', ' ') for code in bill.exceptions)}" if bill.exceptions else ""
    name = show(bill.supplier_name, 80)
    facts = {
        "Supplier": f"{name} ({bill.supplier_id})",
        "Invoice": show(bill.invoice_number, 60),
        "Amount": f"{money(bill.payable, bill.currency)} (net {bill.net:,.2f}, tax {bill.tax:,.2f})",
        "Due": f"{bill.due_date}",
        "Order": show(bill.order_id or "none", 40),
        "Booked to": ", ".join(f"{c.account}/{c.cost_centre} {c.net:,.2f}" for c in bill.coding[:4]) or "nothing yet",
        "Read by": bill.read_by,
    }
    return Question(
        text=f"Post the {what} of {name} for {money(bill.payable, bill.currency)}{doubt}?",
        facts=facts,
        evidence=tuple(show(title(finding), 300) for finding in examined.examination.findings),
        advice=advised,
    )


def ask_to_return(note: ReturnInvoice, examined: Examined, advised: Advice | None) -> Question:
    """Whether the supplier is told that its invoice is refused."""
    name = show(note.supplier_name, 80)
    return Question(
        text=f"Send the invoice over {money(note.amount, note.currency)} back to {name}?",
        facts={"Supplier": name, "Invoice": show(note.invoice_number, 60), "To": note.to},
        evidence=tuple(show(title(finding), 300) for finding in examined.examination.findings),
        advice=advised,
    )


def ask_to_pay(payment: SchedulePayment, bill: PostBill) -> Question:
    """Whether a posted bill is paid."""
    amount, name = money(payment.amount, payment.currency), show(bill.supplier_name, 80)
    facts = {
        "Supplier": name,
        "Bill": payment.bill_id,
        "Account on file": payment.account,
        "Due": f"{payment.due_date}",
    }
    return Question(text=f"Pay {amount} to {name}?", facts=facts, evidence=(), advice=None)


def ask_to_tell(note: SendRemittance) -> Question:
    """Whether the supplier is told of a payment."""
    name = show(note.supplier_name, 80)
    facts = {"Supplier": name, "To": note.to, "Payment": note.payment_id}
    return Question(text=f"Send the remittance note to {name}?", facts=facts, evidence=(), advice=None)


def ask_to_void(void: VoidBill, bill: PostBill) -> Question:
    """Whether a bill is voided."""
    name = show(bill.supplier_name, 80)
    facts = {"Supplier": name, "Bill": void.bill_id, "Reason": void.reason}
    return Question(text=f"Void the bill {void.bill_id} of {name}?", facts=facts, evidence=(), advice=None)


def unreadable(reason: str) -> Held:
    """A document that a person must read."""
    finding = UnreadableDocument(said=show(reason, UNREADABLE_LIMIT))
    return Held(
        invoice_number=None,
        findings=(finding,),
        decided_by="the reader",
        owner=finding.owner,
        reason=finding.said,
        removed_by=finding.removed_by,
        needs_repair=False,
    )


def stopped(why: str) -> Held:
    """Something the case needs is broken; nothing was done that is not in its history."""
    return Held(
        invoice_number=None,
        findings=(),
        decided_by="nobody: a lookup failed",
        owner="ap",
        reason=show(why, UNREADABLE_LIMIT),
        removed_by="what is broken is mended and the invoice is submitted again",
        needs_repair=False,
    )


def held(course: Course, examined: Examined) -> Held:
    """Kept until somebody removes what stands in the way."""
    if isinstance(course, Wait):
        return _held(examined, "the checks", course.reason, course.blocked_by)
    return _held(examined, "the checks", "It can neither post nor go back as it is.", _first(examined))


def not_posted(authority: Authority[PostBill], examined: Examined) -> InvoiceOutcome:
    """Policy said no, a person said no, or nobody answered."""
    if authority.decision and authority.decision.state == "rejected":
        return _rejected(authority.by, authority.refusal, examined, None)
    return _held(examined, authority.by, authority.refusal, _first(examined))


def not_returned(authority: Authority[ReturnInvoice], examined: Examined) -> Held:
    """The supplier is not told; somebody must decide what happens instead."""
    return _held(examined, authority.by, f"Not sent back: {authority.refusal}", _first(examined))


def returned(authority: Authority[ReturnInvoice], examined: Examined, message_id: str) -> Rejected:
    """Sent back to the supplier."""
    first = _first(examined)
    return _rejected(authority.by, f"Sent back: {first.said if first else 'as proposed'}", examined, message_id)


def posted(bill: PostBill, bill_id: str, authority: Authority[PostBill], examined: Examined) -> Posted:
    """Posted, with nothing paid yet."""
    return Posted(
        invoice_number=bill.invoice_number,
        findings=examined.examination.findings,
        decided_by=authority.by,
        bill_id=bill_id,
        amount=bill.payable,
        currency=bill.currency,
        payment_id=None,
        payment_date=None,
        payment_held=holding_payment(examined.examination.findings),
        payment_reason=None,
        remittance_id=None,
    )


def not_done(what: str, error: ActivityError, examined: Examined) -> Held:
    """An effect that was refused for good, or that could not be done in time."""
    return _held(examined, "the business system", f"{what} failed: {reason(error)}", _first(examined))


def needs_repair(what: str, error: ActivityError, examined: Examined) -> Held:
    """The books may be wrong: a person must look, and the case stays marked until then."""
    kept = _held(examined, "the business system", f"{what}: {reason(error)}", None)
    mend = "look the bill and its payment up, and put them right by hand"
    return kept.model_copy(update={"needs_repair": True, "owner": "finance", "removed_by": mend})


def _first(examined: Examined) -> BaseFinding | None:
    return next(iter(blocking(examined.examination.findings)), None)


def _held(examined: Examined, by: str, reason: str, finding: BaseFinding | None) -> Held:
    owner: Role = finding.owner if finding else "ap"
    return Held(
        invoice_number=examined.headline.number,
        findings=examined.examination.findings,
        decided_by=by,
        owner=owner,
        reason=reason,
        removed_by=finding.removed_by if finding else "the reason is dealt with and the invoice is submitted again",
        needs_repair=False,
    )


def _rejected(by: str, reason: str, examined: Examined, message_id: str | None) -> Rejected:
    return Rejected(
        invoice_number=examined.headline.number,
        findings=examined.examination.findings,
        decided_by=by,
        reason=reason,
        message_id=message_id,
    )
