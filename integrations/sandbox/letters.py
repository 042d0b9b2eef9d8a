"""What a supplier reads: two templates, filled from actions, never from a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from pydantic import Field

from domain.actions import ReturnInvoice, SendRemittance
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
