"""A small purchase-to-pay system."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, Table, Text

from integrations.sandbox.columns import Exact, Numbered, Words
from integrations.sandbox.schema.metadata import schema

BILL_ID = Numbered("BILL")
PAYMENT_ID = Numbered("PAY")
ACCOUNT_CHANGE_ID = Numbered("BANK")

suppliers = Table(
    "suppliers",
    schema,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("vat_id", Text),
    Column("tax_registration", Text),
    Column("currency", Text, nullable=False),
    Column("account", Text),
    Column("email", Text, index=True),
    Column("sender_domains", Words, nullable=False),
    Column("payment_days", Integer, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("default_account", Text),
    Column("default_cost_centre", Text),
)

contacts = Table(
    "contacts",
    schema,
    Column("supplier_id", Text, ForeignKey("suppliers.id"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("email", Text, primary_key=True, doc="empty where there is none"),
    Column("phone", Text, primary_key=True, doc="empty where there is none"),
    comment="every contact that was ever on file; nothing is deleted",
)

account_changes = Table(
    "account_changes",
    schema,
    Column("id", ACCOUNT_CHANGE_ID, primary_key=True, autoincrement=True),
    Column("supplier_id", Text, ForeignKey("suppliers.id"), nullable=False, index=True),
    Column("old_account", Text),
    Column("account", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("at", Text, nullable=False, doc="UTC, ISO 8601"),
    comment="every account that was ever replaced; nothing is deleted",
)

tax_ids = Table(
    "tax_ids",
    schema,
    Column("tax_id", Text, primary_key=True, doc="letters and digits only, in capitals"),
    Column("supplier_id", Text, ForeignKey("suppliers.id"), primary_key=True),
)

orders = Table(
    "orders",
    schema,
    Column("id", Text, primary_key=True),
    Column("supplier_id", Text, ForeignKey("suppliers.id"), nullable=False, index=True),
    Column("currency", Text, nullable=False),
    Column("order_date", Date, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("three_way", Boolean, nullable=False),
)

order_lines = Table(
    "order_lines",
    schema,
    Column("order_id", Text, ForeignKey("orders.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("item", Text),
    Column("description", Text, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("unit", Text, nullable=False),
    Column("unit_price", Exact, nullable=False),
    Column("account", Text, nullable=False),
    Column("cost_centre", Text, nullable=False),
)

receipts = Table(
    "receipts",
    schema,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("orders.id"), nullable=False, index=True),
    Column("order_line", Text, nullable=False),
    Column("received", Exact, nullable=False),
    Column("rejected", Exact, nullable=False),
    Column("on", Date, nullable=False),
)

bills = Table(
    "bills",
    schema,
    Column("id", BILL_ID, primary_key=True, autoincrement=True),
    Column("supplier_id", Text, ForeignKey("suppliers.id"), nullable=False, index=True),
    Column("invoice_number", Text, nullable=False),
    Column("credit_note", Boolean, nullable=False),
    Column("issue_date", Date, nullable=False),
    Column("due_date", Date, nullable=False),
    Column("currency", Text, nullable=False),
    Column("net", Exact, nullable=False),
    Column("tax", Exact, nullable=False),
    Column("payable", Exact, nullable=False),
    Column("document", Text, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('posted', 'void')"), nullable=False),
    Column("void_reason", Text),
)
Index(
    "one_posted_bill",
    bills.c.supplier_id,
    bills.c.invoice_number,
    bills.c.credit_note,
    bills.c.issue_date,
    unique=True,
    sqlite_where=bills.c.status == "posted",
    postgresql_where=bills.c.status == "posted",
)

bill_lines = Table(
    "bill_lines",
    schema,
    Column("bill_id", BILL_ID, ForeignKey("bills.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("order_line", Text, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("net", Exact, nullable=False),
)

bill_codings = Table(
    "bill_codings",
    schema,
    Column("bill_id", BILL_ID, ForeignKey("bills.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("cost_centre", Text, nullable=False),
    Column("net", Exact, nullable=False),
)

payments = Table(
    "payments",
    schema,
    Column("id", PAYMENT_ID, primary_key=True, autoincrement=True),
    Column("bill_id", BILL_ID, ForeignKey("bills.id"), nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("currency", Text, nullable=False),
    Column("on", Date, nullable=False),
    Column("status", Text, CheckConstraint("status IN ('scheduled', 'cancelled')"), nullable=False),
)
