"""The sandbox's tickets behind the `Helpdesk` port."""

from __future__ import annotations

from datetime import datetime

from domain.actions import Receipt
from domain.actions.tickets import (
    AcknowledgeTicket,
    AskCustomer,
    CloseTicket,
    EscalateTicket,
    LinkTicket,
    NoteTicket,
    ReplyToCustomer,
    RouteTicket,
)
from domain.purchasing import Message as Sent
from domain.support import InboundMessage, Incident, Queue, Received, Ticket
from integrations.sandbox import helpdesk_changes, helpdesk_lookups, helpdesk_replies
from integrations.sandbox.helpdesk_intake import take_in
from integrations.sandbox.system import System


class SandboxHelpdesk(System):
    """Implements `domain.support_ports.Helpdesk` on a prepared `Database`, with faults by setting."""

    async def receive(self, message: InboundMessage) -> Received:
        """Put a message into its ticket, or into a new one; the same message twice is there once.

        Raise `IdempotencyConflict` where its sender has used its id for another text.
        """
        async with self._trouble.around("receive"), self._database.effect() as books:
            return await take_in(books, message)

    async def find_ticket(self, ticket_id: str) -> Ticket | None:
        """The ticket with its newest 50 messages, and whoever has it."""
        at = self._clock()
        return await self._ask("find_ticket", lambda books: helpdesk_lookups.ticket_by_id(books, ticket_id, at))

    async def queues(self) -> tuple[Queue, ...]:
        """Every queue, by name."""
        return await self._ask("queues", helpdesk_lookups.every_queue)

    async def open_incidents(self) -> tuple[Incident, ...]:
        """What concerns many just now, newest first."""
        return await self._ask("open_incidents", helpdesk_lookups.running)

    async def similar_tickets(self, ticket_id: str, since: datetime) -> tuple[Ticket, ...]:
        """Tickets of the same address or customer that are not closed, newest first, at most 20; not this one."""
        return await self._ask("similar_tickets", lambda books: helpdesk_lookups.similar_to(books, ticket_id, since))

    async def route_ticket(self, key: str, action: RouteTicket) -> Receipt:
        """Put it into a queue with a priority; refused for an unknown queue and a closed ticket."""
        return await self._do("route_ticket", key, action, helpdesk_changes.route)

    async def acknowledge_ticket(self, key: str, action: AcknowledgeTicket) -> Receipt:
        """Tell the customer that it has arrived; refused for an address that is not the requester's or customer's."""
        return await self._do("acknowledge_ticket", key, action, self._now(helpdesk_replies.acknowledge))

    async def ask_customer(self, key: str, action: AskCustomer) -> Receipt:
        """Ask for what is missing; the ticket waits for the customer until the answer is received."""
        return await self._do("ask_customer", key, action, self._now(helpdesk_replies.ask))

    async def reply_to_customer(self, key: str, action: ReplyToCustomer) -> Receipt:
        """Answer; the ticket waits for the customer, and only a person or the customer closes it."""
        return await self._do("reply_to_customer", key, action, self._now(helpdesk_replies.reply))

    async def link_ticket(self, key: str, action: LinkTicket) -> Receipt:
        """Link it to a running incident or to a ticket that is not linked itself."""
        return await self._do("link_ticket", key, action, helpdesk_changes.link)

    async def escalate_ticket(self, key: str, action: EscalateTicket) -> Receipt:
        """Tell the queue's head; also of a closed ticket."""
        return await self._do("escalate_ticket", key, action, self._now(helpdesk_changes.escalate))

    async def note_ticket(self, key: str, action: NoteTicket) -> Receipt:
        """Write a note that the customer does not see; also on a closed ticket."""
        return await self._do("note_ticket", key, action, self._now(helpdesk_changes.note))

    async def close_ticket(self, key: str, action: CloseTicket) -> Receipt:
        """Close it; it opens again when the customer writes. Refused where it is closed already."""
        return await self._do("close_ticket", key, action, helpdesk_changes.close)

    async def sent(self, ticket_id: str) -> tuple[Sent, ...]:
        """What left for the customer, in the order it left."""
        async with self._database.reading() as books:
            return await helpdesk_lookups.sent_in(books, ticket_id)
