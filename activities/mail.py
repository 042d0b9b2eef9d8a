"""Messages that leave, each for exactly the action its work order covers."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.effect import do_once
from domain.actions import Receipt, ReturnInvoice, SendRemittance
from domain.ports import Mail, StopButton
from governance.work_order import WorkOrder


@dataclass(frozen=True)
class MailActivities:
    """Tell suppliers what happens to their invoices."""

    mail: Mail
    stop: StopButton

    @activity.defn
    async def send_remittance(self, order: WorkOrder[SendRemittance]) -> Receipt:
        """Send the remittance note."""
        return await do_once(self.mail, self.mail.send_remittance, order, self.stop)

    @activity.defn
    async def return_invoice(self, order: WorkOrder[ReturnInvoice]) -> Receipt:
        """Send the invoice back with the reasons."""
        return await do_once(self.mail, self.mail.return_invoice, order, self.stop)
