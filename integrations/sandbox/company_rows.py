"""What the rows of a company's files are. Days are counted back from the moment of the first loading."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from domain.customers import Contract, Customer, Tier
from domain.sales import Channel, Charge, ChargeState, Means, RefundFailure, SoldLine
from domain.support import Incident, Queue
from domain.values import Amount, CurrencyCode, Frozen, Quantity
from integrations.sandbox.rows import listed_in

Days = Annotated[int, Field(ge=0, le=36_500)]
Spaced = Annotated[tuple[str, ...], BeforeValidator(str.split)]
CustomerId = Annotated[str, listed_in("customers")]
OrderId = Annotated[str, listed_in("orders")]
ChargeId = Annotated[str, listed_in("charges")]


class CustomerRow(Frozen):
    """A row of customers.csv; further addresses have spaces between them."""

    id: str
    name: str
    email: str
    also_writes_from: Spaced = ()
    language: str
    tier: Tier
    since_days_ago: Days
    blocked: bool

    def customer(self, now: datetime) -> Customer:
        """The customer as of that moment."""
        since = day_before(now, self.since_days_ago)
        return Customer(**self.model_dump(exclude={"since_days_ago"}), since=since)


class ContractRow(Frozen):
    """A row of contracts.csv; without days it has no end."""

    id: str
    customer_id: CustomerId
    plan: str
    since_days_ago: Days
    days: Days | None = None
    first_reply_minutes: int | None = None
    resolution_hours: int | None = None
    least_priority: Literal["urgent", "high", "medium", "low"] | None = None

    def contract(self, now: datetime) -> Contract:
        """The contract as of that moment."""
        since = day_before(now, self.since_days_ago)
        until = None if self.days is None else since + timedelta(days=self.days)
        return Contract(**self.model_dump(exclude={"since_days_ago", "days"}), since=since, until=until)


class NoteRow(Frozen):
    """A row of notes.csv; its id only tells the rows apart."""

    id: str
    customer_id: CustomerId
    text: str
    days_ago: Days


class SalesOrderRow(Frozen):
    """A row of orders.csv; without a delivery it is still on its way."""

    id: str
    customer_id: CustomerId
    channel: Channel
    currency: CurrencyCode
    placed_days_ago: Days
    delivered_days_ago: Days | None = None
    shipping: Amount


class SoldLineRow(SoldLine):
    """A row of order_lines.csv."""

    order_id: OrderId


class ChargeRow(Frozen):
    """A row of charges.csv; without refundable_days the provider sets no limit."""

    id: str
    order_id: OrderId
    amount: Amount
    currency: CurrencyCode
    means: Means
    state: ChargeState
    days_ago: Days
    refundable_days: Days | None = None

    def charge(self, now: datetime) -> Charge:
        """The payment as of that moment."""
        at = now - timedelta(days=self.days_ago)
        until = None if self.refundable_days is None else at.date() + timedelta(days=self.refundable_days)
        return Charge(**self.model_dump(exclude={"days_ago", "refundable_days"}), at=at, refundable_until=until)


class RefundRow(Frozen):
    """A row of refunds.csv: one that was settled before, for some of a line; its id only tells the rows apart."""

    id: str
    charge_id: ChargeId
    amount: Amount
    state: Literal["succeeded", "failed"]
    failure: RefundFailure | None = None
    days_ago: Days
    order_line: str | None = None
    quantity: Quantity | None = None


class DisputeRow(Frozen):
    """A row of disputes.csv, over the whole charge; its id only tells the rows apart."""

    id: str
    charge_id: ChargeId
    open: bool
    days_ago: Days


class EntitlementRow(Frozen):
    """A row of entitlements.csv: access that came with an order; its id only tells the rows apart."""

    id: str
    order_id: OrderId
    what: str


class QueueRow(Queue):
    """A row of queues.csv; intents and skills have spaces between them."""

    intents: Spaced = ()
    skills: Spaced = ()


class IncidentRow(Frozen):
    """A row of incidents.csv; words have spaces between them."""

    id: str
    title: str
    words: Spaced
    open: bool
    hours_ago: Days

    def incident(self, now: datetime) -> Incident:
        """The incident as of that moment."""
        return Incident(**self.model_dump(exclude={"hours_ago"}), since=now - timedelta(hours=self.hours_ago))


class ArticleRow(Frozen):
    """A row of articles.csv; its text is in articles/, in a Markdown file named by its id."""

    id: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    intents: Spaced
    language: str
    updated_days_ago: Days


def day_before(now: datetime, days: int) -> date:
    """The day so many days ago."""
    return now.date() - timedelta(days=days)
