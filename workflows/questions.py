"""What the invoice process asks people: the question, what was found, the facts, and what either answer does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from agents.invoice_examiner import ExaminerProposal, invoice_examiner
from domain.actions import PostBill, ReturnInvoice, SchedulePayment, SendRemittance, VoidBill
from domain.course import holding_payment, spoken, title
from domain.documents import DocumentRef
from domain.intake import Examined
from domain.purchasing import Coding
from domain.text import show
from governance.approval import Advice
from workflows.asking import Question
from workflows.consulting import Consultation
from workflows.wording import money

SHOWN_CODINGS = 3

PROPOSED: Mapping[str, str] = {
    "accept": "post it as billed",
    "match_other_order": "match it to order {order_id}",
    "hold_for_receipt": "wait until the goods are received",
    "request_credit_note": "ask the supplier for a credit note",
    "code_to_account": "book it to account {account}, cost centre {cost_centre}",
    "reject": "send it back to the supplier",
    "escalate": "escalate: a person must look",
}
"""The examiner's resolutions in words that cannot be taken for a signal's name: its `reject` is another than ours."""

READ_BY = {"parser": "the e-invoice itself", "model": "a language model: compare it with the document"}


Consulted = Consultation[ExaminerProposal] | None
"""What asking the examiner came to; None where it was not asked."""


def advice(consulted: Consulted) -> Advice | None:
    """What the examiner proposed, as the card shows it."""
    if consulted is None or consulted.claim is None:
        return None
    claim = consulted.claim
    target = {name: show(str(value), 40) for name, value in claim.resolution.model_dump().items()}
    return Advice(
        agent=invoice_examiner.name,
        version=invoice_examiner.version,
        provider=consulted.provider,
        model=consulted.model,
        proposal=PROPOSED[claim.resolution.kind].format(**target),
        reason=claim.reason,
        confidence=claim.confidence,
        brief=consulted.brief,
    )


def _silent(consulted: Consulted) -> dict[str, str]:
    """A line about an agent whose model gave no answer."""
    if consulted is None or consulted.why_none is None:
        return {}
    instead = "its rules speak" if consulted.claim else "it proposes nothing"
    return {"Agent": f"{instead}; no model answered: {show(consulted.why_none, 300)}"}


def ask_to_post(bill: PostBill, examined: Examined, document: DocumentRef, consulted: Consulted) -> Question:
    """The question carries names and amounts from the master alone; what the document says stands in the facts."""
    what = "credit memo" if bill.credit_note else "bill"
    doubt = f" despite {', '.join(spoken(code) for code in bill.exceptions)}" if bill.exceptions else ""
    name = show(bill.supplier_name, 80)
    facts = {
        "Supplier": f"{name} ({bill.supplier_id})",
        "Invoice": show(bill.invoice_number, 60),
        "Amount": f"{money(bill.payable, bill.currency)} (net {bill.net:,.2f}, tax {bill.tax:,.2f})",
        "Due": _day(bill.due_date),
        "Order": show(bill.order_id or "none", 40),
        "Booked to": _booked(bill.coding),
        "Document": show(document.name, 60),
        "Read from": READ_BY[bill.read_by],
        "If approved": f"the {what} is posted; {_then(bill, examined)}",
        "If rejected": "nothing is posted, and the supplier is not told",
        **_silent(consulted),
    }
    return Question(
        text=f"Post the {what} of {name} for {money(bill.payable, bill.currency)}{doubt}?",
        facts=facts,
        evidence=_found(examined),
        advice=advice(consulted),
    )


def ask_to_return(note: ReturnInvoice, examined: Examined, document: DocumentRef, consulted: Consulted) -> Question:
    """Whether the supplier is told that its invoice is refused."""
    name = show(note.supplier_name, 80)
    facts = {
        "Supplier": name,
        "Invoice": show(note.invoice_number, 60),
        "Document": show(document.name, 60),
        "If approved": f"the findings are mailed to {show(note.to, 80)}; nothing is posted",
        "If rejected": "the supplier is not told, and the invoice stays held",
        **_silent(consulted),
    }
    return Question(
        text=f"Send the invoice over {money(note.amount, note.currency)} back to {name}?",
        facts=facts,
        evidence=_found(examined),
        advice=advice(consulted),
    )


def ask_to_pay(payment: SchedulePayment, bill: PostBill) -> Question:
    """Whether a posted bill is paid."""
    amount, name = money(payment.amount, payment.currency), show(bill.supplier_name, 80)
    facts = {
        "Supplier": name,
        "Bill": payment.bill_id,
        "Account": f"{payment.account} (on file)",
        "Due": _day(payment.due_date),
        "If approved": "the payment is scheduled",
        "If rejected": "the bill stays posted and unpaid",
    }
    return Question(text=f"Pay {amount} to {name}?", facts=facts)


def ask_to_tell(note: SendRemittance) -> Question:
    """Whether the supplier is told of a payment."""
    name = show(note.supplier_name, 80)
    facts = {"Supplier": name, "To": note.to, "Payment": note.payment_id}
    return Question(text=f"Send the remittance note to {name}?", facts=facts)


def ask_to_void(void: VoidBill, bill: PostBill) -> Question:
    """Whether a bill is voided."""
    name = show(bill.supplier_name, 80)
    facts = {"Supplier": name, "Bill": void.bill_id, "Reason": void.reason}
    return Question(text=f"Void the bill {void.bill_id} of {name}?", facts=facts)


def _found(examined: Examined) -> tuple[str, ...]:
    """The findings in words; a person also wants to know that nothing was found."""
    found = tuple(show(title(finding), 300) for finding in examined.examination.findings)
    return found or ("nothing: every check passed",)


def _then(bill: PostBill, examined: Examined) -> str:
    """What follows the posting, as far as the checks tell."""
    holds = ", ".join(spoken(code) for code in holding_payment(examined.examination.findings))
    if bill.credit_note or bill.payable <= 0:
        return "nothing is paid"
    return f"its payment stays held: {holds}" if holds else "it is paid when due, to the account on file"


def _booked(coding: tuple[Coding, ...]) -> str:
    shown = [f"account {c.account}, cost centre {c.cost_centre}: {c.net:,.2f}" for c in coding[:SHOWN_CODINGS]]
    more = len(coding) - SHOWN_CODINGS
    return "; ".join([*shown, f"and {more} more"] if more > 0 else shown) or "nothing yet"


def _day(day: date) -> str:
    return f"{day:%d %b %Y}"
