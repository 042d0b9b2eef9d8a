"""What a sweep asks the ledger before it writes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, tuple_

from integrations.database import Database
from integrations.store.ledger_rows import AT_ONCE
from integrations.store.schema import ledger_bodies as bodies
from integrations.store.schema import ledger_entries as entries


class LedgerView:
    """Reads from a prepared store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def bodies_of(self, case: str, records: Sequence[str]) -> dict[str, bytes]:
        """What the ledger holds of these records; those that it does not have, or that were erased, are left out."""
        both = entries.join(bodies, (bodies.c.case == entries.c.case) & (bodies.c.n == entries.c.n))
        wanted = select(entries.c.record, bodies.c.body).select_from(both).where(entries.c.case == case)
        async with self._database.reading() as snapshot:
            rows = await snapshot.execute(wanted.where(entries.c.record.in_(records[:AT_ONCE])))
            return {row.record: row.body for row in rows}

    async def with_record(self, wanted: Sequence[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Which of these cases have an entry of this record id."""
        found = set[tuple[str, str]]()
        async with self._database.reading() as snapshot:
            for place in range(0, len(wanted), AT_ONCE):
                asked = tuple_(entries.c.case, entries.c.record).in_(wanted[place : place + AT_ONCE])
                rows = await snapshot.execute(select(entries.c.case, entries.c.record).where(asked))
                found.update((row.case, row.record) for row in rows)
        return frozenset(found)

    async def unsealed(self) -> tuple[str, ...]:
        """The cases whose chains are open, by name."""
        last = select(entries.c.case, func.max(entries.c.n).label("n")).where(entries.c.kind != "ledger.erasure")
        newest = last.group_by(entries.c.case).subquery()
        both = entries.join(newest, (newest.c.case == entries.c.case) & (newest.c.n == entries.c.n))
        wanted = select(entries.c.case).select_from(both).where(entries.c.kind != "ledger.seal")
        async with self._database.reading() as snapshot:
            return tuple((await snapshot.execute(wanted.order_by(entries.c.case))).scalars())

    async def cases(self, beginning: str, limit: int) -> tuple[str, ...]:
        """The cases whose names begin so, by name, at most so many."""
        wanted = select(entries.c.case).distinct().where(entries.c.case.startswith(beginning, autoescape=True))
        async with self._database.reading() as snapshot:
            return tuple((await snapshot.execute(wanted.order_by(entries.c.case).limit(limit))).scalars())
