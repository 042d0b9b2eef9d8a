"""Messages to customers, each for exactly the action its work order covers."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.effect import do_once
from domain.actions import Receipt, SendRefundNotice
from domain.ports import StopButton
from domain.support_ports import CustomerMail
from governance.work_order import WorkOrder


@dataclass(frozen=True)
class CustomerMailActivities:
    """Tell customers what came of their requests."""

    mail: CustomerMail
    stop: StopButton

    @activity.defn
    async def send_refund_notice(self, order: WorkOrder[SendRefundNotice]) -> Receipt:
        """Say what is given back, or why nothing is."""
        return await do_once(self.mail, self.mail.send_refund_notice, order, self.stop)
