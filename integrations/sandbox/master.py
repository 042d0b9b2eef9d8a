"""Master data and documents of others: suppliers, orders and goods receipts as they are put on file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.bank import Contact
from domain.purchasing import GoodsReceipt, PurchaseOrder, Supplier
from domain.values import Frozen
from integrations.insertion import Row, put
from integrations.sandbox.accounts import changed_accounts
from integrations.sandbox.database import Database
from integrations.sandbox.lookups import plain_tax_id
from integrations.sandbox.schema.purchasing import contacts, order_lines, orders, receipts, suppliers, tax_ids


class MasterData(Frozen):
    """What to put on file, in one transaction; what is on file under the same number is replaced.

    Not replaced: contacts, of which all are kept, and an account that was changed by its own process since.
    """

    suppliers: tuple[Supplier, ...] = ()
    contacts: tuple[Contact, ...] = ()
    orders: tuple[PurchaseOrder, ...] = ()
    receipts: tuple[GoodsReceipt, ...] = ()


async def put_on_file(database: Database, data: MasterData) -> None:
    """Put all of it on file, or nothing; doing it twice changes nothing."""
    async with database.effect() as books:
        changed = await changed_accounts(books)
        kept = ({"account": changed[each.id]} if each.id in changed else {} for each in data.suppliers)
        rows = [supplier.model_dump() | account for supplier, account in zip(data.suppliers, kept, strict=True)]
        await put(books, suppliers, rows)
        await put(books, contacts, [_contact(contact) for contact in data.contacts])
        await _replace_tax_ids(books, data.suppliers)
        await put(books, orders, [order.model_dump(exclude={"lines"}) for order in data.orders])
        await put(books, order_lines, list(chain.from_iterable(map(_lines, data.orders))))
        await put(books, receipts, [receipt.model_dump() for receipt in data.receipts])


def _contact(contact: Contact) -> Row:
    return contact.model_dump() | {"email": contact.email or "", "phone": contact.phone or ""}


def _lines(order: PurchaseOrder) -> Iterable[Row]:
    for position, line in enumerate(order.lines):
        yield {"order_id": order.id, "position": position, **line.model_dump()}


async def _replace_tax_ids(books: AsyncConnection, among: Sequence[Supplier]) -> None:
    """A supplier is found by its VAT id and its tax registration alike."""
    written = ((supplier.id, tax_id) for supplier in among for tax_id in (supplier.vat_id, supplier.tax_registration))
    rows = {(plain_tax_id(tax_id), supplier_id) for supplier_id, tax_id in written if tax_id}
    for supplier in among:
        await books.execute(delete(tax_ids).where(tax_ids.c.supplier_id == supplier.id))
    await put(books, tax_ids, [{"tax_id": tax_id, "supplier_id": supplier_id} for tax_id, supplier_id in sorted(rows)])
