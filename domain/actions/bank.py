"""What a change of a supplier's bank details does: ask the supplier, change the account on file, tell the supplier."""

from __future__ import annotations

from typing import ClassVar, Literal

from domain.actions.base import BaseAction, Effect

ContactStanding = Literal["old", "new", "absent"]
"""Whether the contact on file has been there long enough to verify something by, not yet, or is not whole."""

BankRisk = Literal["first_account", "country_changes", "holder_differs", "account_of_another"]
"""No account was on file · it leaves the country · its holder has another name · another supplier has it."""


class VerifyBankDetails(BaseAction):
    """Tell the contact on file that a change was asked for, so that the supplier can object. Accounts are masked."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "verify"
    stated: ClassVar[tuple[str, ...]] = ("contact",)
    kind: Literal["mail.verify_bank_details"] = "mail.verify_bank_details"
    to: str
    supplier_id: str
    supplier_name: str
    old_account: str
    new_account: str
    contact: ContactStanding


class ChangeBankDetails(BaseAction):
    """Replace the account in the supplier master, if it is still the one that was shown to those who decided."""

    effect: ClassVar[Effect] = "irreversible"
    step: ClassVar[str] = "change"
    least_people: ClassVar[int] = 2
    stated: ClassVar[tuple[str, ...]] = ("contact", "risks")
    kind: Literal["erp.change_bank_details"] = "erp.change_bank_details"
    supplier_id: str
    supplier_name: str
    old_account: str | None
    account: str
    holder: str
    contact: ContactStanding
    verification: str
    """The message that told the contact on file."""
    risks: tuple[BankRisk, ...]


class ConfirmBankDetails(BaseAction):
    """Tell the contact that was on file before that the account has been changed. Accounts are masked."""

    effect: ClassVar[Effect] = "message"
    step: ClassVar[str] = "confirm"
    kind: Literal["mail.confirm_bank_details"] = "mail.confirm_bank_details"
    to: str
    supplier_id: str
    supplier_name: str
    old_account: str
    new_account: str
