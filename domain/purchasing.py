"""What the business system knows: suppliers, orders, receipts, bills and payments."""

from __future__ import annotations

from datetime import date
from typing import Literal

from domain.values import Amount, CurrencyCode, Frozen, Quantity


class Coding(Frozen):
    """Where a net amount is booked."""

    account: str
    cost_centre: str
    net: Amount


class Supplier(Frozen):
    """A row of the supplier master: the only source of a payee account or a recipient."""

    id: str
    name: str
    vat_id: str | None
    tax_registration: str | None = None
    currency: CurrencyCode
    account: str | None
    email: str | None
    sender_domains: tuple[str, ...] = ()
    payment_days: int = 30
    blocked: bool = False
    default_account: str | None = None
    default_cost_centre: str | None = None


class OrderLine(Frozen):
    """One ordered line; `unit_price` is for one unit, in the order's currency."""

    id: str
    item: str | None
    description: str
    quantity: Quantity
    unit: str
    unit_price: Amount
    account: str
    cost_centre: str


class PurchaseOrder(Frozen):
    """A purchase order as placed; `three_way` asks for goods receipts before a bill may post."""

    id: str
    supplier_id: str
    currency: CurrencyCode
    order_date: date
    open: bool
    three_way: bool
    lines: tuple[OrderLine, ...]


class GoodsReceipt(Frozen):
    """What arrived for one order line; the accepted quantity is received less rejected."""

    id: str
    order_id: str
    order_line: str
    received: Quantity
    rejected: Quantity
    on: date


class BilledLine(Frozen):
    """What a bill takes from one order line."""

    order_id: str
    order_line: str
    quantity: Quantity
    net: Amount


class Bill(Frozen):
    """A posted bill or credit memo; amounts are positive for both, `credit_note` tells them apart."""

    id: str
    supplier_id: str
    invoice_number: str
    credit_note: bool
    issue_date: date
    currency: CurrencyCode
    net: Amount
    tax: Amount
    payable: Amount
    document: str
    lines: tuple[BilledLine, ...]
    status: Literal["posted", "void"]


class Payment(Frozen):
    """A payment scheduled to a supplier's account on file."""

    id: str
    bill_id: str
    account: str
    amount: Amount
    currency: CurrencyCode
    on: date
    status: Literal["scheduled", "cancelled"]


class Message(Frozen):
    """A message that left, to an address from the supplier master."""

    id: str
    to: str
    subject: str
    body: str
