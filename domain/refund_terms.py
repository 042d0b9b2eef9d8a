"""What may be given back for how long, and what counts as unusual; who decides is for the policy table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.actions.refunds import RefundReason
from domain.sales import Category, Channel, Means
from domain.values import Amount, CurrencyCode, Frozen


class Window(Frozen):
    """How long lines may be given back for some reasons, counted from delivery, or the order where none is known."""

    id: str
    categories: tuple[Category, ...]
    channels: tuple[Channel, ...]
    reasons: tuple[RefundReason, ...]
    since: date
    """Orders placed from this day on."""
    days: int = Field(ge=0, description="0: never")
    grace_days: int = Field(ge=0, description="how long after that a person may still grant it")

    def covers(self, category: Category, channel: Channel, reason: RefundReason) -> bool:
        """Whether this is the window of such a line, whenever it was ordered."""
        return category in self.categories and channel in self.channels and reason in self.reasons


class RiskTerms(Frozen):
    """What makes a refund unusual, from a day on."""

    since: date
    new_account_days: int
    """An account of fewer days is new."""
    refunds_in_30_days: int
    """With this many in 30 days, the one asked for included, a person looks."""
    refunds_in_90_days: int
    usual_times: Amount
    """More than so many times the customer's median order is unusual."""
    usual_orders: int
    """With fewer other orders than this, the amount alone tells."""


class CurrencyTerms(Frozen):
    """Figures in one currency."""

    keep_up_to: Amount
    """Damaged or wrong goods worth no more than this need not come back."""
    unusual_above: Amount
    """For a customer with hardly any orders."""


NO_FIGURES = CurrencyTerms(keep_up_to=Decimal(0), unusual_above=Decimal(0))
"""Of a currency that the terms do not name: everything comes back, and any amount is unusual."""


class RefundTerms(Frozen):
    """The terms in force; of windows the first that fits counts."""

    version: str
    zone: str
    """Whose days count, such as Europe/Berlin."""
    lost_after_days: int
    """An order that has not arrived so many days after it was placed counts as lost."""
    credit_means: tuple[Means, ...]
    """Paid with these, the customer gets store credit."""
    other_means: tuple[Means, ...]
    """Paid with these, money cannot go back where it came from."""
    risks: tuple[RiskTerms, ...] = Field(min_length=1, description="newest first")
    windows: tuple[Window, ...]
    currencies: Mapping[CurrencyCode, CurrencyTerms]

    def day_of(self, at: datetime) -> date:
        """The day that a moment belongs to."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def window(self, category: Category, channel: Channel, reason: RefundReason, placed_on: date) -> Window | None:
        """The window of a line; None where none was in force when it was ordered."""
        fits = (each for each in self.windows if each.covers(category, channel, reason) and each.since <= placed_on)
        return next(fits, None)

    def risk_on(self, day: date) -> RiskTerms:
        """What counts as unusual on a day; before the first of them, the oldest."""
        return next((each for each in self.risks if each.since <= day), self.risks[-1])

    def figures(self, currency: CurrencyCode) -> CurrencyTerms:
        """The figures in a currency."""
        return self.currencies.get(currency, NO_FIGURES)
