"""Questions to the CRM's tables."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers import Contract, Customer, CustomerNote, KnownCustomer
from integrations.sandbox.schema.customers import contracts, customer_addresses, customer_notes, customers

NOTES = 20


def plain_address(written: str) -> str:
    """Small letters without white space around them, so that case does not matter."""
    return written.strip().lower()


async def customer_by_id(snapshot: AsyncConnection, customer_id: str) -> Customer | None:
    """The customer with this number."""
    query = select(customers).where(customers.c.id == customer_id)
    row = (await snapshot.execute(query)).mappings().one_or_none()
    return None if row is None else Customer.model_validate(dict(row))


async def writer_from(snapshot: AsyncConnection, address: str) -> str | None:
    """The number of the one customer who writes from this address; None where several do."""
    column = customer_addresses.c
    holders = select(column.customer_id).where(column.address == plain_address(address)).limit(2)
    found = (await snapshot.execute(holders)).scalars().all()
    return found[0] if len(found) == 1 else None


async def known_customer(snapshot: AsyncConnection, customer_id: str, today: date) -> KnownCustomer | None:
    """The customer with the contract in force today and the newest notes."""
    customer = await customer_by_id(snapshot, customer_id)
    if customer is None:
        return None
    return KnownCustomer(
        customer=customer,
        contract=await _contract_on(snapshot, customer_id, today),
        notes=await newest_notes(snapshot, customer_id),
    )


async def newest_notes(snapshot: AsyncConnection, customer_id: str) -> tuple[CustomerNote, ...]:
    """Newest first, at most 20."""
    column = customer_notes.c
    newest = (
        select(customer_notes).where(column.customer_id == customer_id).order_by(column.at.desc(), column.id.desc())
    )
    rows = (await snapshot.execute(newest.limit(NOTES))).mappings()
    return tuple(CustomerNote.model_validate(dict(row)) for row in rows)


async def _contract_on(snapshot: AsyncConnection, customer_id: str, today: date) -> Contract | None:
    """The newest of those in force."""
    column = contracts.c
    in_force = select(contracts).where(
        column.customer_id == customer_id, column.since <= today, or_(column.until.is_(None), column.until >= today)
    )
    newest = in_force.order_by(column.since.desc(), column.id.desc()).limit(1)
    row = (await snapshot.execute(newest)).mappings().one_or_none()
    return None if row is None else Contract.model_validate(dict(row))
