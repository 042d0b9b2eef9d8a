"""What a refund does: money or its equal back to the customer, and everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from domain.actions.base import BaseAction, Effect, refuse_raised
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
    stated: ClassVar[tuple[str, ...]] = (
        "amount",
        "currency",
        "reason",
        "in_window",
        "within_remainder",
        "risks",
        "decided_by",
        "confidence",
        "backed",
    )
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

    @property
    def within_remainder(self) -> bool:
        """Whether so much has not been given back yet."""
        return 0 < self.amount <= self.remaining

    def amended(self, changes: Mapping[str, object]) -> Self:
        """Besides: only less may be given."""
        after = super().amended(changes)
        refuse_raised(after.amount, self.amount, self.currency)
        return after


class IssueRefund(Recompense):
    """Give money back for an order."""

    step: ClassVar[str] = "refund"
    stated: ClassVar[tuple[str, ...]] = (*Recompense.stated, "means")
    kind: Literal["billing.refund"] = "billing.refund"
    payment_id: str
    means: Literal["original", "other"]
    """The means that the customer paid with, or another one where that cannot take a refund."""
    items: tuple[ReturnedItem, ...] = ()
    """What it is given for: billing keeps it with the refund, so that the same goods are not paid back twice."""


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
    stated: ClassVar[tuple[str, ...]] = ("amount", "currency", "refund_allowed_by")
    kind: Literal["billing.credit_note"] = "billing.credit_note"
    order_id: str
    customer_id: str
    amount: Amount
    currency: CurrencyCode
    refund_allowed_by: Literal["policy", "person"]
    in_return: Literal["billing.refund", "billing.store_credit"] = "billing.refund"
    """What it is booked for: the same goods, asked back as money and as credit at once, are not given twice."""


class ReverseCreditNote(BaseAction):
    """Reverse a credit note whose refund failed for good: the undo of BookCreditNote."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "reverse-credit-note"
    kind: Literal["billing.reverse_credit_note"] = "billing.reverse_credit_note"
    credit_note_id: str
    why: str


class RestockItems(BaseAction):
    """Take returned goods back into stock."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "restock"
    kind: Literal["inventory.restock"] = "inventory.restock"
    order_id: str
    items: tuple[ReturnedItem, ...]


class EndEntitlement(BaseAction):
    """End the access or licence that was paid back."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "end-entitlement"
    kind: Literal["billing.end_entitlement"] = "billing.end_entitlement"
    order_id: str
    customer_id: str


class NoteCustomer(BaseAction):
    """Write what happened into the customer's file."""

    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "note"
    kind: Literal["crm.note"] = "crm.note"
    customer_id: str
    text: str


class SendRefundNotice(BaseAction):
    """Tell the customer, from a template, what came of the request."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "notice"
    stated: ClassVar[tuple[str, ...]] = ("result", "amount", "currency")
    kind: Literal["mail.refund_notice"] = "mail.refund_notice"
    to: str
    order_id: str
    result: RefundResult
    refusal: str | None
    amount: Amount
    currency: CurrencyCode
