"""Rows on their way into a table: what is written, who waits for it, and whether one is to blame that it was not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from sqlite3 import DataError, IntegrityError
from typing import Any

from asyncpg import PostgresError

NOT_TAKEN = ("22", "23", "54")
"""Classes of PostgreSQL's errors that are about a row: bad text, a broken constraint, a key that is too long."""


class RowNotTakenError(Exception):
    """The database answers, and does not take this row."""


@dataclass(frozen=True)
class Insertion:
    """INSERT into some columns of a table, the key first, with what a conflict means."""

    table: str
    columns: tuple[str, ...]
    conflict: str

    def text(self, rows: int, *, sqlite: bool) -> str:
        """The statement for so many rows."""
        places = ", ".join("?" if sqlite else f"${n}" for n, _ in enumerate(self.columns, 1))
        names = ", ".join(f'"{name}"' for name in self.columns)
        values = ", ".join([f"({places})"] * rows)
        return f"INSERT INTO {self.table} ({names}) VALUES {values} {self.conflict}"  # noqa: S608 - our own names


@dataclass
class Line:
    """The values of a row; `written` tells whoever waits for it, and a row with nobody waiting is lost with a word."""

    values: tuple[Any, ...] | None
    written: asyncio.Future[None] | None = None

    def tell(self, error: Exception | None) -> None:
        """Say what became of it, unless that was said or nobody wants to know any more."""
        if self.written and not self.written.done():
            if error:
                self.written.set_exception(error)
            else:
                self.written.set_result(None)


def about_a_row(wrong: BaseException | None) -> bool:
    """Whether the database answers, and does not take what it was given."""
    if isinstance(wrong, PostgresError):
        return str(getattr(wrong, "sqlstate", ""))[:2] in NOT_TAKEN
    return isinstance(wrong, ValueError | OverflowError | IntegrityError | DataError)
