"""The sandbox's order-to-cash system and its payment provider behind the `Billing` port."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.actions import Receipt
from domain.actions.refunds import (
    BookCreditNote,
    EndEntitlement,
    ExchangeItems,
    GrantStoreCredit,
    IssueRefund,
    RestockItems,
    ReverseCreditNote,
)
from domain.sales import CreditNote, OrderAccount, Refund, SalesOrder
from integrations.sandbox import billing_credit, billing_goods, billing_lookups, billing_refunds
from integrations.sandbox.database import Database
from integrations.sandbox.faults import Faults
from integrations.sandbox.system import System, now_in_utc


class SandboxBilling(System):
    """Implements `domain.support_ports.Billing` on a prepared `Database`, with faults by setting.

    A refund stays pending for `settles_after`, and until somebody asks for it: then it has succeeded or failed.
    """

    def __init__(
        self,
        database: Database,
        faults: Faults | None = None,
        *,
        clock: Callable[[], datetime] = now_in_utc,
        settles_after: timedelta = timedelta(0),
    ) -> None:
        super().__init__(database, faults, clock=clock)
        self._settles_after = settles_after

    async def find_account(self, order_id: str) -> OrderAccount | None:
        """The order with this number, with its charges, refunds and disputes, and the customer's other refunds."""
        return await self._ask("find_account", lambda books: billing_lookups.account_of(books, order_id))

    async def orders_of(self, customer_id: str) -> tuple[SalesOrder, ...]:
        """The customer's orders, newest first, at most 50."""
        return await self._ask("orders_of", lambda books: billing_lookups.newest_orders(books, customer_id))

    async def find_refund(self, refund_id: str) -> Refund | None:
        """How a refund stands, settled if it is time for that."""
        async with self._trouble.around("find_refund"):
            async with self._database.reading() as books:
                refund = await billing_lookups.refund_by_id(books, refund_id)
            if refund is None or refund.state != "pending" or self._clock() < refund.at + self._settles_after:
                return refund
            async with self._database.effect() as books:
                return await billing_refunds.settle(books, refund, self._clock(), self._trouble)

    async def issue_refund(self, key: str, action: IssueRefund) -> Receipt:
        """Ask the provider to give money back; a refusal begins with a `domain.sales.RefundFailure`."""
        return await self._do("issue_refund", key, action, self._now(billing_refunds.issue))

    async def grant_store_credit(self, key: str, action: GrantStoreCredit) -> Receipt:
        """Credit the customer's account; refused beyond what is left of the order, and while it is disputed."""
        return await self._do("grant_store_credit", key, action, self._now(billing_credit.grant))

    async def exchange_items(self, key: str, action: ExchangeItems) -> Receipt:
        """Order the replacement; refused for other goods than were sold, or worth more than is left of the order."""
        return await self._do("exchange_items", key, action, self._now(billing_goods.exchange))

    async def book_credit_note(self, key: str, action: BookCreditNote) -> Receipt:
        """Book a credit note; refused beyond what was charged."""
        return await self._do("book_credit_note", key, action, self._now(billing_credit.book))

    async def reverse_credit_note(self, key: str, action: ReverseCreditNote) -> Receipt:
        """Reverse a credit note; refused where it is reversed already."""
        return await self._do("reverse_credit_note", key, action, billing_credit.reverse)

    async def restock_items(self, key: str, action: RestockItems) -> Receipt:
        """Take goods back into stock; refused for more than was sold, earlier movements counted."""
        return await self._do("restock_items", key, action, self._now(billing_goods.restock))

    async def end_entitlement(self, key: str, action: EndEntitlement) -> Receipt:
        """End access; refused where there is none, or none any more."""
        return await self._do("end_entitlement", key, action, self._now(billing_goods.end))

    async def refunds(self) -> tuple[Refund, ...]:
        """Every refund, in the order in which they were asked for."""
        async with self._database.reading() as books:
            return await billing_lookups.refunds_of(books, None)

    async def credit_notes(self, order_id: str) -> tuple[CreditNote, ...]:
        """Every credit note of an order, reversed ones included."""
        async with self._database.reading() as books:
            return await billing_lookups.credit_notes_of(books, order_id)
