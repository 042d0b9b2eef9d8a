"""What is done to tickets, each for exactly the action its work order covers."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.effect import do_once
from domain.actions import NoteTicket, Receipt
from domain.ports import StopButton
from domain.support_ports import Helpdesk
from governance.work_order import WorkOrder


@dataclass(frozen=True)
class HelpdeskActivities:
    """Write into tickets."""

    helpdesk: Helpdesk
    stop: StopButton

    @activity.defn
    async def note_ticket(self, order: WorkOrder[NoteTicket]) -> Receipt:
        """Write what happened, where the customer does not see it."""
        return await do_once(self.helpdesk, self.helpdesk.note_ticket, order, self.stop)
