"""What the customer has, once something is given: as an outcome, and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.actions import ExchangeItems, GrantStoreCredit
from domain.recompense import Offered, result_of
from domain.refunding import Exchanged, Give, PartlyRefunded, Refunded, StoreCredit
from domain.text import show
from workflows.refund_questions import RefundCase
from workflows.refund_wording import REASON_LIMIT, about
from workflows.wording import money

OWED: dict[str, str] = {
    "inventory.restock": "The returned goods are not in stock",
    "billing.end_entitlement": "The access is not ended",
    "crm.note": "The customer's file does not say it",
    "helpdesk.note": "The ticket does not say it",
    "mail.refund_notice": "The customer is not told",
}
HasIt = Refunded | PartlyRefunded | StoreCredit | Exchanged


@dataclass(frozen=True)
class Given:
    """What was given to the customer, and on whose word."""

    offer: Give
    action: Offered
    by: str
    reference: str
    credit_note_id: str | None


def given_back(case: RefundCase, given: Given) -> HasIt:
    """What the customer has, before anything follows from it."""
    result, action, offer = result_of(given.offer, given.action), given.action, given.offer
    said: dict[str, Any] = {
        **about(case),
        "decided_by": given.by,
        "amount": action.amount,
        "currency": action.currency,
        "reason": action.reason,
        "risks": action.risks,
        "proposed_by": offer.decided_by,
    }
    if isinstance(action, GrantStoreCredit):
        return StoreCredit(**said, credit_id=given.reference)
    if isinstance(action, ExchangeItems):
        return Exchanged(**said, new_order_id=given.reference)
    said |= {"refund_id": given.reference, "means": action.means, "credit_note_id": given.credit_note_id}
    if result == "refunded":
        return Refunded(**said)
    return PartlyRefunded(**said, why_less=show(" ".join(_less(case, given)), REASON_LIMIT))


def loose_end(kind: str, why: str) -> str:
    """What should have followed and did not."""
    return show(f"{OWED[kind]}: {why}", REASON_LIMIT)


def _less(case: RefundCase, given: Given) -> Iterator[str]:
    """Why it is less than was asked or proposed."""
    action, offer = given.action, given.offer
    if action.amount < offer.amount:
        yield f"{given.by} made it {money(action.amount, action.currency)} of {money(offer.amount, action.currency)}."
    yield from (finding.said for finding in case.standing.findings)
    if offer.amount == action.amount and not case.standing.findings:
        yield "No more than this was paid for it, or is left of it."
