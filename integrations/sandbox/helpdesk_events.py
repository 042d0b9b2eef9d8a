"""What happens in the helpdesk without us: people take tickets, and go away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert

from integrations.sandbox.database import Database
from integrations.sandbox.schema.support import absences, assignments


async def assign(database: Database, ticket_id: str, name: str) -> None:
    """Somebody of support has the ticket now."""
    async with database.effect() as books:
        await books.execute(delete(assignments).where(assignments.c.ticket_id == ticket_id))
        await books.execute(insert(assignments).values(ticket_id=ticket_id, name=name))


async def leave(database: Database, name: str, until: datetime) -> None:
    """Somebody of support is away until a moment."""
    async with database.effect() as books:
        await books.execute(delete(absences).where(absences.c.name == name))
        await books.execute(insert(absences).values(name=name, until=until))
