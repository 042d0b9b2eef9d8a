"""A refund on its way through the process: what is asked, how it stands, what to do, how it ends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.actions.refunds import RefundReason, RefundRisk, ReturnedItem
from domain.customers import Customer, KnownCustomer
from domain.documents import DocumentRef
from domain.refund_findings import RefundFinding, RefundRole, RefusalCode
from domain.sales import Category, OrderAccount, SalesOrder
from domain.spending import Spent
from domain.values import Amount, CurrencyCode, Frozen, Quantity, Ratio

Form = Literal["money", "store_credit", "exchange"]
Timing = Literal["in_time", "late", "over"]
"""In the window; after it, while a person may still grant it; after that."""


class AskedItem(Frozen):
    """Some of an order, as the customer names it."""

    line: str = Field(description="the order line, or the item's number")
    quantity: Quantity = Field(gt=0)


class RefundRequest(Frozen):
    """What a customer asks for. Only words are theirs: who they are comes from the CRM, every figure from billing."""

    reference: str = Field(min_length=1, description="the ticket, or what a person filed it under")
    order_id: str = Field(min_length=1)
    customer_id: str | None = Field(description="whom the CRM knows them as; None where it does not")
    items: tuple[AskedItem, ...] = Field(default=(), max_length=100, description="empty: all that the order has left")
    reason: RefundReason
    wish: Form = "money"
    asked: Amount | None = Field(default=None, gt=0, description="an upper bound, never the amount")
    asked_currency: CurrencyCode | None = None
    received: AwareDatetime = Field(
        description="when the helpdesk got it: a window counts to here, not to the decision"
    )
    message: DocumentRef | None = Field(default=None, description="what the customer wrote")
    ticket_id: str | None = None
    requester: str = Field(min_length=1, description="who brought it in; this person's own approval does not count")


class RefundFile(Frozen):
    """Everything on file that a request is held against."""

    account: OrderAccount | None
    known: KnownCustomer | None
    orders: tuple[SalesOrder, ...] = Field(description="the customer's, newest first, at most 50")


class LineStanding(Frozen):
    """One line of what is asked for; `amount` is what was really paid for `quantity`, with tax."""

    order_line: str
    item: str
    description: str
    category: Category
    asked: Quantity
    quantity: Quantity = Field(description="of these, how many could be given back")
    back: Quantity = Field(description="of these, how many have come back")
    amount: Amount
    timing: Timing
    finding: RefundFinding | None = Field(description="what stands in the way of it, or is said beside it")


class Give(Frozen):
    """Ask whether the customer gets this; every figure is computed here from billing."""

    course: Literal["give"] = "give"
    form: Form
    items: tuple[ReturnedItem, ...] = Field(description="empty: no goods, money that was paid too much")
    back: tuple[ReturnedItem, ...] = Field(description="of these, what has come back and can be sold again")
    ends_access: bool = Field(description="whether nothing is left that the order gives access to")
    amount: Amount
    full: bool = Field(description="whether it is all that was asked for")
    reason: RefundReason
    in_window: bool
    risks: tuple[RefundRisk, ...]
    payment_id: str | None
    means: Literal["original", "other"]
    remaining: Amount = Field(description="what is left of the payment, or for credit and goods of all payments")
    decided_by: Literal["rules", "agent"] = "rules"
    confidence: Ratio | None = None


class Refuse(Frozen):
    """Tell the customer no, and what would change it."""

    course: Literal["refuse"] = "refuse"
    code: RefusalCode
    said: str
    removed_by: str


class Escalate(Frozen):
    """A person takes it from here."""

    course: Literal["escalate"] = "escalate"
    owner: RefundRole
    reason: str
    removed_by: str


RefundCourse = Annotated[Give | Refuse | Escalate, Field(discriminator="course")]


class Standing(Frozen):
    """How a request stands: settled by rules, or open with what may be chosen. Exactly one of the two."""

    order_id: str
    customer: Customer | None
    currency: CurrencyCode | None
    earlier: int = Field(ge=0, description="how often something of this order was given back or tried to be")
    findings: tuple[RefundFinding, ...]
    lines: tuple[LineStanding, ...]
    remaining: Amount = Field(description="what all payments of the order have left")
    settled: RefundCourse | None
    options: tuple[Give, ...]


class BaseRefundOutcome(Frozen):
    """What every outcome says."""

    outcome: str
    """First, because it is what a reader of the result looks for. Each outcome narrows it to its own name."""
    order_id: str
    customer_id: str | None
    findings: tuple[RefundFinding, ...]
    decided_by: str = Field(description="the rules, `policy` with the row, or the person with the assurance")
    message_id: str | None = Field(default=None, description="what the customer was told, where it could be sent")
    spent: Spent = Field(default=Spent(), description="what the agents' reasoning cost")


class GivenBack(BaseRefundOutcome):
    """Something went to the customer."""

    amount: Amount
    currency: CurrencyCode
    reason: RefundReason
    risks: tuple[RefundRisk, ...]
    proposed_by: Literal["rules", "agent"]
    loose_ends: tuple[str, ...] = Field(default=(), description="what should have followed and did not, for a person")


class Refunded(GivenBack):
    """The provider has given back all that was asked for."""

    outcome: Literal["refunded"] = "refunded"  # pyright: ignore[reportIncompatibleVariableOverride]
    refund_id: str
    means: Literal["original", "other"]
    credit_note_id: str | None


class PartlyRefunded(GivenBack):
    """The provider has given back some of it."""

    outcome: Literal["partly_refunded"] = "partly_refunded"  # pyright: ignore[reportIncompatibleVariableOverride]
    refund_id: str
    means: Literal["original", "other"]
    credit_note_id: str | None
    why_less: str


class StoreCredit(GivenBack):
    """The customer's account has credit instead of money."""

    outcome: Literal["store_credit"] = "store_credit"  # pyright: ignore[reportIncompatibleVariableOverride]
    credit_id: str


class Exchanged(GivenBack):
    """Other goods are on their way; `amount` is what they are worth."""

    outcome: Literal["exchanged"] = "exchanged"  # pyright: ignore[reportIncompatibleVariableOverride]
    new_order_id: str


class RefusedRefund(BaseRefundOutcome):
    """Nothing is given: the rules, policy or a person said no."""

    outcome: Literal["refused"] = "refused"  # pyright: ignore[reportIncompatibleVariableOverride]
    code: RefusalCode | Literal["policy", "person"]
    reason: str


class RefundHeld(BaseRefundOutcome):
    """Nothing is known to be given; a person must do something first."""

    outcome: Literal["held"] = "held"  # pyright: ignore[reportIncompatibleVariableOverride]
    owner: RefundRole
    reason: str
    removed_by: str
    needs_repair: bool = Field(description="money or the books may be wrong: a person must put them right")


RefundOutcome = Annotated[
    Refunded | PartlyRefunded | StoreCredit | Exchanged | RefusedRefund | RefundHeld, Field(discriminator="outcome")
]
