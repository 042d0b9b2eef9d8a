"""The store's tables."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    CheckConstraint,
    Column,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from typing_extensions import override

schema = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC as ISO 8601 text, which sorts as it should and reads the same in every database."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write microseconds always, so that texts compare as moments."""
        return None if value is None else spelt(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read what was written."""
        return None if value is None else datetime.fromisoformat(value)


def spelt(moment: datetime) -> str:
    """A moment as the tables have it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


stops = Table(
    "stops",
    schema,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", Text, CheckConstraint("kind IN ('process', 'action', 'agent')"), nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('stopped', 'resumed')"), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    comment="append-only: the newest row of a kind and name says whether it is stopped",
)
Index("newest_stop", stops.c.kind, stops.c.name, stops.c.id)

notices = Table(
    "notices",
    schema,
    Column("key", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("state", Text, CheckConstraint("state IN ('begun', 'sent', 'refused')"), nullable=False),
    Column("at", Moment, nullable=False),
)

ledger_entries = Table(
    "ledger_entries",
    schema,
    Column("case", Text, primary_key=True),
    Column("n", Integer, CheckConstraint("n > 0"), primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("commitment", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("case", "record"),
    comment="append-only: a chain of commitments for each case",
)

ledger_bodies = Table(
    "ledger_bodies",
    schema,
    Column("case", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    ForeignKeyConstraint(["case", "n"], [ledger_entries.c.case, ledger_entries.c.n]),
    comment="what the entries commit to; an erasure deletes rows here and nowhere else",
)

ledger_statements = Table(
    "ledger_statements",
    schema,
    Column("number", Integer, CheckConstraint("number > 0"), primary_key=True, autoincrement=False),
    Column("envelope", Text, nullable=False),
    comment="append-only: signed checkpoints and keys",
)

ledger_heads = Table(
    "ledger_heads",
    schema,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("case", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    ForeignKeyConstraint(["number"], [ledger_statements.c.number]),
    comment="append-only: where the chains that had moved ended when a checkpoint was made",
)

journal = Table(
    "journal",
    schema,
    Column("run", Text, primary_key=True),
    Column("activity", Text, primary_key=True),
    Column("number", Integer, CheckConstraint("number > 0"), primary_key=True, autoincrement=False),
    Column("case", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("begun", Moment, nullable=False),
    Column("outcome", Text, CheckConstraint("outcome IN ('completed', 'failed')")),
    Column("ended", Moment),
    Column("error", Text),
    CheckConstraint("(outcome IS NULL) = (ended IS NULL)"),
    comment="every attempt of an activity, written before it begins; the first beginning and the first end stay",
)

trail_due = Table(
    "trail_due",
    schema,
    Column("run", Text, primary_key=True),
    Column("case", Text, nullable=False),
    Column("at", Moment, nullable=False),
    comment="runs of which something new is to be told, and when it came",
)

trail_sent = Table(
    "trail_sent",
    schema,
    Column("sink", Text, primary_key=True),
    Column("case", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    comment="up to which entry of a case a sink has had its spans",
)

signs = Table(
    "signs",
    schema,
    Column("whose", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    comment="when the store last took what a worker wrote to see whether it would",
)
