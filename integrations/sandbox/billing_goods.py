"""Goods and access: what is sent instead, what comes back into stock, what ends."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.refunds import EndEntitlement, ExchangeItems, RestockItems, ReturnedItem
from domain.errors import Refused
from domain.sales import OrderAccount, SalesOrder, SoldLine
from integrations.sandbox.billing_lookups import account_of
from integrations.sandbox.billing_remainder import (
    left_of_order,
    lock_order,
    locked_account,
    refuse,
    refuse_beyond,
    refuse_disputed,
    refuse_given_twice,
)
from integrations.sandbox.schema.sales import (
    entitlements,
    exchanges,
    sales_orders,
    sold_lines,
    stock_movements,
    stocked_lines,
)


async def exchange(transaction: AsyncConnection, action: ExchangeItems, at: datetime) -> str:
    """Order the same goods again, nothing to pay, worth at most what is left; the reference is the new order's id."""
    account = await locked_account(transaction, action)
    refuse_disputed(account, None)
    if action.currency != account.order.currency:
        refuse("other_currency", f"{action.order_id} is in {account.order.currency}, not in {action.currency}.")
    goods = _goods(account, action.items)
    worth = sum((line.unit_price * line.quantity for line in goods), account.order.shipping)
    if action.amount > worth:
        refuse("declined", f"these goods are worth {worth:f} {action.currency} with shipping, not {action.amount:f}.")
    refuse_beyond(left_of_order(account), action)
    refuse_given_twice(account, action.items)
    row = action.model_dump(include={"order_id", "amount", "currency", "items"}) | {"at": at}
    new_id = (await transaction.execute(insert(exchanges).values(row).returning(exchanges.c.id))).scalar_one()
    await _order_again(transaction, account.order, new_id, goods, at)
    return new_id


async def restock(transaction: AsyncConnection, action: RestockItems, at: datetime) -> str:
    """Take goods back into stock, at most what was sold; the reference is the movement's id."""
    await lock_order(transaction, action.order_id)
    account = await account_of(transaction, action.order_id)
    if account is None:
        raise Refused(f"There is no order {action.order_id}.")
    goods = _goods(account, action.items)
    await _refuse_more_than_sold(transaction, account.order, goods)
    movement = insert(stock_movements).values(order_id=action.order_id, at=at).returning(stock_movements.c.id)
    movement_id = (await transaction.execute(movement)).scalar_one()
    for position, line in enumerate(goods):
        row = {"order_id": action.order_id, "order_line": line.id, "quantity": line.quantity, "position": position}
        await transaction.execute(insert(stocked_lines).values(movement_id=movement_id, **row))
    return movement_id


async def end(transaction: AsyncConnection, action: EndEntitlement, at: datetime) -> str:
    """End the access that came with an order; the reference is the entitlement's id."""
    mine = (entitlements.c.order_id == action.order_id, entitlements.c.customer_id == action.customer_id)
    found = (await transaction.execute(select(entitlements).where(*mine).with_for_update())).one_or_none()
    if found is None:
        raise Refused(f"Order {action.order_id} gives customer {action.customer_id} no access that could end.")
    if found.ended_at is not None:
        raise Refused(f"{found.id} has ended already, on {found.ended_at.date()}.")
    await transaction.execute(update(entitlements).where(*mine).values(ended_at=at))
    return str(found.id)


def _goods(account: OrderAccount, items: tuple[ReturnedItem, ...]) -> tuple[SoldLine, ...]:
    """The order's lines with the quantities that are meant, or `Refused`."""
    sold = {line.id: line for line in account.order.lines}
    meant: dict[str, Decimal] = {}
    for each in items:
        if (line := sold.get(each.order_line)) is None or line.item != each.item or each.quantity <= 0:
            raise Refused(f"{account.order.id} has no {each.quantity:f} of {each.item} in line {each.order_line}.")
        meant[each.order_line] = meant.get(each.order_line, Decimal(0)) + each.quantity
    return tuple(_some_of(account.order, sold[line_id], quantity) for line_id, quantity in meant.items())


def _some_of(order: SalesOrder, line: SoldLine, quantity: Decimal) -> SoldLine:
    if quantity > line.quantity:
        raise Refused(f"{order.id} has {line.quantity:f} of {line.item} in line {line.id}, not {quantity:f}.")
    return line.model_copy(update={"quantity": quantity, "returned": Decimal(0)})


async def _refuse_more_than_sold(transaction: AsyncConnection, order: SalesOrder, goods: tuple[SoldLine, ...]) -> None:
    query = select(stocked_lines.c.order_line, stocked_lines.c.quantity).where(stocked_lines.c.order_id == order.id)
    before = [(row.order_line, row.quantity) for row in await transaction.execute(query)]
    for line in goods:
        sold = next(each.quantity for each in order.lines if each.id == line.id)
        back = sum((quantity for line_id, quantity in before if line_id == line.id), line.quantity)
        if back > sold:
            raise Refused(f"{order.id} has {sold:f} of {line.item} in line {line.id}; {back:f} would be back in stock.")


async def _order_again(
    transaction: AsyncConnection, order: SalesOrder, new_id: str, goods: tuple[SoldLine, ...], at: datetime
) -> None:
    head = order.model_dump(include={"customer_id", "channel", "currency"})
    head |= {"id": new_id, "placed_on": at.date(), "delivered_on": None, "shipping": Decimal(0)}
    await transaction.execute(insert(sales_orders).values(head))
    for position, line in enumerate(goods):
        await transaction.execute(insert(sold_lines).values(order_id=new_id, position=position, **line.model_dump()))
