"""What is wrong with a request for another bank account, and what is unusual about one that may go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from stdnum import iban as iban_rules
from stdnum.exceptions import InvalidChecksum, ValidationError

from domain.actions import BankRisk, ChangeBankDetails, ConfirmBankDetails, ContactStanding, VerifyBankDetails
from domain.bank import BankRequest, Contact, Objection, OnFile, SupplierRecord
from domain.checks.identifiers import normal_account, normal_number, words
from domain.text import show

SPACES = re.compile(r"[ \u00a0]")
SHAPE = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")
LENGTHS = {"holder": 140, "reference": 60, "reason": 500, "requester": 200}
SHORTEST_MASKED = 10
LONGEST = 80
"""Characters of an IBAN as it may be typed: it has 34 at most, and spaces."""


def iban(typed: str) -> str:
    """An IBAN in capitals without spaces; raise ValueError saying what is wrong.

    Country, length, the country's own structure and both check digits are held against ISO 13616 and its registry.
    """
    account = SPACES.sub("", typed).upper() if len(typed) <= LONGEST else ""
    if not SHAPE.fullmatch(account):
        raise ValueError(f"{show(typed, 40)!r} is no IBAN: it is two letters, two digits and the account number")
    try:
        return iban_rules.validate(account)
    except InvalidChecksum:
        raise ValueError(
            f"{grouped(account)} has wrong check digits: a character is wrong, missing or in the wrong place"
        ) from None
    except ValidationError:
        raise ValueError(
            f"{grouped(account)} is no account of {account[:2]}: its length or structure is wrong"
        ) from None


def masked(account: str | None) -> str:
    """`DE...1100`: enough to tell accounts apart, not enough to pay to."""
    if not account:
        return "no account"
    plain = normal_account(account)
    return f"{plain[:2]}...{plain[-4:]}" if len(plain) >= SHORTEST_MASKED else f"...{plain[-2:]}"


def grouped(account: str) -> str:
    """In fours, as it is read out over the telephone."""
    return " ".join(account[start : start + 4] for start in range(0, len(account), 4))


def incomplete(request: BankRequest) -> str | None:
    """What is missing from a request or too long in it; None where nothing is."""
    for name, most in LENGTHS.items():
        value: str = getattr(request, name)
        if not value.strip():
            return f"The {name} is empty; it is needed."
        if len(value) > most:
            return f"The {name} has {len(value)} characters; at most {most} are kept."
    return None


def examined(
    request: BankRequest, record: SupplierRecord | None, today: date, contact_days: int, cooling_off: str
) -> OnFile | Objection:
    """Hold a request against the supplier master; `today` is the case's own date."""
    if record is None:
        return Objection(said=f"Supplier {show(request.supplier_id, 40)} is not in the supplier master.")
    if fault := incomplete(request):
        return Objection(said=fault)
    supplier, name = record.supplier, record.supplier.name
    try:
        account = iban(request.account)
    except ValueError as error:
        return Objection(said=f"{error}.", supplier_name=name)
    if supplier.blocked:
        return Objection(said=f"Supplier {supplier.id} is blocked in the supplier master.", supplier_name=name)
    if normal_account(supplier.account) == account:
        return Objection(said=f"{masked(account)} is the account on file already.", supplier_name=name)
    contact = record.contact
    return OnFile(
        supplier_id=supplier.id,
        supplier_name=name,
        old_account=supplier.account,
        account=account,
        contact=standing_of(contact, today, contact_days),
        email=contact.email if contact else None,
        phone=contact.phone if contact else None,
        contact_since=contact.since if contact else None,
        risks=tuple(_risks(request, record, account)),
        business_key=f"{supplier.id}:bank:{record.changes}:{account}:{normal_number(request.reference)}",
        cooling_off=cooling_off,
    )


def standing_of(contact: Contact | None, today: date, least_days: int) -> ContactStanding:
    """A contact verifies something if it has address and telephone, and was on file long before the request."""
    if contact is None or not contact.email or not contact.phone:
        return "absent"
    return "old" if (today - contact.since).days >= least_days else "new"


def _risks(request: BankRequest, record: SupplierRecord, account: str) -> Iterator[BankRisk]:
    old = normal_account(record.supplier.account)
    if not old:
        yield "first_account"
    elif old[:2] != account[:2]:
        yield "country_changes"
    if words(request.holder) != words(record.supplier.name):
        yield "holder_differs"
    if record.shared_with:
        yield "account_of_another"


def verification_of(found: OnFile) -> VerifyBankDetails:
    """The note to the contact on file; policy denies it where that verifies nothing."""
    return VerifyBankDetails(
        business_key=f"{found.business_key}:{found.email or ''}",
        to=found.email or "",
        supplier_id=found.supplier_id,
        supplier_name=found.supplier_name,
        old_account=masked(found.old_account),
        new_account=masked(found.account),
        contact=found.contact,
    )


def change_of(request: BankRequest, found: OnFile, message_id: str) -> ChangeBankDetails:
    """The change itself."""
    return ChangeBankDetails(
        business_key=found.business_key,
        supplier_id=found.supplier_id,
        supplier_name=found.supplier_name,
        old_account=found.old_account,
        account=found.account,
        holder=show(request.holder, LENGTHS["holder"]),
        contact=found.contact,
        verification=message_id,
        risks=found.risks,
    )


def confirmation_of(found: OnFile) -> ConfirmBankDetails:
    """The note that it has been done, to the contact that was on file before."""
    return ConfirmBankDetails(
        business_key=f"{found.business_key}:{found.email or ''}",
        to=found.email or "",
        supplier_id=found.supplier_id,
        supplier_name=found.supplier_name,
        old_account=masked(found.old_account),
        new_account=masked(found.account),
    )
