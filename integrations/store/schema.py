"""The store's tables."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import CheckConstraint, Column, Dialect, Index, Integer, MetaData, Table, Text, TypeDecorator
from typing_extensions import override

schema = MetaData()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC as ISO 8601 text, which sorts as it should and reads the same in every database."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write microseconds always, so that texts compare as moments."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read what was written."""
        return None if value is None else datetime.fromisoformat(value)


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
