"""Puts a company into the sandbox, so that its customers can write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Table, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.values import Frozen
from integrations.insertion import Row, insertion, put
from integrations.sandbox.company import Company, read_company
from integrations.sandbox.company_rows import CustomerRow, SalesOrderRow, day_before
from integrations.sandbox.crm_lookups import plain_address
from integrations.sandbox.database import Database
from integrations.sandbox.once import once
from integrations.sandbox.schema.customers import contracts, customer_addresses, customers
from integrations.sandbox.schema.sales import charges, sales_orders, sold_lines
from integrations.sandbox.schema.support import articles, incidents, queues
from integrations.sandbox.seed_events import keep_events
from integrations.sandbox.system import now_in_utc


class Beginning(Frozen):
    """What the moment of the first loading is kept for."""

    seed: str = "company"


async def load_company(database: Database, folder: Path, *, now: datetime | None = None) -> Company:
    """Load a company's files in one transaction; a wrong one raises `BadFile` before anything is written.

    Days ago are counted from the first loading into this database: in a new one every window is open, and nothing moves
    when it is loaded again. That replaces customers, contracts, queues, incidents and articles; orders and payments
    stay as they are on file, and a changed row of notes, refunds, disputes or entitlements is an `IdempotencyConflict`.
    """
    company = read_company(folder)
    async with database.effect() as books:
        began = await _beginning(books, now or now_in_utc())
        await _put_people(books, company, began)
        await _put_desk(books, company, began)
        await _keep_orders(books, company, began)
        await keep_events(books, company, began)
    return company


async def _beginning(books: AsyncConnection, now: datetime) -> datetime:
    async def begin() -> str:
        return now.isoformat()

    first = await once(books, "seed:company", Beginning(), begin)
    return datetime.fromisoformat(first.reference)


async def _put_people(books: AsyncConnection, company: Company, began: datetime) -> None:
    await put(books, customers, [row.customer(began).model_dump() for row in company.customers])
    await books.execute(delete(customer_addresses).where(customer_addresses.c.customer_id.in_(_ids(company.customers))))
    await put(books, customer_addresses, [row for each in company.customers for row in _addresses(each)])
    await put(books, contracts, [row.contract(began).model_dump() for row in company.contracts])


async def _put_desk(books: AsyncConnection, company: Company, began: datetime) -> None:
    await put(books, queues, [row.model_dump() for row in company.queues])
    await put(books, incidents, [row.incident(began).model_dump() for row in company.incidents])
    await put(books, articles, [written.article(began).model_dump() for written in company.articles])


async def _keep_orders(books: AsyncConnection, company: Company, began: datetime) -> None:
    """Not replaced: goods may have come back since, and a payment may have been charged back."""
    await _keep(books, sales_orders, [_order(row, began) for row in company.orders])
    lines = [row.model_dump() | {"position": position} for position, row in enumerate(company.order_lines)]
    await _keep(books, sold_lines, lines)
    await _keep(books, charges, [row.charge(began).model_dump() for row in company.charges])


async def _keep(books: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        await books.execute(insertion(books, table).on_conflict_do_nothing(), rows)


def _order(row: SalesOrderRow, began: datetime) -> Row:
    delivered = None if row.delivered_days_ago is None else day_before(began, row.delivered_days_ago)
    said = row.model_dump(exclude={"placed_days_ago", "delivered_days_ago"})
    return said | {"placed_on": day_before(began, row.placed_days_ago), "delivered_on": delivered}


def _addresses(row: CustomerRow) -> list[Row]:
    known = dict.fromkeys(plain_address(address) for address in (row.email, *row.also_writes_from))
    return [{"address": address, "customer_id": row.id} for address in known]


def _ids(rows: Sequence[CustomerRow]) -> list[str]:
    return [row.id for row in rows]
