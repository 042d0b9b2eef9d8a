"""Effects on billing and stock, each for exactly the action its work order covers."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.effect import do_once
from domain.actions import (
    BookCreditNote,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    Receipt,
    RestockItems,
    ReverseCreditNote,
)
from domain.ports import StopButton
from domain.support_ports import Billing
from governance.work_order import WorkOrder


@dataclass(frozen=True)
class BillingActivities:
    """Give back, book, take back."""

    billing: Billing
    stop: StopButton

    @activity.defn
    async def issue_refund(self, order: WorkOrder[IssueRefund]) -> Receipt:
        """Ask the provider to give money back."""
        return await do_once(self.billing, self.billing.issue_refund, order, self.stop)

    @activity.defn
    async def grant_store_credit(self, order: WorkOrder[GrantStoreCredit]) -> Receipt:
        """Credit the customer's account."""
        return await do_once(self.billing, self.billing.grant_store_credit, order, self.stop)

    @activity.defn
    async def exchange_items(self, order: WorkOrder[ExchangeItems]) -> Receipt:
        """Order the replacement."""
        return await do_once(self.billing, self.billing.exchange_items, order, self.stop)

    @activity.defn
    async def book_credit_note(self, order: WorkOrder[BookCreditNote]) -> Receipt:
        """Book the credit note."""
        return await do_once(self.billing, self.billing.book_credit_note, order, self.stop)

    @activity.defn
    async def reverse_credit_note(self, order: WorkOrder[ReverseCreditNote]) -> Receipt:
        """Reverse a credit note whose refund failed."""
        return await do_once(self.billing, self.billing.reverse_credit_note, order, self.stop)

    @activity.defn
    async def restock_items(self, order: WorkOrder[RestockItems]) -> Receipt:
        """Take goods back into stock."""
        return await do_once(self.billing, self.billing.restock_items, order, self.stop)

    @activity.defn
    async def end_entitlement(self, order: WorkOrder[EndEntitlement]) -> Receipt:
        """End the access that was paid back."""
        return await do_once(self.billing, self.billing.end_entitlement, order, self.stop)
