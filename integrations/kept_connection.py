"""A connection that somebody keeps, and uses through its driver: a tenth of what the pool costs."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from integrations.database import BUSY_SECONDS, Database

WAITS = {True: "PRAGMA busy_timeout = {:.0f}", False: "SET lock_timeout = {:.0f}"}
"""How SQLite, and a server, is told for how many milliseconds a statement waits for a lock."""


class KeptConnection:
    """Taken from the pool when it is first needed, and again where the file was replaced or it was dropped.

    Each statement is a transaction of its own. `patience` is for how many seconds one waits for a lock.
    """

    def __init__(self, database: Database, patience: float = BUSY_SECONDS) -> None:
        self._database, self._patience = database, patience
        self._kept: tuple[AsyncConnection, Any] | None = None
        self._file: tuple[int, int] | None = None

    async def driver(self) -> Any:  # noqa: ANN401 - aiosqlite's or asyncpg's
        """The driver's own connection, for use within `Database.available`."""
        if self._kept is None or self._file != self._database.file_now():
            await self.drop()
            self._kept = await self._opened()
            self._file = self._database.file_now()
        return self._kept[1]

    async def drop(self) -> None:
        """Close it."""
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept[0].invalidate()
            await kept[0].close()

    async def _opened(self) -> tuple[AsyncConnection, Any]:
        connection = await self._database.connect()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute(WAITS[self._database.sqlite].format(self._patience * 1000))
        return connection, driver
