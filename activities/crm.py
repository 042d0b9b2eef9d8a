"""Notes in customers' files, each for exactly the action its work order covers."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.effect import do_once
from domain.actions import NoteCustomer, Receipt
from domain.ports import StopButton
from domain.support_ports import Crm
from governance.work_order import WorkOrder


@dataclass(frozen=True)
class CrmActivities:
    """Write into customers' files."""

    crm: Crm
    stop: StopButton

    @activity.defn
    async def note_customer(self, order: WorkOrder[NoteCustomer]) -> Receipt:
        """Write what happened."""
        return await do_once(self.crm, self.crm.note_customer, order, self.stop)
