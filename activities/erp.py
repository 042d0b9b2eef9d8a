"""Effects on the business system, each for exactly the action its work order covers."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.effect import do_once
from domain.actions import PostBill, Receipt, SchedulePayment, VoidBill
from domain.ports import Erp, StopButton
from governance.work_order import WorkOrder


@dataclass(frozen=True)
class ErpActivities:
    """Post, pay, void."""

    erp: Erp
    stop: StopButton

    @activity.defn
    async def post_bill(self, order: WorkOrder[PostBill]) -> Receipt:
        """Post the bill."""
        return await do_once(self.erp, self.erp.post_bill, order, self.stop)

    @activity.defn
    async def schedule_payment(self, order: WorkOrder[SchedulePayment]) -> Receipt:
        """Schedule the payment."""
        return await do_once(self.erp, self.erp.schedule_payment, order, self.stop)

    @activity.defn
    async def void_bill(self, order: WorkOrder[VoidBill]) -> Receipt:
        """Void the bill."""
        return await do_once(self.erp, self.erp.void_bill, order, self.stop)
