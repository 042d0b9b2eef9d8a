"""Questions to the tables of orders, charges and refunds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.sales import Charge, CreditNote, Dispute, OrderAccount, Refund, Replacement, SalesOrder, SoldLine
from integrations.sandbox.lookups import grouped, read_all
from integrations.sandbox.schema.sales import (
    charges,
    credit_notes,
    disputes,
    exchanges,
    refunds,
    sales_orders,
    sold_lines,
    store_credits,
)

ORDERS = 50
EARLIER_REFUNDS = 100


async def account_of(snapshot: AsyncConnection, order_id: str) -> OrderAccount | None:
    """The order with all that is known of it."""
    found = await orders_where(snapshot, select(sales_orders).where(sales_orders.c.id == order_id))
    if not found:
        return None
    order = found[0]
    of_order = select(charges).where(charges.c.order_id == order_id)
    disputed = select(disputes).where(disputes.c.charge_id.in_(of_order.with_only_columns(charges.c.id)))
    return OrderAccount(
        order=order,
        charges=await read_all(snapshot, Charge, of_order.order_by(charges.c.at, charges.c.id)),
        refunds=await refunds_of(snapshot, order_id),
        disputes=await read_all(snapshot, Dispute, disputed.order_by(disputes.c.id)),
        replacements=await replacements_of(snapshot, order_id),
        credit_notes=await credit_notes_of(snapshot, order_id),
        earlier=await _earlier_refunds(snapshot, order),
    )


async def orders_where(snapshot: AsyncConnection, condition: Select[Any]) -> tuple[SalesOrder, ...]:
    """The orders that a query on the table of orders gives, with their lines."""
    heads = (await snapshot.execute(condition)).mappings().all()
    query = select(sold_lines).where(sold_lines.c.order_id.in_([head["id"] for head in heads]))
    lines = grouped((await snapshot.execute(query.order_by(sold_lines.c.position))).mappings(), "order_id")
    return tuple(
        SalesOrder(**head, lines=tuple(SoldLine.model_validate(line) for line in lines[head["id"]])) for head in heads
    )


async def newest_orders(snapshot: AsyncConnection, customer_id: str) -> tuple[SalesOrder, ...]:
    """The customer's, newest first, at most 50."""
    column = sales_orders.c
    mine = select(sales_orders).where(column.customer_id == customer_id)
    return await orders_where(snapshot, mine.order_by(column.placed_on.desc(), column.id.desc()).limit(ORDERS))


async def refund_by_id(snapshot: AsyncConnection, refund_id: str) -> Refund | None:
    """The refund with this number."""
    found = await read_all(snapshot, Refund, select(refunds).where(refunds.c.id == refund_id))
    return found[0] if found else None


async def refunds_of(snapshot: AsyncConnection, order_id: str | None) -> tuple[Refund, ...]:
    """Every refund of an order, or of all, in the order in which they were asked for."""
    asked = select(refunds).order_by(refunds.c.id)
    return await read_all(snapshot, Refund, asked if order_id is None else asked.where(refunds.c.order_id == order_id))


async def credit_notes_of(snapshot: AsyncConnection, order_id: str) -> tuple[CreditNote, ...]:
    """In the order in which they were booked; reversed ones included."""
    booked = select(credit_notes).where(credit_notes.c.order_id == order_id).order_by(credit_notes.c.id)
    return await read_all(snapshot, CreditNote, booked)


async def replacements_of(snapshot: AsyncConnection, order_id: str) -> tuple[Replacement, ...]:
    """Store credit and exchanged goods for an order."""
    found: list[Replacement] = []
    for kind, table in (("store_credit", store_credits), ("exchange", exchanges)):
        columns = [table.c[name] for name in Replacement.model_fields if name != "kind"]
        given = select(literal(kind).label("kind"), *columns).where(table.c.order_id == order_id)
        found += await read_all(snapshot, Replacement, given.order_by(table.c.id))
    return tuple(sorted(found, key=lambda each: each.at))


async def _earlier_refunds(snapshot: AsyncConnection, order: SalesOrder) -> tuple[Refund, ...]:
    column = refunds.c
    others = select(refunds).where(column.customer_id == order.customer_id, column.order_id != order.id)
    newest = others.order_by(column.at.desc(), column.id.desc()).limit(EARLIER_REFUNDS)
    return await read_all(snapshot, Refund, newest)
