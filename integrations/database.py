"""One connection pool for SQLite or PostgreSQL, with short transactions that several processes may run at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from sqlite3 import Error as SqliteError
from typing import Any

from asyncpg import InterfaceError, InternalClientError, PostgresError
from sqlalchemy import Connection, Dialect, MetaData, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, DisconnectionError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from domain.errors import Unavailable

BUSY_SECONDS = 10
"""How long a transaction waits for another one's lock before the database counts as not available."""

DRIVER_ERRORS = (SqliteError, PostgresError, InterfaceError, InternalClientError)
"""What a driver raises where it is used without SQLAlchemy around it."""

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}

PREPARE_LOCK = 0x5167_6E61
"""PostgreSQL advisory lock: one process at a time creates the tables."""

PREPARE_TRIES, PREPARE_PAUSE = 100, 0.1
"""SQLite does not wait for its lock while another process turns a new file to WAL, so preparing has to."""


class Database:
    """Where something is kept: sqlite:///folder/file.db, or postgresql://user@host/name.

    `whose` names the owner of `tables` in errors, such as `sandbox`.
    """

    def __init__(self, url: str, tables: MetaData, whose: str) -> None:
        self._url = _with_driver(url, whose)
        self._tables = tables
        self._whose = whose
        self.sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = create_async_engine(
            self._url,
            connect_args=self._waiting(),
            hide_parameters=True,
            pool_pre_ping=not self.sqlite,  # after a restart of the server each kept connection would fail a caller
        )
        if self.sqlite:
            event.listen(self._engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(self._engine.sync_engine, "connect", self._remember_file)
            event.listen(self._engine.sync_engine, "checkout", self._refuse_other_file)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)
            self._snapshots = self._engine
        else:
            self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._effects = self._engine.execution_options(effect=True)

    @property
    def dialect(self) -> Dialect:
        """How this database spells its statements."""
        return self._engine.dialect

    def file_now(self) -> tuple[int, int] | None:
        """Which SQLite file is in place; None for a server, or where there is none.

        A connection to a file that was replaced goes on with the old one, and would never see what others write.
        """
        try:
            found = Path(str(self._url.database)).stat() if self.sqlite else None
        except FileNotFoundError:
            return None
        return (found.st_dev, found.st_ino) if found else None

    async def prepare(self) -> None:
        """Create the tables that are missing; safe to call from several processes at once."""
        if self.sqlite:
            async with self.available():
                Path(str(self._url.database)).parent.mkdir(parents=True, exist_ok=True)
        for tries_left in reversed(range(PREPARE_TRIES)):
            try:
                await self._create_tables()
            except Unavailable as error:
                if not tries_left or "database is locked" not in str(error):
                    raise
                await asyncio.sleep(PREPARE_PAUSE)
            else:
                return

    async def _create_tables(self) -> None:
        async with self.effect() as transaction:
            if not self.sqlite:
                await transaction.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PREPARE_LOCK})
            await transaction.run_sync(self._tables.create_all)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A snapshot: every query in it sees the same state."""
        async with self.available(), self._snapshots.begin() as snapshot:
            yield snapshot

    @asynccontextmanager
    async def effect(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that writes: when this returns, all of it is on disk; when it raises, nothing is."""
        async with self.available(), self._effects.begin() as transaction:
            yield transaction

    async def connect(self) -> AsyncConnection:
        """A connection for whoever keeps one; give it back before `close`."""
        return await self._engine.connect()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def available(self) -> AsyncGenerator[None]:
        """Turn every way in which the database can be out of reach into `Unavailable`, without its password."""
        try:
            yield
        except (IntegrityError, DataError, ProgrammingError):
            raise  # a fault in this code or its input: the database answered
        except (DBAPIError, PoolTimeout, OSError, *DRIVER_ERRORS) as error:
            where = self._url.render_as_string(hide_password=True)
            said = str(error) or type(error).__name__
            raise Unavailable(f"The {self._whose} database {where} does not answer: {said}") from error

    def _remember_file(self, _: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["file"] = self.file_now()

    def _refuse_other_file(self, _: DBAPIConnection, entry: ConnectionPoolEntry, __: object) -> None:
        if entry.info["file"] != self.file_now():
            raise DisconnectionError  # the pool opens another one

    def _waiting(self) -> dict[str, Any]:
        if self.sqlite:
            return {"timeout": BUSY_SECONDS, "isolation_level": None}
        return {"timeout": BUSY_SECONDS, "server_settings": {"lock_timeout": f"{BUSY_SECONDS}s"}}


def _with_driver(url: str, whose: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        known = "***@" + url.rpartition("@")[2] if "@" in url else url
        raise ValueError(
            f"{known!r} is not a database URL; write sqlite:///books.db or postgresql://host/name"
        ) from None
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise ValueError(f"The {whose} is kept in SQLite or PostgreSQL, not in {parsed.get_backend_name()}.")
    if driver.startswith("sqlite") and parsed.database in {None, "", ":memory:"}:
        raise ValueError(f"The {whose} needs a SQLite file: worker and command line share it.")
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
