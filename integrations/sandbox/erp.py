"""The sandbox's purchase-to-pay system behind the `Erp` port."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import ChangeBankDetails, PostBill, Receipt, SchedulePayment, VoidBill
from domain.bank import AccountChange, SupplierRecord
from domain.purchasing import Bill, GoodsReceipt, Payment, PurchaseOrder, Supplier
from integrations.sandbox import accounts, lookups, postings
from integrations.sandbox.schema.purchasing import orders
from integrations.sandbox.system import System


class SandboxErp(System):
    """Implements the ports `Erp` and `SupplierMaster` on a prepared `Database`, with faults by setting."""

    async def find_supplier(self, *, tax_ids: tuple[str, ...], name: str | None) -> Supplier | None:
        """The one supplier with one of these tax ids, or, where none is given, with exactly this name."""
        return await self._ask("find_supplier", lambda books: lookups.the_supplier(books, tax_ids, name))

    async def find_order(self, order_id: str) -> PurchaseOrder | None:
        """The purchase order with this number."""
        this = select(orders).where(orders.c.id == order_id)
        found = await self._ask("find_order", lambda books: lookups.orders_where(books, this))
        return found[0] if found else None

    async def open_orders(self, supplier_id: str) -> tuple[PurchaseOrder, ...]:
        """The supplier's open orders, oldest first, at most 50."""
        return await self._ask("open_orders", lambda books: lookups.open_orders_of(books, supplier_id))

    async def receipts_for(self, order_id: str) -> tuple[GoodsReceipt, ...]:
        """Goods receipts booked against an order."""
        return await self._ask("receipts_for", lambda books: lookups.receipts_of(books, order_id))

    async def bills_of(self, supplier_id: str) -> tuple[Bill, ...]:
        """The supplier's bills and credit memos, void ones included, newest first, at most 1,000."""
        return await self._ask("bills_of", lambda books: lookups.newest_bills(books, supplier_id))

    async def post_bill(self, key: str, action: PostBill) -> Receipt:
        """Post a bill.

        Refused for an unknown or blocked supplier, an order line not on file, a coding that is not the net amount, and
        a bill that is posted and not void: same supplier, number, kind and issue date.
        """
        return await self._do("post_bill", key, action, postings.post)

    async def schedule_payment(self, key: str, action: SchedulePayment) -> Receipt:
        """Schedule a payment.

        Refused for a void bill or a credit memo, for more than is left to pay, in another currency, and to any account
        but the one in the supplier master.
        """
        return await self._do("schedule_payment", key, action, postings.pay)

    async def void_bill(self, key: str, action: VoidBill) -> Receipt:
        """Void a posted bill that has no payment."""
        return await self._do("void_bill", key, action, postings.void)

    async def supplier_record(self, supplier_id: str, account: str) -> SupplierRecord | None:
        """What is on file about a supplier's account, and who else has the account that is asked for."""
        return await self._ask("supplier_record", lambda books: accounts.record_of(books, supplier_id, account))

    async def change_bank_details(self, key: str, action: ChangeBankDetails) -> Receipt:
        """Replace a supplier's account and keep the old one in its history.

        Refused for an unknown or blocked supplier, and where the account on file is not the one that was shown.
        """

        async def change(books: AsyncConnection, action: ChangeBankDetails) -> str:
            return await accounts.change(books, key, action)

        return await self._do("change_bank_details", key, action, change)

    async def account_changes(self, supplier_id: str) -> tuple[AccountChange, ...]:
        """Every change of a supplier's account, oldest first."""
        async with self._database.reading() as books:
            return await accounts.changes_of(books, supplier_id)

    async def bills(self) -> tuple[Bill, ...]:
        """Every bill and credit memo, newest first."""
        async with self._database.reading() as books:
            return await lookups.newest_bills(books, None)

    async def payments(self) -> tuple[Payment, ...]:
        """Every payment, in the order they were scheduled."""
        async with self._database.reading() as books:
            return await lookups.all_payments(books)
