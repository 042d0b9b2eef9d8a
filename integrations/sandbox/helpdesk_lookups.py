"""Questions to the helpdesk's tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.purchasing import Message as Sent
from domain.support import Assignee, Incident, Message, Queue, Ticket
from integrations.sandbox.lookups import read_all
from integrations.sandbox.schema.support import absences, assignments, incidents, queues, ticket_messages, tickets

MESSAGES = 50
SIMILAR = 20


async def ticket_by_id(snapshot: AsyncConnection, ticket_id: str, at: datetime) -> Ticket | None:
    """The ticket with this number, and whether whoever has it is away at a moment."""
    found = await tickets_where(snapshot, select(tickets).where(tickets.c.id == ticket_id))
    return found[0].model_copy(update={"assignee": await _assignee(snapshot, ticket_id, at)}) if found else None


async def _assignee(snapshot: AsyncConnection, ticket_id: str, at: datetime) -> Assignee | None:
    away = assignments.outerjoin(absences, assignments.c.name == absences.c.name)
    query = select(assignments.c.name, absences.c.until).select_from(away).where(assignments.c.ticket_id == ticket_id)
    given = (await snapshot.execute(query)).one_or_none()
    return Assignee(name=given.name, away=given.until is not None and at < given.until) if given else None


async def tickets_where(snapshot: AsyncConnection, condition: Select[Any]) -> tuple[Ticket, ...]:
    """The tickets that a query on the tickets table gives, with their messages."""
    heads = [dict(row) for row in (await snapshot.execute(condition)).mappings()]
    return tuple([Ticket(**_fields(head), messages=await newest_messages(snapshot, head["id"])) for head in heads])


async def newest_messages(snapshot: AsyncConnection, ticket_id: str) -> tuple[Message, ...]:
    """The newest 50 of a ticket, oldest first."""
    column = ticket_messages.c
    columns = [column[name] for name in Message.model_fields]
    newest = select(*columns).where(column.ticket_id == ticket_id).order_by(column.id.desc()).limit(MESSAGES)
    return tuple(reversed(await read_all(snapshot, Message, newest)))


async def similar_to(snapshot: AsyncConnection, ticket_id: str, since: datetime) -> tuple[Ticket, ...]:
    """Not closed, opened since, from the same address or the same customer; newest first, at most 20, not this one."""
    column = tickets.c
    this = (await snapshot.execute(select(tickets).where(column.id == ticket_id))).one_or_none()
    if this is None:
        return ()
    same_customer = column.customer_id == this.customer_id if this.customer_id else column.id.is_(None)
    others = select(tickets).where(
        or_(column.requester == this.requester, same_customer),
        column.id != ticket_id,
        column.state != "closed",
        column.opened_at >= since,
    )
    newest = others.order_by(column.opened_at.desc(), column.id.desc())
    return await tickets_where(snapshot, newest.limit(SIMILAR))


async def every_queue(snapshot: AsyncConnection) -> tuple[Queue, ...]:
    """By name."""
    return await read_all(snapshot, Queue, select(queues).order_by(queues.c.name))


async def running(snapshot: AsyncConnection) -> tuple[Incident, ...]:
    """Open incidents, newest first."""
    newest = select(incidents).where(incidents.c.open).order_by(incidents.c.since.desc(), incidents.c.id)
    return await read_all(snapshot, Incident, newest)


async def sent_in(snapshot: AsyncConnection, ticket_id: str) -> tuple[Sent, ...]:
    """What left for the customer, in the order it left."""
    column = ticket_messages.c
    columns = [column[name] for name in Sent.model_fields]
    out = select(*columns).where(column.ticket_id == ticket_id, column.to.is_not(None))
    return await read_all(snapshot, Sent, out.order_by(column.id))


def _fields(head: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in head.items() if name in Ticket.model_fields}
