"""How a message gets into a ticket: the same one twice is one message of one ticket."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.support import InboundMessage, Received
from domain.values import Frozen
from governance.canonical import digest
from integrations.sandbox.crm_lookups import plain_address, writer_from
from integrations.sandbox.once import once
from integrations.sandbox.schema.support import ticket_messages, tickets

TAG = re.compile(r"\[(TICKET-[0-9]{5,9})\]")
"""What outgoing subjects begin with, so that an answer finds its ticket."""


class Said(Frozen):
    """What makes two messages the same, white space closed up."""

    sender: str
    subject: str
    body: str
    answers: str | None


async def take_in(transaction: AsyncConnection, message: InboundMessage) -> Received:
    """Keep a message; one that is there already, by its sender's id or else by what it says, is not kept again.

    An answer joins its ticket where it comes from the requester or from another address of the same customer, and opens
    a ticket that was closed. From anybody else it is a new ticket: a number in a subject is no proof.
    """
    said = _said(message)
    receipt = await once(transaction, _key(message, said), said, lambda: _keep(transaction, message))
    place = select(ticket_messages.c.ticket_id).where(ticket_messages.c.id == receipt.reference)
    ticket_id = (await transaction.execute(place)).scalar_one()
    return Received(ticket_id=ticket_id, message_id=receipt.reference, first=receipt.first)


def _said(message: InboundMessage) -> Said:
    subject, body = (" ".join(text.split()) for text in (message.subject, message.body))
    return Said(sender=plain_address(message.sender), subject=subject, body=body, answers=message.answers)


def _key(message: InboundMessage, said: Said) -> str:
    """An id counts for its sender alone: nobody keeps another one's message out by using its id first."""
    named = hashlib.sha256(f"{said.sender}\n{message.id}".encode()).hexdigest() if message.id else digest(said)
    return f"message:{named}"


async def _keep(transaction: AsyncConnection, message: InboundMessage) -> str:
    sender = plain_address(message.sender)
    customer_id = await writer_from(transaction, sender)
    ticket_id = await _answered(transaction, message, customer_id) or await _open(transaction, message, customer_id)
    row = message.model_dump(include={"subject", "body", "at"})
    row |= {"ticket_id": ticket_id, "author": "customer", "sender": sender}
    kept = insert(ticket_messages).values(row).returning(ticket_messages.c.id)
    return (await transaction.execute(kept)).scalar_one()


async def _answered(transaction: AsyncConnection, message: InboundMessage, customer_id: str | None) -> str | None:
    """The ticket that the message answers, open again; None where it is none of the sender's."""
    tag = TAG.search(message.subject)
    meant = message.answers or (tag[1] if tag else None)
    if meant is None:
        return None
    query = select(tickets).where(tickets.c.id == meant).with_for_update()
    ticket = (await transaction.execute(query)).one_or_none()
    if ticket is None or not _theirs(ticket, message.sender, customer_id):
        return None
    if ticket.state in {"closed", "waiting_for_customer"}:
        again = {"state": "open", "reopened": ticket.reopened + (ticket.state == "closed")}
        await transaction.execute(update(tickets).where(tickets.c.id == meant).values(again))
    return meant


def _theirs(ticket: Row[Any], sender: str, customer_id: str | None) -> bool:
    same_customer = customer_id is not None and ticket.customer_id == customer_id
    return same_customer or ticket.requester == plain_address(sender)


async def _open(transaction: AsyncConnection, message: InboundMessage, customer_id: str | None) -> str:
    row = {
        "channel": message.channel,
        "subject": message.subject,
        "requester": plain_address(message.sender),
        "customer_id": customer_id,
        "state": "new",
        "reassigned": 0,
        "reopened": 0,
        "opened_at": message.at,
    }
    return (await transaction.execute(insert(tickets).values(row).returning(tickets.c.id))).scalar_one()
