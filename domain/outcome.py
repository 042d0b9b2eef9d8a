"""How an invoice case ends."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.findings import ExceptionCode, Finding, Role
from domain.spending import Spent
from domain.values import Amount, CurrencyCode, Frozen


class BaseOutcome(Frozen):
    """What every outcome says."""

    outcome: str
    """First, because it is what a reader of the result looks for. Each outcome narrows it to its own name."""
    invoice_number: str | None
    findings: tuple[Finding, ...]
    decided_by: str = Field(description="`policy` with the row, or the person with the assurance")
    spent: Spent = Field(default=Spent(), description="what the agents' reasoning cost")


class Posted(BaseOutcome):
    """The bill is in the ledger; a held payment says what holds it."""

    outcome: Literal["posted"] = "posted"  # pyright: ignore[reportIncompatibleVariableOverride]
    bill_id: str
    amount: Amount
    currency: CurrencyCode
    payment_id: str | None
    payment_date: date | None
    payment_held: tuple[ExceptionCode, ...]
    payment_reason: str | None = Field(description="why a payable bill has no payment")
    remittance_id: str | None


class Held(BaseOutcome):
    """Nothing was paid; somebody must do something first."""

    outcome: Literal["held"] = "held"  # pyright: ignore[reportIncompatibleVariableOverride]
    owner: Role
    reason: str
    removed_by: str
    needs_repair: bool = Field(description="an effect could not be undone: a person must put the books right")


class Rejected(BaseOutcome):
    """A person refused the bill, or it went back to its supplier."""

    outcome: Literal["rejected"] = "rejected"  # pyright: ignore[reportIncompatibleVariableOverride]
    reason: str
    message_id: str | None = Field(description="the note to the supplier, where one was sent")


class Duplicate(BaseOutcome):
    """The invoice is already posted."""

    outcome: Literal["duplicate"] = "duplicate"  # pyright: ignore[reportIncompatibleVariableOverride]
    bill_id: str


InvoiceOutcome = Annotated[Posted | Held | Rejected | Duplicate, Field(discriminator="outcome")]
