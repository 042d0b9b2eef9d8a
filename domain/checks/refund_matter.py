"""A request beside everything that it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.actions.refunds import RefundReason
from domain.customers import KnownCustomer
from domain.refund_terms import RefundTerms
from domain.refunding import RefundRequest
from domain.sales import OrderAccount, SalesOrder


@dataclass(frozen=True)
class Matter:
    """A request of a known customer about an order of their own."""

    request: RefundRequest
    account: OrderAccount
    known: KnownCustomer
    others: tuple[SalesOrder, ...]
    """The customer's other orders."""
    terms: RefundTerms
    at: datetime

    @property
    def order(self) -> SalesOrder:
        """What was bought."""
        return self.account.order

    @property
    def reason(self) -> RefundReason:
        """Why it is to be given back."""
        return self.request.reason

    @property
    def today(self) -> date:
        """The day of the decision."""
        return self.terms.day_of(self.at)

    @property
    def asked_on(self) -> date:
        """The day that windows count to: a late answer of ours takes no right from anybody."""
        return self.terms.day_of(min(self.at, self.request.received))

    @property
    def delivered_on(self) -> date | None:
        """The day of delivery, if it has come."""
        day = self.order.delivered_on
        return day if day and day <= self.today else None
