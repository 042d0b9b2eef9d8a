"""What had happened to customers and orders before: each event is put on file once, in the order of its file."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.refunds import ReturnedItem
from integrations.insertion import Row
from integrations.sandbox.company import Company
from integrations.sandbox.company_rows import ChargeRow, DisputeRow, EntitlementRow, NoteRow, RefundRow
from integrations.sandbox.once import once
from integrations.sandbox.schema.customers import customer_notes
from integrations.sandbox.schema.sales import disputes, entitlements, refunds

Event = RefundRow | DisputeRow | NoteRow | EntitlementRow


async def keep_events(books: AsyncConnection, company: Company, began: datetime) -> None:
    """Refunds, disputes, notes and entitlements; the key of each row keeps it from being there twice."""
    payments = {row.id: row for row in company.charges}
    owners = {row.id: row.customer_id for row in company.orders}
    for row in company.refunds:
        charge = payments[row.charge_id]
        given = row.model_dump(include={"amount", "state", "failure"}) | {"items": _items(company, charge, row)}
        owner = {"order_id": charge.order_id, "customer_id": owners[charge.order_id]}
        await _once(books, refunds, row, _of(charge, row, began) | owner | given)
    for row in company.disputes:
        await _once(books, disputes, row, _of(payments[row.charge_id], row, began) | {"open": row.open})
    for row in company.notes:
        said = {"customer_id": row.customer_id, "text": row.text, "at": began - timedelta(days=row.days_ago)}
        await _once(books, customer_notes, row, said)
    for row in company.entitlements:
        said = {"order_id": row.order_id, "customer_id": owners[row.order_id], "what": row.what}
        await _once(books, entitlements, row, said)


def _of(charge: ChargeRow, row: RefundRow | DisputeRow, began: datetime) -> dict[str, object]:
    at = began - timedelta(days=row.days_ago)
    return {"charge_id": charge.id, "amount": charge.amount, "currency": charge.currency, "at": at}


def _items(company: Company, charge: ChargeRow, row: RefundRow) -> tuple[ReturnedItem, ...]:
    """What it was for; nothing where the file does not say."""
    return tuple(
        ReturnedItem(order_line=line.id, item=line.item, quantity=row.quantity)
        for line in company.order_lines
        if (line.order_id, line.id) == (charge.order_id, row.order_line) and row.quantity is not None
    )


async def _once(books: AsyncConnection, table: Table, row: Event, values: Row) -> None:
    async def keep() -> str:
        return (await books.execute(insert(table).values(values).returning(table.c.id))).scalar_one()

    await once(books, f"seed:{table.name}:{row.id}", row, keep)
