"""From a standing and an offer to actions: ids, recipients and amounts from billing and the CRM, never from a text."""

from __future__ import annotations

from typing import Literal

from domain.actions.refunds import (
    BookCreditNote,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    NoteCustomer,
    Recompense,
    RefundResult,
    RestockItems,
    ReverseCreditNote,
    SendRefundNotice,
)
from domain.actions.tickets import NoteTicket
from domain.checks.figures import shown
from domain.errors import Refused
from domain.refund_findings import RefusalCode
from domain.refunding import Give, RefundCourse, Standing

Offered = IssueRefund | GrantStoreCredit | ExchangeItems
RESULTS: dict[str, RefundResult] = {"store_credit": "store_credit", "exchange": "exchanged"}
NOTE_LIMIT = 500


def business_key(standing: Standing, give: Give) -> str:
    """What is given back of which order, and after how many attempts before.

    Two requests for the same goods at the same time have the same key: the second gets the first one's receipt.
    """
    items = sorted(f"{item.order_line}x{item.quantity.normalize():f}" for item in give.items)
    return f"{standing.order_id}:refund:{standing.earlier + 1}:{','.join(items) or 'surplus'}"


def recompense_of(standing: Standing, give: Give) -> Offered:
    """What is to be given, as an action."""
    if standing.customer is None or standing.currency is None:
        raise Refused("Nothing can be given back without a known customer and order.")
    said = {
        "business_key": business_key(standing, give),
        "order_id": standing.order_id,
        "customer_id": standing.customer.id,
        "currency": standing.currency,
        **give.model_dump(
            include={"amount", "remaining", "reason", "in_window", "risks", "decided_by", "confidence", "items"}
        ),
    }
    if give.form == "store_credit":
        return GrantStoreCredit.model_validate(said)
    if give.form == "exchange":
        return ExchangeItems.model_validate(said)
    return IssueRefund.model_validate({**said, "payment_id": give.payment_id, "means": give.means})


def still_due(action: Offered, standing: Standing, course: RefundCourse) -> bool:
    """Whether what was decided on is what would be offered now: the same for the same goods, and no less."""
    if not isinstance(course, Give):
        return False
    offer = recompense_of(standing, course)
    same = {"kind", "business_key", "customer_id", "currency", "items", "payment_id", "means"}
    return offer.amount >= action.amount and offer.model_dump(include=same) == action.model_dump(include=same)


def credit_note_of(action: IssueRefund | GrantStoreCredit, allowed_by: Literal["policy", "person"]) -> BookCreditNote:
    """The credit note of what was allowed, by the amount that was allowed; an exchange takes none.

    Credit and money for the same goods have one key and two bodies: whoever comes second books nothing.
    """
    return BookCreditNote(
        business_key=action.business_key,
        order_id=action.order_id,
        customer_id=action.customer_id,
        amount=action.amount,
        currency=action.currency,
        refund_allowed_by=allowed_by,
        in_return=action.kind,
    )


def reversal_of(note: BookCreditNote, credit_note_id: str, why: str) -> ReverseCreditNote:
    """The undo of a credit note whose refund failed for good."""
    return ReverseCreditNote(business_key=note.business_key, credit_note_id=credit_note_id, why=why)


def restock_of(action: Recompense, give: Give) -> RestockItems | None:
    """What has come back and can be sold again goes into stock; None where nothing has."""
    if not give.back:
        return None
    return RestockItems(business_key=action.business_key, order_id=action.order_id, items=give.back)


def entitlement_of(action: Recompense, give: Give) -> EndEntitlement | None:
    """Access ends once all of it is paid back; None where some of it stays, or there never was any."""
    if not give.ends_access:
        return None
    return EndEntitlement(business_key=action.business_key, order_id=action.order_id, customer_id=action.customer_id)


def result_of(give: Give, action: Recompense) -> RefundResult:
    """What the customer is told it is: less than asked, or less than proposed, is a part."""
    whole = give.full and action.amount == give.amount
    return RESULTS.get(give.form, "refunded" if whole else "partly_refunded")


def given_note_of(action: Recompense, result: RefundResult, reference: str) -> NoteCustomer:
    """What happened, for the customer's file."""
    amount = f"{shown(action.amount)} {action.currency}"
    text = f"Order {action.order_id}: {result.replace('_', ' ')}, {amount}, for {action.reason.replace('_', ' ')}"
    return NoteCustomer(
        business_key=action.business_key, customer_id=action.customer_id, text=f"{text} ({reference})."[:NOTE_LIMIT]
    )


def ticket_note_of(note: NoteCustomer, ticket_id: str | None) -> NoteTicket | None:
    """The same for the ticket that it came from; None where there is none."""
    if ticket_id is None:
        return None
    return NoteTicket(business_key=f"{note.business_key}:{ticket_id}", ticket_id=ticket_id, flags=(), text=note.text)


def given_notice_of(standing: Standing, action: Recompense, result: RefundResult) -> SendRefundNotice | None:
    """Tell the customer, at the address in the CRM, what they get."""
    if standing.customer is None:
        return None
    return SendRefundNotice(
        business_key=action.business_key,
        to=standing.customer.email,
        order_id=action.order_id,
        result=result,
        refusal=None,
        amount=action.amount,
        currency=action.currency,
    )


def refusal_notice_of(standing: Standing, reference: str, code: RefusalCode) -> SendRefundNotice | None:
    """Tell the customer no, at the address in the CRM; None where there is nobody, or no order of theirs, to name.

    The amount is nothing, in the order's currency.
    """
    if standing.customer is None or standing.currency is None:
        return None
    return SendRefundNotice(
        business_key=f"{standing.order_id}:refused:{reference}:{code}",
        to=standing.customer.email,
        order_id=standing.order_id,
        result="refused",
        refusal=code,
        amount=standing.remaining * 0,
        currency=standing.currency,
    )
