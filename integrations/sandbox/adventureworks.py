"""Imports the purchasing tables of Microsoft's AdventureWorks sample database, for a sandbox of realistic size."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from domain.purchasing import GoodsReceipt, OrderLine, PurchaseOrder, Supplier
from domain.values import Amount, Quantity
from integrations.sandbox.master import MasterData
from integrations.sandbox.rows import listed_in, read_rows

CURRENCY = "USD"
ACCOUNT = "5400"
COST_CENTRE = "4000"
"""The source books nothing: every line goes to one account and cost centre."""

OPEN = frozenset({1, 2})
"""PurchaseOrderHeader.Status: 1 pending, 2 approved, 3 rejected, 4 complete."""

Day = Annotated[date, BeforeValidator(lambda moment: moment[:10])]
"""Moments are written 2012-03-22 00:00:00.000; the time says nothing."""


class VendorRow(BaseModel):
    """A row of vendor.csv; other columns are not read."""

    id: str = Field(alias="BusinessEntityID")
    name: str = Field(alias="Name")
    active: bool = Field(alias="ActiveFlag")


class HeaderRow(BaseModel):
    """A row of purchase_order_header.csv."""

    id: str = Field(alias="PurchaseOrderID")
    status: int = Field(alias="Status")
    vendor: Annotated[str, listed_in("vendor")] = Field(alias="VendorID")
    ordered: Day = Field(alias="OrderDate")


class DetailRow(BaseModel):
    """A row of purchase_order_detail.csv: what was ordered, and what became of it."""

    order: Annotated[str, listed_in("purchase_order_header")] = Field(alias="PurchaseOrderID")
    id: str = Field(alias="PurchaseOrderDetailID", pattern=r"^[0-9]+$")
    product: str = Field(alias="ProductID")
    quantity: Quantity = Field(alias="OrderQty")
    price: Amount = Field(alias="UnitPrice")
    received: Quantity = Field(alias="ReceivedQty")
    rejected: Quantity = Field(alias="RejectedQty")
    changed: Day = Field(alias="ModifiedDate")


def read_adventureworks(folder: Path) -> MasterData:
    """Read vendor, purchase_order_header and purchase_order_detail, each .csv or .csv.gz, or raise `BadFile`."""
    vendors = read_rows(folder, "vendor", VendorRow, key=lambda row: row.id)
    known = {"vendor": {row.id for row in vendors}}
    headers = read_rows(folder, "purchase_order_header", HeaderRow, key=lambda row: row.id, known=known)
    known |= {"purchase_order_header": {row.id for row in headers}}
    details = read_rows(folder, "purchase_order_detail", DetailRow, key=lambda row: row.id, known=known)
    lines = {order: tuple(rows) for order, rows in groupby(sorted(details, key=_place), key=_order_of)}
    return MasterData(
        suppliers=tuple(map(_supplier, vendors)),
        orders=tuple(_order(header, lines.get(header.id, ())) for header in headers),
        receipts=tuple(map(_receipt, details)),
    )


def _supplier(row: VendorRow) -> Supplier:
    return Supplier(
        id=row.id, name=row.name, vat_id=None, currency=CURRENCY, account=None, email=None, blocked=not row.active
    )


def _order(row: HeaderRow, lines: tuple[DetailRow, ...]) -> PurchaseOrder:
    return PurchaseOrder(
        id=row.id,
        supplier_id=row.vendor,
        currency=CURRENCY,
        order_date=row.ordered,
        open=row.status in OPEN,
        three_way=True,
        lines=tuple(map(_line, lines)),
    )


def _line(row: DetailRow) -> OrderLine:
    return OrderLine(
        id=row.id,
        item=row.product,
        description=f"Product {row.product}",
        quantity=row.quantity,
        unit="EA",
        unit_price=row.price,
        account=ACCOUNT,
        cost_centre=COST_CENTRE,
    )


def _receipt(row: DetailRow) -> GoodsReceipt:
    return GoodsReceipt(
        id=f"R-{row.id}",
        order_id=row.order,
        order_line=row.id,
        received=row.received,
        rejected=row.rejected,
        on=row.changed,
    )


def _order_of(row: DetailRow) -> str:
    return row.order


def _place(row: DetailRow) -> tuple[str, int]:
    return row.order, int(row.id)
