"""What every system of the sandbox does: answers from a snapshot, effects once by key, faults around both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import BaseAction, Receipt
from integrations.sandbox.database import Database
from integrations.sandbox.faults import Faults, Operation
from integrations.sandbox.once import once, receipt_of
from integrations.sandbox.trouble import Trouble

A = TypeVar("A", bound=BaseAction)
T = TypeVar("T")


def now_in_utc() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class System:
    """One system on a prepared `Database`, with faults by setting."""

    def __init__(
        self, database: Database, faults: Faults | None = None, *, clock: Callable[[], datetime] = now_in_utc
    ) -> None:
        self._database = database
        self._trouble = Trouble(database, faults or Faults())
        self._clock = clock

    async def find_receipt(self, key: str, action: BaseAction) -> Receipt | None:
        """The receipt of an effect that was done with this key."""
        async with self._database.reading() as books:
            return await receipt_of(books, key, action)

    async def _ask(self, operation: Operation, question: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with self._trouble.around(operation), self._database.reading() as books:
            return await question(books)

    async def _do(
        self, operation: Operation, key: str, action: A, effect: Callable[[AsyncConnection, A], Awaitable[str]]
    ) -> Receipt:
        async with self._trouble.around(operation), self._database.effect() as books:
            return await once(books, key, action, lambda: effect(books, action))

    def _now(
        self, effect: Callable[[AsyncConnection, A, datetime], Awaitable[str]]
    ) -> Callable[[AsyncConnection, A], Awaitable[str]]:
        """An effect that is told what time it is."""

        async def dated(books: AsyncConnection, action: A) -> str:
            return await effect(books, action, self._clock())

        return dated
