"""What the rows of the seed files are."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator

from domain.bank import Contact
from domain.purchasing import GoodsReceipt, OrderLine, Supplier
from domain.values import Amount, CurrencyCode, Frozen, Quantity
from integrations.sandbox.rows import listed_in

SupplierId = Annotated[str, listed_in("suppliers")]
OrderId = Annotated[str, listed_in("orders")]
OrderLineId = Annotated[str, listed_in("order_lines", of="order_id")]


class SupplierRow(Supplier):
    """A row of suppliers.csv; sender domains have spaces between them. A contact without a date is no contact."""

    vat_id: str | None = None
    account: str | None = None
    email: str | None = None
    sender_domains: Annotated[tuple[str, ...], BeforeValidator(str.split)] = ()
    phone: str | None = None
    contact_since: date | None = None

    def supplier(self) -> Supplier:
        """The supplier without its contact."""
        return Supplier.model_validate(self.model_dump(exclude={"phone", "contact_since"}))

    def contact(self) -> Contact | None:
        """How the supplier is reached, where the file says since when."""
        if self.contact_since is None:
            return None
        return Contact(supplier_id=self.id, since=self.contact_since, email=self.email, phone=self.phone)


class OrderRow(Frozen):
    """A row of orders.csv."""

    id: str
    supplier_id: SupplierId
    currency: CurrencyCode
    order_date: date
    open: bool
    three_way: bool


class OrderLineRow(OrderLine):
    """A row of order_lines.csv."""

    order_id: OrderId
    item: str | None = None


class ReceiptRow(GoodsReceipt):
    """A row of receipts.csv."""

    order_id: OrderId
    order_line: OrderLineId


class BillRow(Frozen):
    """A row of bills.csv: an earlier bill for one order line, booked where the order says."""

    supplier_id: SupplierId
    invoice_number: str
    credit_note: bool
    issue_date: date
    due_date: date
    order_id: OrderId
    order_line: OrderLineId
    quantity: Quantity
    net: Amount
    tax: Amount
