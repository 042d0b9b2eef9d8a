"""What of an order can still be given back, found inside the transaction that gives it."""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.refunds import BookCreditNote, Recompense, ReturnedItem
from domain.errors import Refused
from domain.sales import Charge, OrderAccount, RefundFailure
from integrations.sandbox.billing_lookups import account_of
from integrations.sandbox.schema.sales import sales_orders


def refuse(failure: RefundFailure, words: str) -> NoReturn:
    """Raise `Refused`, the failure first."""
    raise Refused(f"{failure}: {words}")


async def locked_account(transaction: AsyncConnection, action: Recompense | BookCreditNote) -> OrderAccount:
    """The customer's order, kept from other transactions until this one ends, so that two never give the same money."""
    await lock_order(transaction, action.order_id)
    account = await account_of(transaction, action.order_id)
    if account is None:
        refuse("declined", f"there is no order {action.order_id}.")
    if account.order.customer_id != action.customer_id:
        refuse("declined", f"order {action.order_id} is not one of customer {action.customer_id}.")
    if action.amount <= 0:
        refuse("declined", f"{action.amount:f} {action.currency} is nothing to give.")
    if action.amount != round(action.amount, 2):
        refuse("declined", f"{action.amount:f} {action.currency} has more than two decimal places.")
    return account


async def lock_order(transaction: AsyncConnection, order_id: str) -> None:
    """Make every other transaction that locks this order wait."""
    await transaction.execute(select(sales_orders.c.id).where(sales_orders.c.id == order_id).with_for_update())


def charged(account: OrderAccount) -> Decimal:
    """What was paid for the order and not taken back by a bank."""
    paid = (each for each in account.charges if each.state == "paid" and each.currency == account.order.currency)
    return sum((each.amount for each in paid), Decimal(0))


def left_of_order(account: OrderAccount) -> Decimal:
    """What was paid, less every refund that has not failed, store credit and exchanged goods."""
    return charged(account) - _refunded(account, None) - sum((each.amount for each in account.replacements), Decimal(0))


def left_of_charge(account: OrderAccount, charge: Charge) -> Decimal:
    """What is left of one payment, and never more than what is left of the whole order."""
    return min(charge.amount - _refunded(account, charge.id), left_of_order(account))


def refuse_disputed(account: OrderAccount, charge_id: str | None) -> None:
    """Refuse while the bank contests a payment: this one, or any of the order."""
    contested = [each for each in account.disputes if each.open and charge_id in {None, each.charge_id}]
    if contested:
        first = contested[0]
        refuse("dispute_open", f"the customer's bank contests {first.charge_id} ({first.id}) and may take it back.")


def refuse_beyond(left: Decimal, action: Recompense) -> None:
    """Refuse where nothing is left, or less than is to be given."""
    if left <= 0:
        refuse("already_refunded", f"nothing is left of what was paid for {action.order_id}.")
    if action.amount > left:
        asked = f"{action.amount:f} {action.currency}"
        refuse("more_than_remainder", f"{left:f} {action.currency} are left of {action.order_id}, not {asked}.")


def refuse_given_twice(account: OrderAccount, items: tuple[ReturnedItem, ...]) -> None:
    """Refuse for goods that the order does not have, or that something has been given for already."""
    for line in account.order.lines:
        asked = sum((item.quantity for item in items if item.order_line == line.id), Decimal(0))
        if asked > (left := line.quantity - _given_for(account, line.id)):
            refuse("already_refunded", f"of line {line.id} of {account.order.id}, {left:f} are left, not {asked:f}.")
    lines = {line.id for line in account.order.lines}
    if wrong := next((item for item in items if item.order_line not in lines or item.quantity <= 0), None):
        refuse("declined", f"{account.order.id} has no {wrong.quantity:f} of a line {wrong.order_line}.")


def _given_for(account: OrderAccount, line_id: str) -> Decimal:
    given = (*(each for each in account.refunds if each.state != "failed"), *account.replacements)
    return sum((item.quantity for each in given for item in each.items if item.order_line == line_id), Decimal(0))


def _refunded(account: OrderAccount, charge_id: str | None) -> Decimal:
    """A pending refund counts as given."""
    counted = (each for each in account.refunds if each.state != "failed" and charge_id in {None, each.charge_id})
    return sum((each.amount for each in counted), Decimal(0))
