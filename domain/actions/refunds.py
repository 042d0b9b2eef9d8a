"""What a refund does: money or its equal back to the customer, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from domain.actions.base import BaseAction, Effect, Fact, kind_of, refuse_raised
from domain.values import Amount, CurrencyCode, Frozen, Quantity, Ratio

RefundReason = Literal[
    "not_received",
    "damaged",
    "wrong_item",
    "not_as_described",
    "changed_mind",
    "charged_twice",
    "service_failed",
    "other",
]
RefundRisk = Literal[
    "open_dispute", "new_account", "third_refund_30d", "many_refunds_90d", "not_returned", "unusual_amount"
]
"""Found by rules: a dispute of the payment is open; the account is younger than 30 days; this is the third refund in 30
days, or one of many in 90; the goods are not back; the amount is out of the customer's ordinary."""
RefundResult = Literal["refunded", "partly_refunded", "store_credit", "exchanged", "refused"]


class ReturnedItem(Frozen):
    """Some of one line of an order."""

    order_line: str
    item: str
    quantity: Quantity


class Recompense(BaseAction):
    """What a customer gets back, in whatever form; `amount` includes tax and shipping."""

    effect: ClassVar[Effect] = "money"
    amendable: ClassVar[frozenset[str]] = frozenset({"amount"})
    order_id: str
    customer_id: str
    amount: Amount
    currency: CurrencyCode
    remaining: Amount
    """What of the payment has not been given back yet, in the same currency."""
    reason: RefundReason
    in_window: bool
    risks: tuple[RefundRisk, ...]
    decided_by: Literal["rules", "agent"]
    confidence: Ratio | None
    """How sure the agent was; None where rules decided."""
    backed: bool = True
    """False where an agent named something that neither a trusted system nor the requester has said."""

    def facts(self) -> dict[str, Fact]:
        """Amount, why, how risky, and who proposed it."""
        return {
            "action": kind_of(type(self)),
            "amount": self.amount,
            "currency": self.currency,
            "reason": self.reason,
            "in_window": self.in_window,
            "within_remainder": 0 < self.amount <= self.remaining,
            "risks": self.risks,
            "decided_by": self.decided_by,
            "confidence": self.confidence,
            "backed": self.backed,
        }

    def amended(self, changes: Mapping[str, object]) -> Self:
        """Besides: only less may be given."""
        after = super().amended(changes)
        refuse_raised(after.amount, self.amount, self.currency)
        return after


class IssueRefund(Recompense):
    """Give money back for an order."""

    step: ClassVar[str] = "refund"
    kind: Literal["billing.refund"] = "billing.refund"
    payment_id: str
    means: Literal["original", "other"]
    """The means that the customer paid with, or another one where that cannot take a refund."""
    items: tuple[ReturnedItem, ...] = ()
    """What it is given for: billing keeps it with the refund, so that the same goods are not paid back twice."""

    def facts(self) -> dict[str, Fact]:
        """Besides, whether the money goes back where it came from."""
        return super().facts() | {"means": self.means}


class GrantStoreCredit(Recompense):
    """Give the customer credit instead of money."""

    step: ClassVar[str] = "credit"
    kind: Literal["billing.store_credit"] = "billing.store_credit"
    items: tuple[ReturnedItem, ...] = ()
    """What it is given for; billing keeps it."""


class ExchangeItems(Recompense):
    """Send other goods instead of money; `amount` is what they are worth."""

    step: ClassVar[str] = "exchange"
    amendable: ClassVar[frozenset[str]] = frozenset()
    kind: Literal["billing.exchange"] = "billing.exchange"
    items: tuple[ReturnedItem, ...]


class BookCreditNote(BaseAction):
    """Book the credit note that a refund follows from."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "credit-note"
    kind: Literal["billing.credit_note"] = "billing.credit_note"
    order_id: str
    customer_id: str
    amount: Amount
    currency: CurrencyCode
    refund_allowed_by: Literal["policy", "person"]
    in_return: Literal["billing.refund", "billing.store_credit"] = "billing.refund"
    """What it is booked for: the same goods, asked back as money and as credit at once, are not given twice."""

    def facts(self) -> dict[str, Fact]:
        """Amount, and who let the refund happen."""
        return {
            "action": self.kind,
            "amount": self.amount,
            "currency": self.currency,
            "refund_allowed_by": self.refund_allowed_by,
        }


class ReverseCreditNote(BaseAction):
    """Reverse a credit note whose refund failed for good: the undo of BookCreditNote."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "reverse-credit-note"
    kind: Literal["billing.reverse_credit_note"] = "billing.reverse_credit_note"
    credit_note_id: str
    why: str

    def facts(self) -> dict[str, Fact]:
        """Only the action itself."""
        return {"action": self.kind}


class RestockItems(BaseAction):
    """Take returned goods back into stock."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "restock"
    kind: Literal["inventory.restock"] = "inventory.restock"
    order_id: str
    items: tuple[ReturnedItem, ...]

    def facts(self) -> dict[str, Fact]:
        """Only the action itself."""
        return {"action": self.kind}


class EndEntitlement(BaseAction):
    """End the access or licence that was paid back."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "end-entitlement"
    kind: Literal["billing.end_entitlement"] = "billing.end_entitlement"
    order_id: str
    customer_id: str

    def facts(self) -> dict[str, Fact]:
        """Only the action itself."""
        return {"action": self.kind}


class NoteCustomer(BaseAction):
    """Write what happened into the customer's file."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "note"
    kind: Literal["crm.note"] = "crm.note"
    customer_id: str
    text: str

    def facts(self) -> dict[str, Fact]:
        """Only the action itself."""
        return {"action": self.kind}


class SendRefundNotice(BaseAction):
    """Tell the customer, from a template, what came of the request."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "notice"
    kind: Literal["mail.refund_notice"] = "mail.refund_notice"
    to: str
    order_id: str
    result: RefundResult
    refusal: str | None
    amount: Amount
    currency: CurrencyCode

    def facts(self) -> dict[str, Fact]:
        """What the customer is told, and the amount named."""
        return {"action": self.kind, "result": self.result, "amount": self.amount, "currency": self.currency}


RECOMPENSE = frozenset(
    {
        "amount",
        "foreign_currency",
        "reason",
        "in_window",
        "within_remainder",
        "risks",
        "decided_by",
        "confidence",
        "backed",
    }
)
STATED = {
    "billing.refund": RECOMPENSE | {"means"},
    "billing.store_credit": RECOMPENSE,
    "billing.exchange": RECOMPENSE,
    "billing.credit_note": frozenset({"amount", "foreign_currency", "refund_allowed_by"}),
    "billing.reverse_credit_note": frozenset[str](),
    "inventory.restock": frozenset[str](),
    "billing.end_entitlement": frozenset[str](),
    "crm.note": frozenset[str](),
    "mail.refund_notice": frozenset({"amount", "foreign_currency", "result"}),
}
"""Which facts each action states, besides its own name."""
