"""What a supplier reads: templates, filled from actions, never from a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from pydantic import Field

from domain.actions import ConfirmBankDetails, ReturnInvoice, SendRemittance, VerifyBankDetails
from domain.findings import BaseFinding, ExceptionCode, Finding
from domain.text import show
from domain.values import Frozen

REMITTANCE = """Dear {supplier},

we will pay your invoice {number}: {amount} {currency} on {on}, to the account that we have on file for you.
Our reference is {payment}.

Accounts payable
"""

RETURNED = """Dear {supplier},

we cannot book your invoice {number} over {amount} {currency}:

{reasons}

Accounts payable
"""

BANK_CHANGE_ASKED = """Dear {supplier},

we have been asked to pay you to another bank account from now on: to {new} instead of {old}.

If you have asked for this, you need not do anything: we shall call you on the telephone number that we have on file.
If you have not, please call us at once, on the number that you know from earlier business with us. Do not answer this
message, and do not use a number from any other message about this.

Until it is settled, we pay to the account that we have on file.

Accounts payable
"""

BANK_CHANGE_MADE = """Dear {supplier},

as we have agreed with you by telephone, from today on we pay you to {new}, and no longer to {old}.

If you know nothing of this, please call us at once, on the number that you know from earlier business with us.

Accounts payable
"""

NAME_LIMIT = 120
"""Characters of a name or number in a letter: both may have come from outside."""


class Letter(Frozen):
    """A subject of one line, and a body."""

    subject: str = Field(pattern=r"^[^\r\n]*$")
    body: str


def remittance(action: SendRemittance) -> Letter:
    """What will be paid, when, and where to."""
    body = REMITTANCE.format(**_common(action), on=action.due_date, payment=action.payment_id)
    return Letter(subject=f"Payment of invoice {_number(action)}", body=body)


def returned(action: ReturnInvoice) -> Letter:
    """Why an invoice comes back, and what is needed."""
    reasons = "\n".join(f"- {reason}" for reason in _reasons(action.exceptions))
    return Letter(
        subject=f"Your invoice {_number(action)} is returned", body=RETURNED.format(**_common(action), reasons=reasons)
    )


def bank_change_asked(action: VerifyBankDetails) -> Letter:
    """That another account was asked for: no link, and nothing that whoever asked has typed but the masked account."""
    return Letter(subject="A change of your bank account was asked for", body=_about_account(BANK_CHANGE_ASKED, action))


def bank_change_made(action: ConfirmBankDetails) -> Letter:
    """That the account has been changed."""
    return Letter(subject="Your bank account has been changed", body=_about_account(BANK_CHANGE_MADE, action))


def _about_account(template: str, action: VerifyBankDetails | ConfirmBankDetails) -> str:
    name = show(action.supplier_name, NAME_LIMIT)
    return template.format(supplier=name, old=action.old_account, new=action.new_account)


def _common(action: SendRemittance | ReturnInvoice) -> dict[str, object]:
    return {
        "supplier": show(action.supplier_name, NAME_LIMIT),
        "number": _number(action),
        "amount": format(action.amount, "f"),
        "currency": action.currency,
    }


def _number(action: SendRemittance | ReturnInvoice) -> str:
    return show(action.invoice_number, NAME_LIMIT)


def _reasons(codes: Sequence[ExceptionCode]) -> list[str]:
    """The catalogue's own words: the exception, and what removes it."""
    kinds: tuple[type[BaseFinding], ...] = get_args(get_args(Finding)[0])
    removed_by = {kind.model_fields["code"].default: kind.removed_by for kind in kinds}
    return [f"{code.replace('_', ' ')}. What helps: {removed_by[code]}." for code in codes]
