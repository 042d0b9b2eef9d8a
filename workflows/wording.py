"""What the invoice process says of its outcomes, and the outcomes themselves."""

from __future__ import annotations

from decimal import Decimal

from temporalio.exceptions import ActivityError

from domain.actions import PostBill, ReturnInvoice
from domain.course import Course, Wait, blocking, holding_payment, spoken
from domain.findings import BaseFinding, Role, UnreadableDocument
from domain.intake import Examined
from domain.outcome import Duplicate, Held, InvoiceOutcome, Posted, Rejected
from domain.text import show
from workflows.authority import Authority
from workflows.failures import reason

UNREADABLE_LIMIT = 600


def money(amount: Decimal, currency: str) -> str:
    """`1,190.00 EUR`."""
    return f"{amount:,.2f} {currency}"


def state_of(outcome: InvoiceOutcome) -> str:
    """The case's state in lists."""
    return "needs repair" if isinstance(outcome, Held) and outcome.needs_repair else outcome.outcome


def line_of(outcome: InvoiceOutcome) -> str:
    """The outcome in one line, for lists."""
    number = show(outcome.invoice_number or "no number", 60)
    match outcome:
        case Posted():
            return f"{number}: {outcome.bill_id}, {money(outcome.amount, outcome.currency)}, {_payment(outcome)}"
        case Duplicate():
            return f"{number}: already posted as {outcome.bill_id}"
        case Held() | Rejected():
            return f"{number}: {show(outcome.reason, 70)}"


def _payment(posted: Posted) -> str:
    if posted.payment_date:
        return f"to be paid on {posted.payment_date:%d %b %Y}"
    holds = ", ".join(spoken(code) for code in posted.payment_held)
    return f"payment held: {holds}" if holds else "no payment"


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


def unread(why: str | None) -> Held:
    """A text that no model has read."""
    because = f" ({why})" if why else ""
    return unreadable(f"It is plain text, and no model read it{because}: a person must.")


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
    """Policy said no, a person said no, nobody answered, or the rules could not be read."""
    if authority.verdict is None:
        return stopped(authority.refusal).model_copy(update={"invoice_number": examined.headline.number})
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
