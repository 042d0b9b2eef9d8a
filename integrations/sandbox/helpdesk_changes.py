"""Effects on tickets and what the helpdesk refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.tickets import CloseTicket, EscalateTicket, LinkTicket, NoteTicket, RouteTicket
from domain.errors import Refused
from domain.text import show
from integrations.sandbox.letters import NAME_LIMIT
from integrations.sandbox.schema.support import escalations, incidents, queues, ticket_notes, tickets


async def route(transaction: AsyncConnection, action: RouteTicket) -> str:
    """Put it into a queue; another queue than before counts as reassigned. The reference is the ticket's id."""
    ticket = await open_ticket(transaction, action.ticket_id)
    if (await transaction.execute(select(queues.c.name).where(queues.c.name == action.queue))).one_or_none() is None:
        raise Refused(f"There is no queue {show(action.queue, NAME_LIMIT)}.")
    moved = ticket.queue is not None and ticket.queue != action.queue
    state = "open" if ticket.state == "new" else ticket.state
    row = {
        "queue": action.queue,
        "priority": action.priority,
        "state": state,
        "reassigned": ticket.reassigned + int(moved),
    }
    return await change(transaction, action.ticket_id, row)


async def link(transaction: AsyncConnection, action: LinkTicket) -> str:
    """Link it; the reference is the ticket's id. A ticket that is linked itself takes no links, so no ring can form."""
    await open_ticket(transaction, action.ticket_id)
    if action.to_ticket == action.ticket_id:
        raise Refused(f"{action.ticket_id} cannot be linked to itself.")
    if action.relation == "incident":
        await _known_incident(transaction, action.to_ticket)
    elif (other := await _ticket(transaction, action.to_ticket)).linked_to is not None:
        raise Refused(f"{action.to_ticket} is linked to {other.linked_to} itself: link {action.ticket_id} to that.")
    return await change(transaction, action.ticket_id, {"linked_to": action.to_ticket, "state": "linked"})


async def close(transaction: AsyncConnection, action: CloseTicket) -> str:
    """Close it; the reference is the ticket's id."""
    await open_ticket(transaction, action.ticket_id)
    return await change(transaction, action.ticket_id, {"state": "closed"})


async def escalate(transaction: AsyncConnection, action: EscalateTicket, at: datetime) -> str:
    """Tell the queue's head; the reference is the escalation's id."""
    ticket = await _ticket(transaction, action.ticket_id)
    row = {"ticket_id": action.ticket_id, "queue": ticket.queue, "reason": action.reason, "at": at}
    return (await transaction.execute(insert(escalations).values(row).returning(escalations.c.id))).scalar_one()


async def note(transaction: AsyncConnection, action: NoteTicket, at: datetime) -> str:
    """Write a note; the reference is its id."""
    await _ticket(transaction, action.ticket_id)
    row = {"ticket_id": action.ticket_id, "text": action.text, "at": at}
    return (await transaction.execute(insert(ticket_notes).values(row).returning(ticket_notes.c.id))).scalar_one()


async def open_ticket(transaction: AsyncConnection, ticket_id: str) -> Row[Any]:
    """The ticket, kept from other transactions until this one ends; `Refused` where it is closed."""
    ticket = await _ticket(transaction, ticket_id)
    if ticket.state == "closed":
        raise Refused(f"{ticket_id} is closed: it opens again when the customer writes.")
    return ticket


async def change(transaction: AsyncConnection, ticket_id: str, row: dict[str, Any]) -> str:
    """Change what is said of a ticket; gives its id."""
    await transaction.execute(update(tickets).where(tickets.c.id == ticket_id).values(row))
    return ticket_id


async def _ticket(transaction: AsyncConnection, ticket_id: str) -> Row[Any]:
    query = select(tickets).where(tickets.c.id == ticket_id).with_for_update()
    ticket = (await transaction.execute(query)).one_or_none()
    if ticket is None:
        raise Refused(f"There is no ticket {show(ticket_id, NAME_LIMIT)}.")
    return ticket


async def _known_incident(transaction: AsyncConnection, incident_id: str) -> None:
    query = select(incidents.c.id).where(incidents.c.id == incident_id, incidents.c.open)
    if (await transaction.execute(query)).one_or_none() is None:
        raise Refused(f"No incident {show(incident_id, NAME_LIMIT)} is running.")
