"""A small helpdesk and its knowledge base."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, Table

from integrations.sandbox.columns import Moment, Numbered, Words, Writing
from integrations.sandbox.schema.metadata import schema

TICKET_ID = Numbered("TICKET")
TICKET_MESSAGE_ID = Numbered("MSG")
ESCALATION_ID = Numbered("ESC")
STATES = "'new', 'open', 'waiting_for_customer', 'linked', 'closed'"

queues = Table(
    "queues",
    schema,
    Column("name", Writing, primary_key=True),
    Column("team", Writing, nullable=False),
    Column("intents", Words, nullable=False),
    Column("skills", Words, nullable=False),
    Column("calendar", Writing, nullable=False),
)

incidents = Table(
    "incidents",
    schema,
    Column("id", Writing, primary_key=True),
    Column("title", Writing, nullable=False),
    Column("words", Words, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("since", Moment, nullable=False),
)

articles = Table(
    "articles",
    schema,
    Column("id", Writing, primary_key=True),
    Column("title", Writing, nullable=False),
    Column("body", Writing, nullable=False),
    Column("intents", Words, nullable=False),
    Column("language", Writing, nullable=False, index=True),
    Column("updated", Moment, nullable=False),
)

tickets = Table(
    "tickets",
    schema,
    Column("id", TICKET_ID, primary_key=True, autoincrement=True),
    Column("channel", Writing, nullable=False),
    Column("subject", Writing, nullable=False),
    Column("requester", Writing, nullable=False, index=True, doc="in small letters"),
    Column("customer_id", Writing, index=True),
    Column("state", Writing, CheckConstraint(f"state IN ({STATES})"), nullable=False),
    Column("queue", Writing, ForeignKey("queues.name")),
    Column("priority", Writing),
    Column("linked_to", Writing),
    Column("reassigned", Integer, nullable=False),
    Column("reopened", Integer, nullable=False),
    Column("opened_at", Moment, nullable=False),
)

assignments = Table(
    "assignments",
    schema,
    Column("ticket_id", TICKET_ID, ForeignKey("tickets.id"), primary_key=True),
    Column("name", Writing, nullable=False, doc="whoever of support has the ticket"),
)

absences = Table(
    "absences",
    schema,
    Column("name", Writing, primary_key=True),
    Column("until", Moment, nullable=False),
)

ticket_messages = Table(
    "ticket_messages",
    schema,
    Column("id", TICKET_MESSAGE_ID, primary_key=True, autoincrement=True),
    Column("ticket_id", TICKET_ID, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("author", Writing, nullable=False),
    Column("sender", Writing, nullable=False),
    Column("to", Writing, doc="null for what came in"),
    Column("subject", Writing, nullable=False),
    Column("body", Writing, nullable=False),
    Column("at", Moment, nullable=False),
)

ticket_notes = Table(
    "ticket_notes",
    schema,
    Column("id", Numbered("TN"), primary_key=True, autoincrement=True),
    Column("ticket_id", TICKET_ID, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("text", Writing, nullable=False),
    Column("at", Moment, nullable=False),
)

escalations = Table(
    "escalations",
    schema,
    Column("id", ESCALATION_ID, primary_key=True, autoincrement=True),
    Column("ticket_id", TICKET_ID, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("queue", Writing),
    Column("reason", Writing, nullable=False),
    Column("at", Moment, nullable=False),
)
