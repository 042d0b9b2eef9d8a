"""What the attempt journal costs a worker: CPU for an attempt, against one transaction for each line of it."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, update

from governance.trail.attempts import Attempt, AttemptEnd
from integrations.database import Database
from integrations.store.journal import Journal
from integrations.store.schema import journal as table
from integrations.store.schema import schema

ATTEMPTS = 500
CASE_ATTEMPTS = 5
"""Ordinary activities of a clean case."""
CASE_MS = 40
"""CPU of a worker for a clean case, as docs/benchmarks.md has it."""
Make = Callable[[Attempt], Awaitable[None]]


async def main() -> None:
    """Print a line for one case alone and one for twenty at a time, of both ways."""
    print(f"{'CPU ms':>32} {'an attempt':>12} {'a case of 5':>12} {'of 40 ms':>9} {'wall, ms':>9}")
    for at_once in (1, 20):
        for name, way in (("a transaction a line", _naive), ("group commit", _grouped)):
            cpu, wall = await way(at_once)
            case = cpu * CASE_ATTEMPTS
            print(f"{name:>22}, {at_once:>2} at once {cpu:>8.3f} {case:>12.2f} {case / CASE_MS:>9.1%} {wall:>9.2f}")


async def _grouped(at_once: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'store.db'}", schema, "store")
        await database.prepare()
        journal = Journal(database)

        async def make(attempt: Attempt) -> None:
            await journal.begin(attempt)
            await asyncio.sleep(0)
            journal.end(_ended(attempt))

        await journal.begin(_attempt(ATTEMPTS))
        figures = await _measured(make, at_once)
        await journal.close()
        await database.close()
    return figures


async def _naive(at_once: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'store.db'}", schema, "store")
        await database.prepare()

        async def make(attempt: Attempt) -> None:
            row = attempt.model_dump(exclude={"end"})
            async with database.effect() as transaction:
                await transaction.execute(insert(table).values(**row))
            await asyncio.sleep(0)
            same = table.c.run == attempt.run, table.c.activity == attempt.activity, table.c.number == attempt.number
            async with database.effect() as transaction:
                ended = update(table).where(*same).values(outcome="completed", ended=datetime.now(UTC))
                await transaction.execute(ended)

        figures = await _measured(make, at_once)
        await database.close()
    return figures


async def _measured(make: Make, at_once: int) -> tuple[float, float]:
    """Milliseconds of CPU, and of time, for an attempt; each case makes one after the other, and works in between."""
    cpu, wall = time.process_time(), time.perf_counter()

    async def case(place: int) -> None:
        for number in range(place, ATTEMPTS, at_once):
            await make(_attempt(number))

    await asyncio.gather(*(case(place) for place in range(at_once)))
    spent = time.process_time() - cpu, time.perf_counter() - wall
    return spent[0] / ATTEMPTS * 1000, spent[1] / ATTEMPTS * 1000


def _attempt(number: int) -> Attempt:
    return Attempt(
        case=f"invoice-{number // CASE_ATTEMPTS}",
        run=f"0198b2c4-3a51-7d5e-9f3b-{number // CASE_ATTEMPTS:012d}",
        activity=str(number % CASE_ATTEMPTS + 1),
        number=1,
        name="post_bill",
        worker="4711@desk",
        begun=datetime.now(UTC),
        end=None,
    )


def _ended(attempt: Attempt) -> Attempt:
    end = AttemptEnd(outcome="completed", at=datetime.now(UTC), error=None)
    return attempt.model_copy(update={"end": end})


if __name__ == "__main__":
    asyncio.run(main())
