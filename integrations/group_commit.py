"""Many rows in one transaction: whoever comes while one is written shares the next one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from domain.errors import Unavailable
from integrations.database import Database
from integrations.kept_connection import KeptConnection
from integrations.lines import Insertion, Line, RowNotTakenError, about_a_row

logger = logging.getLogger(__name__)
PATIENCE = 5
"""Seconds that a transaction waits for a lock: an effect, which waits for its row, has ten in all."""
AT_ONCE = 500
"""Rows of one statement; SQLite limits how many values it takes."""


class GroupCommit:
    """Writes rows of one table on a connection of its own; used on one event loop, beside others in other processes."""

    def __init__(self, database: Database, insertion: Insertion) -> None:
        self._database, self._insertion = database, insertion
        self._connection = KeptConnection(database, PATIENCE)
        self._texts: dict[int, str] = {}
        self._lines: list[Line] = []
        self._wanted = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def write(self, *values: object) -> None:
        """Write a row; it is on disk when this returns. Without values: only wait for what was added before.

        Raise `Unavailable` where the database does not answer, and `RowNotTakenError` where it takes others, not this.
        """
        written = asyncio.get_running_loop().create_future()
        self._add(Line(values or None, written))
        self._wanted.set()
        await written

    def soon(self, within: float, *values: object) -> None:
        """Write a row with the next transaction, which comes within so many seconds; a failure is logged."""
        self._add(Line(values))
        if self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_later(within, self._wanted.set)

    async def flush(self) -> None:
        """Wait until nothing is left to write, if the database lets it be written."""
        if self._lines:
            try:
                await self.write()
            except Unavailable:
                return

    async def close(self) -> None:
        """Write what is left, and close the connection."""
        self._closing = True
        self._wanted.set()
        if self._task:
            await self._task
        await self._connection.drop()

    def _add(self, line: Line) -> None:
        self._lines.append(line)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._lines or not self._closing:
            await self._wanted.wait()
            if self._alarm:
                self._alarm.cancel()
                self._alarm = None
            lines, self._lines = self._lines[:AT_ONCE], self._lines[AT_ONCE:]
            if not self._lines and not self._closing:
                self._wanted.clear()
            await self._write([line for line in lines if not (line.written and line.written.done())])

    async def _write(self, lines: Sequence[Line]) -> None:
        try:
            async with self._database.available(), asyncio.timeout(PATIENCE + 1):
                await self._commit([line.values for line in lines if line.values])
        except (Unavailable, ValueError, OverflowError) as error:
            await self._not_written(lines, error)
        else:
            _tell(lines, None)
        finally:
            _tell(lines, Unavailable("The worker ended before this was written."))

    async def _commit(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """All or none. In order of their keys: two workers that take them crosswise would wait for each other."""
        if not rows:
            return
        driver, ordered = await self._connection.driver(), sorted(rows, key=lambda row: str(row[:3]))
        if not self._database.sqlite:
            await driver.executemany(self._text(1), ordered)
        else:
            await driver.execute_fetchall(self._text(len(rows)), [value for row in ordered for value in row])

    def _text(self, rows: int) -> str:
        if rows not in self._texts:
            self._texts[rows] = self._insertion.text(rows, sqlite=self._database.sqlite)
        return self._texts[rows]

    async def _not_written(self, lines: Sequence[Line], error: Exception) -> None:
        """A row that is not taken fails alone. Where the database is at fault, those behind have waited as long."""
        await self._connection.drop()
        wrong = error.__cause__ if isinstance(error, Unavailable) else error
        if about_a_row(wrong):
            if len(lines) > 1:
                for line in lines:
                    await self._write([line])
                return
            error = RowNotTakenError(str(wrong))
        else:
            lines, self._lines = [*lines, *self._lines], []
        if lost := sum(line.written is None for line in lines):
            logger.warning("%s rows were not written into %s: %s", lost, self._insertion.table, error)
        _tell(lines, error)


def _tell(lines: Iterable[Line], error: Exception | None) -> None:
    for line in lines:
        line.tell(error)
