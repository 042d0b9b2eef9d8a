"""What happens around an order without us: goods come back, the customer's bank contests a payment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, update

from domain.errors import Refused
from domain.sales import Charge
from integrations.sandbox.billing_refunds import contest
from integrations.sandbox.billing_remainder import lock_order
from integrations.sandbox.database import Database
from integrations.sandbox.lookups import read_all
from integrations.sandbox.schema.sales import charges, disputes, sold_lines


async def take_back(database: Database, order_id: str, order_line: str, quantity: Decimal) -> None:
    """Some of a line has come back and was accepted; `Refused` for more than was sold."""
    line = (sold_lines.c.order_id == order_id, sold_lines.c.id == order_line)
    async with database.effect() as books:
        await lock_order(books, order_id)
        sold = (await books.execute(select(sold_lines).where(*line))).one_or_none()
        if sold is None:
            raise Refused(f"There is no line {order_line} in an order {order_id}.")
        if not 0 < quantity <= sold.quantity - sold.returned:
            raise Refused(f"{sold.quantity - sold.returned:f} of line {order_line} of {order_id} can come back.")
        await books.execute(update(sold_lines).where(*line).values(returned=sold.returned + quantity))


async def open_dispute(database: Database, charge_id: str, at: datetime) -> str:
    """The customer's bank contests a payment in full; gives the dispute's id."""
    async with database.effect() as books:
        found = await read_all(books, Charge, select(charges).where(charges.c.id == charge_id))
        if not found:
            raise Refused(f"There is no payment {charge_id}.")
        await lock_order(books, found[0].order_id)
        return await contest(books, found[0], at)


async def close_dispute(database: Database, dispute_id: str) -> None:
    """The bank contests it no longer."""
    async with database.effect() as books:
        closed = await books.execute(update(disputes).where(disputes.c.id == dispute_id).values(open=False))
        if closed.rowcount == 0:
            raise Refused(f"There is no dispute {dispute_id}.")
