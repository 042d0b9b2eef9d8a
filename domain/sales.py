"""What billing knows of a customer's orders: what was sold, charged, paid back and disputed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Literal, cast, get_args

from pydantic import AwareDatetime, Field

from domain.actions.refunds import ReturnedItem
from domain.values import Amount, CurrencyCode, Frozen, Quantity

Category = Literal["goods", "digital", "service", "final_sale"]
Channel = Literal["web", "phone", "store", "partner"]
Means = Literal["card", "sepa", "paypal", "voucher", "cash"]
ChargeState = Literal["paid", "failed", "charged_back"]
RefundState = Literal["pending", "succeeded", "failed"]
RefundFailure = Literal[
    "more_than_original",
    "more_than_remainder",
    "other_currency",
    "dispute_open",
    "too_late",
    "already_refunded",
    "means_cannot_refund",
    "declined",
]
"""Why a provider will never do it; trying again does not help."""
NAMED_FAILURE = re.compile(rf"\b({'|'.join(get_args(RefundFailure))}): ")


class SoldLine(Frozen):
    """One line of a customer's order; `unit_price` is for one, with tax, in the order's currency."""

    id: str
    item: str
    description: str
    category: Category
    quantity: Quantity
    unit_price: Amount
    returned: Quantity = Field(default=Decimal(0), description="what has come back and was accepted")


class SalesOrder(Frozen):
    """What a customer bought."""

    id: str
    customer_id: str
    channel: Channel
    currency: CurrencyCode
    placed_on: date
    delivered_on: date | None
    lines: tuple[SoldLine, ...] = Field(min_length=1)
    shipping: Amount = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Everything, tax and shipping included, to the ten places that an amount has."""
        return round(sum((line.quantity * line.unit_price for line in self.lines), self.shipping), 10)


class Charge(Frozen):
    """A payment by the customer."""

    id: str
    order_id: str
    amount: Amount
    currency: CurrencyCode
    means: Means
    state: ChargeState
    at: AwareDatetime
    refundable_until: date | None = Field(description="after which the provider takes no refund")


class Refund(Frozen):
    """Money on its way back, or given back; `id` is the provider's."""

    id: str
    charge_id: str
    order_id: str
    customer_id: str
    amount: Amount
    currency: CurrencyCode
    state: RefundState
    failure: RefundFailure | None
    at: AwareDatetime
    items: tuple[ReturnedItem, ...] = Field(default=(), description="what it was for; empty where nobody knows")


class Replacement(Frozen):
    """Credit or other goods that were given for an order instead of money."""

    id: str
    kind: Literal["store_credit", "exchange"]
    order_id: str
    amount: Amount
    currency: CurrencyCode
    at: AwareDatetime
    items: tuple[ReturnedItem, ...] = Field(default=(), description="what it was for; empty where nobody knows")


class Dispute(Frozen):
    """A charge that the customer's bank contests: it may take the money back by itself."""

    id: str
    charge_id: str
    amount: Amount
    currency: CurrencyCode
    open: bool
    at: AwareDatetime


class CreditNote(Frozen):
    """A credit note that was booked for an order; `reversed_because` says why it counts no more."""

    id: str
    order_id: str
    customer_id: str
    amount: Amount
    currency: CurrencyCode
    reversed_because: str | None
    at: AwareDatetime


class OrderAccount(Frozen):
    """An order with all that billing knows of it, and the customer's earlier refunds."""

    order: SalesOrder
    charges: tuple[Charge, ...]
    refunds: tuple[Refund, ...] = Field(description="of this order")
    disputes: tuple[Dispute, ...]
    replacements: tuple[Replacement, ...] = Field(default=(), description="of this order: they use it up as refunds do")
    credit_notes: tuple[CreditNote, ...] = Field(default=(), description="of this order, reversed ones included")
    earlier: tuple[Refund, ...] = Field(description="the customer's refunds of other orders, newest first, at most 100")


def named_failure(refusal: str) -> RefundFailure | None:
    """The failure that the text of a refused refund names first; None where it names none."""
    named = NAMED_FAILURE.search(refusal)
    return cast("RefundFailure", named[1]) if named else None
