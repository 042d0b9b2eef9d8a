"""What is done to tickets, each for exactly the action its work order covers."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.effect import do_once
from domain.actions import (
    AcknowledgeTicket,
    AskCustomer,
    CloseTicket,
    EscalateTicket,
    LinkTicket,
    NoteTicket,
    Receipt,
    ReplyToCustomer,
    RouteTicket,
)
from domain.ports import StopButton
from domain.support_ports import Helpdesk
from governance.work_order import WorkOrder


@dataclass(frozen=True)
class HelpdeskActivities:
    """Write into tickets, and to those who wrote them."""

    helpdesk: Helpdesk
    stop: StopButton

    @activity.defn
    async def route_ticket(self, order: WorkOrder[RouteTicket]) -> Receipt:
        """Put it into a queue with a priority."""
        return await do_once(self.helpdesk, self.helpdesk.route_ticket, order, self.stop)

    @activity.defn
    async def acknowledge_ticket(self, order: WorkOrder[AcknowledgeTicket]) -> Receipt:
        """Say that it has arrived."""
        return await do_once(self.helpdesk, self.helpdesk.acknowledge_ticket, order, self.stop)

    @activity.defn
    async def ask_customer(self, order: WorkOrder[AskCustomer]) -> Receipt:
        """Ask for what is missing."""
        return await do_once(self.helpdesk, self.helpdesk.ask_customer, order, self.stop)

    @activity.defn
    async def reply_to_customer(self, order: WorkOrder[ReplyToCustomer]) -> Receipt:
        """Answer from articles."""
        return await do_once(self.helpdesk, self.helpdesk.reply_to_customer, order, self.stop)

    @activity.defn
    async def link_ticket(self, order: WorkOrder[LinkTicket]) -> Receipt:
        """Link it to what it repeats."""
        return await do_once(self.helpdesk, self.helpdesk.link_ticket, order, self.stop)

    @activity.defn
    async def escalate_ticket(self, order: WorkOrder[EscalateTicket]) -> Receipt:
        """Tell the queue's head."""
        return await do_once(self.helpdesk, self.helpdesk.escalate_ticket, order, self.stop)

    @activity.defn
    async def note_ticket(self, order: WorkOrder[NoteTicket]) -> Receipt:
        """Write what happened, where the customer does not see it."""
        return await do_once(self.helpdesk, self.helpdesk.note_ticket, order, self.stop)

    @activity.defn
    async def close_ticket(self, order: WorkOrder[CloseTicket]) -> Receipt:
        """Close it, because somebody said so."""
        return await do_once(self.helpdesk, self.helpdesk.close_ticket, order, self.stop)
