"""Fills the sandbox from a folder of CSV files: master data, and bills that were posted before."""

from __future__ import annotations

import hashlib
from itertools import groupby
from pathlib import Path

from domain.actions import PostBill
from domain.purchasing import BilledLine, Coding, GoodsReceipt, OrderLine, PurchaseOrder, Supplier
from integrations.sandbox.database import Database
from integrations.sandbox.master import MasterData, put_on_file
from integrations.sandbox.once import once
from integrations.sandbox.postings import post
from integrations.sandbox.rows import read_rows
from integrations.sandbox.seed_rows import BillRow, OrderLineRow, OrderRow, ReceiptRow, SupplierRow


async def load_csv(database: Database, folder: Path) -> MasterData:
    """Load suppliers, orders, order_lines, receipts and bills, each .csv or .csv.gz.

    Loading twice changes nothing; a changed row of master data replaces the old one. A file that is wrong raises
    `BadFile` with file, row and column before anything is written.
    """
    data = read_folder(folder)
    earlier = read_bills(folder, data)
    await put_on_file(database, data)
    for bill in earlier:
        await _post_once(database, bill)
    return data


def read_folder(folder: Path) -> MasterData:
    """The master data of a folder."""
    suppliers = read_rows(folder, "suppliers", SupplierRow, key=lambda row: row.id)
    known = {"suppliers": {row.id for row in suppliers}}
    orders = read_rows(folder, "orders", OrderRow, key=lambda row: row.id, known=known)
    known |= {"orders": {row.id for row in orders}}
    lines = read_rows(folder, "order_lines", OrderLineRow, key=lambda row: f"{row.order_id} {row.id}", known=known)
    known |= {"order_lines": {f"{row.order_id} {row.id}" for row in lines}}
    receipts = read_rows(folder, "receipts", ReceiptRow, key=lambda row: row.id, known=known)
    by_order = {order: tuple(rows) for order, rows in groupby(sorted(lines, key=_order_of), key=_order_of)}
    return MasterData(
        suppliers=tuple(row.supplier() for row in suppliers),
        contacts=tuple(contact for row in suppliers if (contact := row.contact())),
        orders=tuple(PurchaseOrder(**row.model_dump(), lines=_plain(by_order.get(row.id, ()))) for row in orders),
        receipts=tuple(GoodsReceipt.model_validate(row.model_dump()) for row in receipts),
    )


def read_bills(folder: Path, data: MasterData) -> tuple[PostBill, ...]:
    """The earlier bills of a folder as they would be posted."""
    lines = {f"{order.id} {line.id}": line for order in data.orders for line in order.lines}
    known = {"suppliers": {s.id for s in data.suppliers}, "orders": {o.id for o in data.orders}, "order_lines": lines}
    rows = read_rows(folder, "bills", BillRow, key=lambda row: (row.supplier_id, row.invoice_number), known=known)
    suppliers = {supplier.id: supplier for supplier in data.suppliers}
    return tuple(_bill(row, suppliers[row.supplier_id], lines[f"{row.order_id} {row.order_line}"]) for row in rows)


def _bill(row: BillRow, supplier: Supplier, line: OrderLine) -> PostBill:
    key = f"{supplier.id}:{row.invoice_number}:{row.issue_date}"
    return PostBill(
        business_key=key,
        supplier_id=supplier.id,
        supplier_name=supplier.name,
        invoice_number=row.invoice_number,
        credit_note=row.credit_note,
        issue_date=row.issue_date,
        due_date=row.due_date,
        currency=supplier.currency,
        net=row.net,
        tax=row.tax,
        payable=row.net + row.tax,
        order_id=row.order_id,
        coding=(Coding(account=line.account, cost_centre=line.cost_centre, net=row.net),),
        lines=(BilledLine(order_id=row.order_id, order_line=line.id, quantity=row.quantity, net=row.net),),
        document=hashlib.sha256(key.encode()).hexdigest(),
        exceptions=(),
        read_by="parser",
        confidence=None,
    )


async def _post_once(database: Database, bill: PostBill) -> None:
    """The key keeps a second loading from posting again."""
    async with database.effect() as books:
        await once(books, f"seed:{bill.business_key}", bill, lambda: post(books, bill))


def _order_of(row: OrderLineRow) -> str:
    return row.order_id


def _plain(rows: tuple[OrderLineRow, ...]) -> tuple[OrderLine, ...]:
    return tuple(OrderLine.model_validate(row.model_dump(exclude={"order_id"})) for row in rows)
