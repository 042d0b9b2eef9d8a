"""One connection pool for SQLite or PostgreSQL, with short transactions that several processes may run at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import Unavailable
from integrations.sandbox.schema import schema

BUSY_SECONDS = 10
"""How long a transaction waits for another one's lock before the database counts as not available."""

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

PREPARE_LOCK = 0x5167_6E61
"""PostgreSQL advisory lock: one process at a time creates the tables."""


class Database:
    """Where the sandbox keeps its books: sqlite:///folder/books.db, or postgresql://user@host/name."""

    def __init__(self, url: str) -> None:
        self._url = _with_driver(url)
        self.sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = create_async_engine(self._url, connect_args=self._waiting())
        if self.sqlite:
            event.listen(self._engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)
            self._snapshots = self._engine
        else:
            self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._effects = self._engine.execution_options(effect=True)

    async def prepare(self) -> None:
        """Create the tables that are missing; safe to call from several processes at once."""
        if self.sqlite and self._url.database:
            async with self._available():
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
        async with self.effect() as transaction:
            if not self.sqlite:
                await transaction.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PREPARE_LOCK})
            await transaction.run_sync(schema.create_all)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A snapshot: every query in it sees the same state."""
        async with self._available(), self._snapshots.begin() as snapshot:
            yield snapshot

    @asynccontextmanager
    async def effect(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that writes: when this returns, all of it is on disk; when it raises, nothing is."""
        async with self._available(), self._effects.begin() as transaction:
            yield transaction

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _available(self) -> AsyncGenerator[None]:
        try:
            yield
        except (IntegrityError, DataError, ProgrammingError):
            raise  # a fault in this code or its input: the database answered
        except (DBAPIError, PoolTimeout, OSError) as error:
            where = self._url.render_as_string(hide_password=True)
            raise Unavailable(f"The sandbox database {where} does not answer: {error}") from error

    def _waiting(self) -> dict[str, Any]:
        if self.sqlite:
            return {"timeout": BUSY_SECONDS, "isolation_level": None}
        return {"timeout": BUSY_SECONDS, "server_settings": {"lock_timeout": f"{BUSY_SECONDS}s"}}


def _with_driver(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError(f"{url!r} is not a database URL; write sqlite:///books.db or postgresql://host/name") from None
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise ValueError(f"The sandbox keeps its books in SQLite or PostgreSQL, not in {parsed.get_backend_name()}.")
    if driver.startswith("sqlite") and parsed.database in {None, "", ":memory:"}:
        raise ValueError("The sandbox needs a SQLite file: worker and command line share it.")
    return parsed.set(drivername=driver)


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Readers do not stop writers (WAL), a commit is on disk (FULL), references hold."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that will write takes the lock at once: one that upgrades later can fail without waiting."""
    effect = connection.get_execution_options().get("effect")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if effect else "BEGIN")
