"""What the CRM knows: customers, what they were promised, and the notes in their files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from domain.values import Frozen

Tier = Literal["standard", "plus", "vip"]


class Customer(Frozen):
    """A row of the customer master: the only source of a recipient."""

    id: str
    name: str
    email: str
    also_writes_from: tuple[str, ...] = Field(default=(), description="further addresses that are known to be theirs")
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    tier: Tier = "standard"
    since: date
    blocked: bool = False


class Contract(Frozen):
    """What a customer was promised; figures override those of the SLA grid."""

    id: str
    customer_id: str
    plan: str
    since: date
    until: date | None = None
    first_reply_minutes: int | None = Field(default=None, gt=0)
    resolution_hours: int | None = Field(default=None, gt=0)
    least_priority: Literal["urgent", "high", "medium", "low"] | None = Field(
        default=None, description="no ticket of theirs is less urgent than this"
    )


class CustomerNote(Frozen):
    """A note in a customer's file."""

    id: str
    customer_id: str
    text: str
    at: AwareDatetime


class KnownCustomer(Frozen):
    """All that a case needs of the CRM: a customer with the contract in force."""

    customer: Customer
    contract: Contract | None
    notes: tuple[CustomerNote, ...] = Field(description="newest first, at most 20")

    def age_days(self, at: datetime) -> int:
        """How long the account has been there, in days."""
        return (at.date() - self.customer.since).days
