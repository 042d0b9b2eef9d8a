"""A change of a supplier's bank details: what is asked for, what is on file, and how it ends."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.actions.bank import BankRisk, ContactStanding
from domain.documents import DocumentRef
from domain.purchasing import Supplier
from domain.values import Frozen

CASE_PREFIX = "bank-"


class BankRequest(Frozen):
    """What a person asks for and has typed: nothing in it comes from a document. Checked by the case, not here."""

    supplier_id: str
    account: str = Field(description="the new IBAN, as typed")
    holder: str = Field(description="who holds the account")
    reference: str = Field(description="what the request is filed under; the same one is the same request")
    reason: str
    requester: str
    evidence: DocumentRef | None = Field(default=None, description="such as a scanned letter; shown, never read")


class Contact(Frozen):
    """How a supplier is reached, and since when this is on file."""

    supplier_id: str
    since: date
    email: str | None = None
    phone: str | None = None


class SupplierRecord(Frozen):
    """What the supplier master holds on a supplier's account."""

    supplier: Supplier
    contact: Contact | None = Field(description="the newest")
    changes: int = Field(ge=0, description="how often the account was changed before")
    shared_with: tuple[str, ...] = Field(description="other suppliers that have the account that is asked for")


class AccountChange(Frozen):
    """One change of an account, as the supplier master keeps it for good."""

    id: str
    supplier_id: str
    old_account: str | None
    account: str
    holder: str
    key: str
    at: datetime


class OnFile(Frozen):
    """A request that may go on: the supplier as it stands, and the account in the spelling that counts."""

    supplier_id: str
    supplier_name: str
    old_account: str | None
    account: str
    contact: ContactStanding
    email: str | None
    phone: str | None
    contact_since: date | None
    risks: tuple[BankRisk, ...]
    business_key: str
    cooling_off: str = Field(description="how long, in words")


class Objection(Frozen):
    """Why a request cannot go on, in a sentence."""

    said: str
    supplier_name: str | None = None


class StopHeard(Frozen):
    """One call to stop. Whoever it came from, it stops: that is the safe direction."""

    at: datetime | None
    by: str = Field(description="the person of the directory, else the name that was given, else `somebody`")
    identity: str = Field(description="the client's own claim, as the server recorded it")
    sure: Literal["principal", "claimed", "anonymous"]
    reason: str | None
    unread: str | None = Field(description="why its data could not be understood; it stops all the same")


class BaseBankOutcome(Frozen):
    """What every outcome says; accounts are masked."""

    outcome: str
    """First, because it is what a reader of the result looks for. Each outcome narrows it to its own name."""
    supplier_id: str
    supplier_name: str | None
    old_account: str | None
    new_account: str
    decided_by: str
    verified: str | None = Field(description="which message went to which contact on file, before anybody decided")
    stops: tuple[StopHeard, ...] = Field(default=(), description="calls to stop, in time or too late")


class BankChanged(BaseBankOutcome):
    """The account on file is the new one."""

    outcome: Literal["changed"] = "changed"  # pyright: ignore[reportIncompatibleVariableOverride]
    change_id: str
    note: str | None = Field(description="of the last who approved")
    confirmation_id: str | None = Field(description="the message that told the supplier, where it could be sent")


class BankRefused(BaseBankOutcome):
    """The rules, a person or the supplier master said no; the account on file is what it was."""

    outcome: Literal["refused"] = "refused"  # pyright: ignore[reportIncompatibleVariableOverride]
    reason: str
    needs_repair: bool = Field(default=False, description="it is not known whether the account was changed")


class BankStopped(BaseBankOutcome):
    """Somebody stopped it in time; the account on file is what it was."""

    outcome: Literal["stopped"] = "stopped"  # pyright: ignore[reportIncompatibleVariableOverride]
    reason: str
    approved_by: str | None = Field(description="who had approved before, if anybody")


class BankExpired(BaseBankOutcome):
    """Too few people answered in time; the account on file is what it was."""

    outcome: Literal["expired"] = "expired"  # pyright: ignore[reportIncompatibleVariableOverride]
    reason: str


BankOutcome = Annotated[BankChanged | BankRefused | BankStopped | BankExpired, Field(discriminator="outcome")]
