"""Column types that keep what the domain means: exact decimals, moments, lists of words, numbers that people quote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Dialect, Integer, Numeric, Text, TypeDecorator
from sqlalchemy.types import TypeEngine
from typing_extensions import override

from domain.actions.refunds import ReturnedItem

ITEMS = TypeAdapter(tuple[ReturnedItem, ...])
NO_NUMBER = -1
"""What a reference of another shape becomes, so that looking it up finds nothing."""


class Exact(TypeDecorator[Decimal]):
    """A decimal with every digit and its scale: NUMERIC on PostgreSQL, text on SQLite, whose numbers are binary."""

    impl = Text
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        """Write plain digits, never an exponent."""
        return value if value is None or dialect.name == "postgresql" else format(value, "f")

    @override
    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        """Read what was written."""
        return None if value is None else Decimal(value)


class Writing(TypeDecorator[str]):
    """Text from anywhere: the one character that PostgreSQL cannot hold, NUL, becomes U+FFFD."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace NUL, in what is kept and in what is looked for alike."""
        return None if value is None else value.replace("\0", "\ufffd")

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Read what was written."""
        return value


class Moment(TypeDecorator[datetime]):
    """A moment in UTC as text of one length, so that its order is the order of time."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write it in UTC, to the microsecond."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read what was written."""
        return None if value is None else datetime.fromisoformat(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """Words without white space, one space between them."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Join."""
        return None if value is None else " ".join(value)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Split."""
        return None if value is None else tuple(value.split())


class Items(TypeDecorator[tuple[ReturnedItem, ...]]):
    """Some of some lines of an order, as JSON."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: Sequence[object] | None, dialect: Dialect) -> str | None:
        """Write items, or what they are dumped as."""
        return None if value is None else ITEMS.dump_json(ITEMS.validate_python(value)).decode()

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[ReturnedItem, ...] | None:
        """Read what was written."""
        return None if value is None else ITEMS.validate_json(value)


class Numbered(TypeDecorator[str]):
    """A row number that people quote: 42 in the database, BILL-00042 everywhere else."""

    impl = Integer
    cache_ok = True

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    @override
    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        """The number behind the prefix."""
        if value is None:
            return None
        number = re.fullmatch(rf"{self.prefix}-([0-9]{{5,9}})", value)
        return int(number[1]) if number else NO_NUMBER

    @override
    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        """The prefix and at least five digits."""
        return None if value is None else f"{self.prefix}-{value:05}"
