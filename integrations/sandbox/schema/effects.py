"""What any system of the sandbox leaves behind: outgoing mail, the keys of what was done, the faults that are spent."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table, Text

from integrations.sandbox.columns import Numbered
from integrations.sandbox.schema.metadata import schema

MESSAGE_ID = Numbered("MAIL")

messages = Table(
    "messages",
    schema,
    Column("id", MESSAGE_ID, primary_key=True, autoincrement=True),
    Column("to", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
)

keys = Table(
    "idempotency_keys",
    schema,
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False, doc="SHA-256 of the action's canonical JSON"),
    Column("reference", Text, doc="null only inside the transaction that does the effect"),
)

spent_faults = Table(
    "spent_faults",
    schema,
    Column("fault", Text, primary_key=True),
    Column("times", Integer, nullable=False),
)
