"""Questions to the books: each takes a snapshot and gives domain objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import RowMapping, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.purchasing import Bill, BilledLine, GoodsReceipt, Message, OrderLine, Payment, PurchaseOrder, Supplier
from integrations.sandbox.schema.effects import messages
from integrations.sandbox.schema.purchasing import (
    bill_lines,
    bills,
    order_lines,
    orders,
    payments,
    receipts,
    suppliers,
    tax_ids,
)

OPEN_ORDERS = 50
BILLS_OF_SUPPLIER = 1_000
M = TypeVar("M", bound=BaseModel)


def plain_tax_id(written: str) -> str:
    """Letters and digits in capitals, so that "DE 123.456" and "de123456" are one id."""
    return "".join(character for character in written.upper() if character.isalnum())


async def supplier_by_id(snapshot: AsyncConnection, supplier_id: str) -> Supplier | None:
    """The supplier with this number."""
    query = select(suppliers).where(suppliers.c.id == supplier_id)
    row = (await snapshot.execute(query)).mappings().one_or_none()
    return None if row is None else Supplier.model_validate(dict(row))


async def the_supplier(
    snapshot: AsyncConnection, written_tax_ids: tuple[str, ...], name: str | None
) -> Supplier | None:
    """The supplier with one of the tax ids, else with the name; None where several would do."""
    plain = {plain for written in written_tax_ids if (plain := plain_tax_id(written))}
    if plain:
        holders = select(tax_ids.c.supplier_id).where(tax_ids.c.tax_id.in_(plain))
        query = select(suppliers).where(suppliers.c.id.in_(holders))
    else:
        query = select(suppliers).where(suppliers.c.name == name)
    found = (await snapshot.execute(query.limit(2))).mappings().all()
    return Supplier.model_validate(dict(found[0])) if len(found) == 1 else None


async def orders_where(snapshot: AsyncConnection, condition: Select[Any]) -> tuple[PurchaseOrder, ...]:
    """The orders that a query on the orders table gives, with their lines."""
    heads = (await snapshot.execute(condition)).mappings().all()
    query = select(order_lines).where(order_lines.c.order_id.in_(condition.with_only_columns(orders.c.id)))
    lines = grouped((await snapshot.execute(query.order_by(order_lines.c.position))).mappings(), "order_id")
    return tuple(
        PurchaseOrder(**head, lines=tuple(OrderLine.model_validate(line) for line in lines[head["id"]]))
        for head in heads
    )


async def open_orders_of(snapshot: AsyncConnection, supplier_id: str) -> tuple[PurchaseOrder, ...]:
    """Oldest first, at most 50."""
    mine = select(orders).where(orders.c.supplier_id == supplier_id, orders.c.open)
    return await orders_where(snapshot, mine.order_by(orders.c.order_date, orders.c.id).limit(OPEN_ORDERS))


async def receipts_of(snapshot: AsyncConnection, order_id: str) -> tuple[GoodsReceipt, ...]:
    """Oldest first."""
    booked = select(receipts).where(receipts.c.order_id == order_id).order_by(receipts.c.on, receipts.c.id)
    rows = (await snapshot.execute(booked)).mappings()
    return tuple(GoodsReceipt.model_validate(dict(row)) for row in rows)


async def bills_where(snapshot: AsyncConnection, condition: Select[Any]) -> tuple[Bill, ...]:
    """The bills that a query on the bills table gives, with the order lines they take."""
    heads = (await snapshot.execute(condition)).mappings().all()
    query = select(bill_lines).where(bill_lines.c.bill_id.in_(condition.with_only_columns(bills.c.id)))
    lines = grouped((await snapshot.execute(query.order_by(bill_lines.c.position))).mappings(), "bill_id")
    return tuple(
        Bill(
            **{name: value for name, value in head.items() if name in Bill.model_fields},
            lines=tuple(BilledLine.model_validate(line) for line in lines[head["id"]]),
        )
        for head in heads
    )


async def newest_bills(snapshot: AsyncConnection, supplier_id: str | None) -> tuple[Bill, ...]:
    """Of one supplier at most 1,000, of all suppliers all; void ones included."""
    newest = select(bills).order_by(bills.c.issue_date.desc(), bills.c.id.desc())
    if supplier_id is not None:
        newest = newest.where(bills.c.supplier_id == supplier_id).limit(BILLS_OF_SUPPLIER)
    return await bills_where(snapshot, newest)


async def all_payments(snapshot: AsyncConnection) -> tuple[Payment, ...]:
    """In the order they were scheduled."""
    rows = (await snapshot.execute(select(payments).order_by(payments.c.id))).mappings()
    return tuple(Payment.model_validate(dict(row)) for row in rows)


async def all_messages(snapshot: AsyncConnection) -> tuple[Message, ...]:
    """In the order they left."""
    rows = (await snapshot.execute(select(messages).order_by(messages.c.id))).mappings()
    return tuple(Message.model_validate(dict(row)) for row in rows)


async def read_all(snapshot: AsyncConnection, model: type[M], query: Select[Any]) -> tuple[M, ...]:
    """Every row of a query as a model that has its columns."""
    return tuple(model.model_validate(dict(row)) for row in (await snapshot.execute(query)).mappings())


def grouped(rows: Iterable[RowMapping], by: str) -> defaultdict[str, list[dict[str, Any]]]:
    """Rows by the value of one column, without that column and the position."""
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        fields = dict(row)
        fields.pop("position")
        groups[fields.pop(by)].append(fields)
    return groups
