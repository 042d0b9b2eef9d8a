"""A small order-to-cash system with its payment provider."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, ForeignKeyConstraint, Integer, Table

from integrations.sandbox.columns import Exact, Items, Moment, Numbered, Writing
from integrations.sandbox.schema.metadata import schema

REFUND_ID = Numbered("RF")
CREDIT_ID = Numbered("SC")
EXCHANGE_ID = Numbered("EX")
CREDIT_NOTE_ID = Numbered("CN")
MOVEMENT_ID = Numbered("STOCK")
ENTITLEMENT_ID = Numbered("ENT")
DISPUTE_ID = Numbered("DISP")

sales_orders = Table(
    "sales_orders",
    schema,
    Column("id", Writing, primary_key=True),
    Column("customer_id", Writing, ForeignKey("customers.id"), nullable=False, index=True),
    Column("channel", Writing, nullable=False),
    Column("currency", Writing, nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("delivered_on", Date),
    Column("shipping", Exact, nullable=False),
)

sold_lines = Table(
    "sold_lines",
    schema,
    Column("order_id", Writing, ForeignKey("sales_orders.id"), primary_key=True),
    Column("id", Writing, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("item", Writing, nullable=False),
    Column("description", Writing, nullable=False),
    Column("category", Writing, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("unit_price", Exact, nullable=False),
    Column("returned", Exact, nullable=False),
)

charges = Table(
    "charges",
    schema,
    Column("id", Writing, primary_key=True),
    Column("order_id", Writing, ForeignKey("sales_orders.id"), nullable=False, index=True),
    Column("amount", Exact, nullable=False),
    Column("currency", Writing, nullable=False),
    Column("means", Writing, nullable=False),
    Column("state", Writing, nullable=False),
    Column("at", Moment, nullable=False),
    Column("refundable_until", Date),
)

refunds = Table(
    "refunds",
    schema,
    Column("id", REFUND_ID, primary_key=True, autoincrement=True),
    Column("charge_id", Writing, ForeignKey("charges.id"), nullable=False, index=True),
    Column("order_id", Writing, ForeignKey("sales_orders.id"), nullable=False, index=True),
    Column("customer_id", Writing, ForeignKey("customers.id"), nullable=False, index=True),
    Column("amount", Exact, nullable=False),
    Column("currency", Writing, nullable=False),
    Column("state", Writing, CheckConstraint("state IN ('pending', 'succeeded', 'failed')"), nullable=False),
    Column("failure", Writing),
    Column("items", Items, nullable=False),
    Column("at", Moment, nullable=False),
)

disputes = Table(
    "disputes",
    schema,
    Column("id", DISPUTE_ID, primary_key=True, autoincrement=True),
    Column("charge_id", Writing, ForeignKey("charges.id"), nullable=False, index=True),
    Column("amount", Exact, nullable=False),
    Column("currency", Writing, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

store_credits = Table(
    "store_credits",
    schema,
    Column("id", CREDIT_ID, primary_key=True, autoincrement=True),
    Column("order_id", Writing, ForeignKey("sales_orders.id"), nullable=False, index=True),
    Column("customer_id", Writing, ForeignKey("customers.id"), nullable=False),
    Column("amount", Exact, nullable=False),
    Column("currency", Writing, nullable=False),
    Column("items", Items, nullable=False),
    Column("at", Moment, nullable=False),
)

exchanges = Table(
    "exchanges",
    schema,
    Column("id", EXCHANGE_ID, primary_key=True, autoincrement=True, doc="the new order's id as well"),
    Column("order_id", Writing, ForeignKey("sales_orders.id"), nullable=False, index=True),
    Column("amount", Exact, nullable=False),
    Column("currency", Writing, nullable=False),
    Column("items", Items, nullable=False),
    Column("at", Moment, nullable=False),
)

credit_notes = Table(
    "credit_notes",
    schema,
    Column("id", CREDIT_NOTE_ID, primary_key=True, autoincrement=True),
    Column("order_id", Writing, ForeignKey("sales_orders.id"), nullable=False, index=True),
    Column("customer_id", Writing, ForeignKey("customers.id"), nullable=False),
    Column("amount", Exact, nullable=False),
    Column("currency", Writing, nullable=False),
    Column("reversed_because", Writing),
    Column("at", Moment, nullable=False),
)

stock_movements = Table(
    "stock_movements",
    schema,
    Column("id", MOVEMENT_ID, primary_key=True, autoincrement=True),
    Column("order_id", Writing, ForeignKey("sales_orders.id"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
)

stocked_lines = Table(
    "stocked_lines",
    schema,
    Column("movement_id", MOVEMENT_ID, ForeignKey("stock_movements.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("order_id", Writing, nullable=False),
    Column("order_line", Writing, nullable=False),
    Column("quantity", Exact, nullable=False),
    ForeignKeyConstraint(["order_id", "order_line"], ["sold_lines.order_id", "sold_lines.id"]),
)

entitlements = Table(
    "entitlements",
    schema,
    Column("id", ENTITLEMENT_ID, primary_key=True, autoincrement=True),
    Column("order_id", Writing, ForeignKey("sales_orders.id"), nullable=False, unique=True),
    Column("customer_id", Writing, ForeignKey("customers.id"), nullable=False),
    Column("what", Writing, nullable=False),
    Column("ended_at", Moment),
)
