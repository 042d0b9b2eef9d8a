"""What is left to be given back: per line and payment, and in all. What is on its way counts as given."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal

from domain.checks.figures import CENT, ZERO, total
from domain.sales import Charge, OrderAccount, Refund, Replacement, SoldLine


def given(account: OrderAccount) -> tuple[Refund | Replacement, ...]:
    """All that was given back for the order; only what failed for good was not."""
    return (*_refunds(account), *account.replacements)


def attempts(account: OrderAccount) -> int:
    """How often something was given back or tried to be; a reversed credit note is the trace of what was refused."""
    reversals = sum(note.reversed_because is not None for note in account.credit_notes)
    return len(account.refunds) + len(account.replacements) + reversals


def given_of(line: SoldLine, account: OrderAccount) -> Decimal:
    """How many of a line were given back."""
    return total(item.quantity for each in given(account) for item in each.items if item.order_line == line.id)


def left_of(line: SoldLine, account: OrderAccount) -> Decimal:
    """How many of a line can still be given back."""
    return max(ZERO, line.quantity - given_of(line, account))


def back_of(line: SoldLine, account: OrderAccount) -> Decimal:
    """How many of a line have come back without anything being given for them yet."""
    return max(ZERO, min(line.returned, line.quantity) - given_of(line, account))


def paid(account: OrderAccount) -> Decimal:
    """What the customer paid and the bank has not taken back, in the order's currency."""
    return total(charge.amount for charge in _payments(account))


def left_of_payment(charge: Charge, account: OrderAccount) -> Decimal:
    """What a payment has left; nothing, where it failed or was charged back."""
    if charge not in _payments(account):
        return ZERO
    return max(ZERO, charge.amount - total(each.amount for each in _refunds(account) if each.charge_id == charge.id))


def remainder(account: OrderAccount) -> Decimal:
    """What was paid less all that was given back, in whatever form and from whichever payment."""
    return max(ZERO, paid(account) - total(each.amount for each in given(account)))


def surplus(account: OrderAccount) -> Decimal:
    """What was paid beyond the order's price and is still here: a second charge for the same order."""
    for_goods = total(each.amount for each in given(account) if each.items)
    return max(ZERO, remainder(account) - max(ZERO, account.order.total - for_goods))


def unnoted(account: OrderAccount) -> Decimal:
    """What was given back without a note for what, beyond what had been paid too much."""
    beyond = max(ZERO, paid(account) - account.order.total)
    return max(ZERO, total(each.amount for each in given(account) if not each.items) - beyond)


def worth(line: SoldLine, quantity: Decimal, account: OrderAccount) -> Decimal:
    """What was paid for so many of a line: its price, or its share where less than the order's price was paid."""
    return in_cents(quantity * line.unit_price, account)


def in_cents(price: Decimal, account: OrderAccount) -> Decimal:
    """The share of a price that was really paid, rounded down to the cent."""
    whole, received = account.order.total, paid(account)
    share = price * received / whole if ZERO < received < whole else price
    return floored(share)


def floored(amount: Decimal) -> Decimal:
    """Rounded down to the cent: providers take no less, and nobody gets more."""
    return amount.quantize(CENT, ROUND_FLOOR)


def pending(account: OrderAccount) -> bool:
    """Whether a refund of the order is on its way."""
    return any(each.state == "pending" for each in account.refunds)


def _refunds(account: OrderAccount) -> tuple[Refund, ...]:
    return tuple(each for each in account.refunds if each.state != "failed")


def _payments(account: OrderAccount) -> tuple[Charge, ...]:
    return tuple(_each(account))


def _each(account: OrderAccount) -> Iterator[Charge]:
    for charge in account.charges:
        if charge.state == "paid" and charge.currency == account.order.currency:
            yield charge
