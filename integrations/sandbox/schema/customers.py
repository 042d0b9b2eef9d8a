"""A small CRM: customers, what they were promised, and the notes in their files."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Integer, Table

from integrations.sandbox.columns import Moment, Numbered, Words, Writing
from integrations.sandbox.schema.metadata import schema

customers = Table(
    "customers",
    schema,
    Column("id", Writing, primary_key=True),
    Column("name", Writing, nullable=False),
    Column("email", Writing, nullable=False),
    Column("also_writes_from", Words, nullable=False),
    Column("language", Writing, nullable=False),
    Column("tier", Writing, nullable=False),
    Column("since", Date, nullable=False),
    Column("blocked", Boolean, nullable=False),
)

customer_addresses = Table(
    "customer_addresses",
    schema,
    Column("address", Writing, primary_key=True, doc="in small letters"),
    Column("customer_id", Writing, ForeignKey("customers.id"), primary_key=True),
)

contracts = Table(
    "contracts",
    schema,
    Column("id", Writing, primary_key=True),
    Column("customer_id", Writing, ForeignKey("customers.id"), nullable=False, index=True),
    Column("plan", Writing, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("first_reply_minutes", Integer),
    Column("resolution_hours", Integer),
    Column("least_priority", Writing),
)

customer_notes = Table(
    "customer_notes",
    schema,
    Column("id", Numbered("NOTE"), primary_key=True, autoincrement=True),
    Column("customer_id", Writing, ForeignKey("customers.id"), nullable=False, index=True),
    Column("text", Writing, nullable=False),
    Column("at", Moment, nullable=False),
)
