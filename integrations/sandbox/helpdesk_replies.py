"""Messages from the helpdesk to a customer: only to addresses that the ticket or the CRM knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.tickets import AcknowledgeTicket, AskCustomer, ReplyToCustomer
from domain.errors import Refused
from domain.text import show
from integrations.sandbox import helpdesk_letters
from integrations.sandbox.crm_lookups import plain_address
from integrations.sandbox.helpdesk_changes import change, open_ticket
from integrations.sandbox.letters import NAME_LIMIT, Letter
from integrations.sandbox.schema.customers import customer_addresses
from integrations.sandbox.schema.support import ticket_messages


async def acknowledge(transaction: AsyncConnection, action: AcknowledgeTicket, at: datetime) -> str:
    """Say that it has arrived; the reference is the message's id."""
    ticket = await _addressed(transaction, action)
    return await _send(transaction, action, helpdesk_letters.acknowledged(action, ticket.subject), at)


async def ask(transaction: AsyncConnection, action: AskCustomer, at: datetime) -> str:
    """Ask for what is missing, and wait for it; the reference is the message's id."""
    ticket = await _addressed(transaction, action)
    await _wait(transaction, ticket)
    return await _send(transaction, action, helpdesk_letters.asked(action, ticket.subject), at)


async def reply(transaction: AsyncConnection, action: ReplyToCustomer, at: datetime) -> str:
    """Answer, and wait for what the customer says to it; the reference is the message's id."""
    ticket = await _addressed(transaction, action)
    await _wait(transaction, ticket)
    return await _send(transaction, action, helpdesk_letters.answered(action, ticket.subject), at)


async def _addressed(
    transaction: AsyncConnection, action: AcknowledgeTicket | AskCustomer | ReplyToCustomer
) -> Row[Any]:
    """The ticket, if it is not closed and the address is its requester's or its customer's."""
    ticket = await open_ticket(transaction, action.ticket_id)
    to, column = plain_address(action.to), customer_addresses.c
    known = select(column.address).where(column.customer_id == ticket.customer_id, column.address == to)
    if to != ticket.requester and (await transaction.execute(known)).one_or_none() is None:
        who = show(action.to, NAME_LIMIT)
        raise Refused(f"{who} is neither the requester of {action.ticket_id} nor an address of its customer.")
    return ticket


async def _wait(transaction: AsyncConnection, ticket: Row[Any]) -> None:
    """A linked ticket waits for what it is linked to."""
    if ticket.state != "linked":
        await change(transaction, ticket.id, {"state": "waiting_for_customer"})


async def _send(
    transaction: AsyncConnection,
    action: AcknowledgeTicket | AskCustomer | ReplyToCustomer,
    letter: Letter,
    at: datetime,
) -> str:
    drafted = isinstance(action, ReplyToCustomer) and action.drafted_by == "model"
    row = letter.model_dump() | {"ticket_id": action.ticket_id, "author": "agent" if drafted else "system"}
    row |= {"sender": helpdesk_letters.SENDER, "to": plain_address(action.to), "at": at}
    sent = insert(ticket_messages).values(row).returning(ticket_messages.c.id)
    return (await transaction.execute(sent)).scalar_one()
