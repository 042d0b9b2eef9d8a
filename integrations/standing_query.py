"""One question that is asked of a database very often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import TextClause

from domain.errors import Unavailable
from integrations.database import BUSY_SECONDS, Database
from integrations.kept_connection import KeptConnection

Rows = Sequence[Sequence[Any]]


class StandingQuery:
    """One statement that reads, compiled once and asked on a kept connection without a transaction around it.

    As exact as any other: the database itself answers every time, nothing is remembered.
    """

    def __init__(self, database: Database, statement: TextClause) -> None:
        self._database = database
        compiled = statement.compile(dialect=database.dialect)
        self._text, self._order = str(compiled), tuple(compiled.positiontup or ())
        self._connection = KeptConnection(database)
        self._turn = asyncio.Lock()

    async def ask(self, given: Mapping[str, Any]) -> Rows:
        """The rows as the driver gives them; raise `Unavailable` where the database does not answer.

        A failure drops the connection, so that a further try opens a new one.
        """
        async with self._turn:
            try:
                async with self._database.available(), asyncio.timeout(BUSY_SECONDS):
                    return await self._rows([given[name] for name in self._order])
            except Unavailable:
                await self._connection.drop()
                raise

    async def close(self) -> None:
        """Give the connection back."""
        async with self._turn:
            await self._connection.drop()

    async def _rows(self, values: Sequence[Any]) -> Rows:
        driver = await self._connection.driver()
        if self._database.sqlite:
            return await driver.execute_fetchall(self._text, values)
        return await driver.fetch(self._text, *values)
