"""INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps in its dialects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Row = Mapping[str, Any]


def insertion(transaction: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what a conflict means."""
    return sqlite.insert(table) if transaction.dialect.name == "sqlite" else postgresql.insert(table)


async def put(transaction: AsyncConnection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; one whose primary key is there replaces what it says."""
    if not rows:
        return
    statement = insertion(transaction, table)
    key = list(table.primary_key.columns)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    if others:
        statement = statement.on_conflict_do_update(index_elements=key, set_=others)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    await transaction.execute(statement, rows)
