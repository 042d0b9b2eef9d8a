"""The ledger as an outbox: how far each sink has got in the chain of each case."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Subquery, and_, func, select

from domain.values import Frozen
from governance.ledger.chain import RESERVED
from governance.trail.entries import AGENT, HISTORY
from integrations.database import Database
from integrations.insertion import insertion
from integrations.store.schema import ledger_bodies as bodies
from integrations.store.schema import ledger_entries as entries
from integrations.store.schema import trail_sent

MOST_CASES = 1_000


class Due(Frozen):
    """An entry that a sink has not had; without a body where it was erased, or is nothing that spans are made of."""

    case: str
    n: int
    record: str
    body: bytes | None


class Outbox:
    """Remembers on a prepared store what was sent; what two send at once is sent twice, and never lost."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, sink: str, limit: int, cases: Collection[str] | None = None) -> tuple[Due, ...]:
        """At most so many entries that a sink has not had, each case's in order; to a new sink all are due.

        With a few `cases` only of these; more than a question can name are all.
        """
        asked = entries.c.case.in_(cases) if cases is not None and len(cases) <= MOST_CASES else None
        behind = _behind(sink, limit, asked)
        body = and_(bodies.c.case == entries.c.case, bodies.c.n == entries.c.n, _is_record())
        wanted = (
            select(entries.c.case, entries.c.n, entries.c.record, bodies.c.body)
            .join_from(behind, entries, and_(entries.c.case == behind.c.case, entries.c.n > behind.c.had))
            .outerjoin(bodies, body)
            .order_by(entries.c.case, entries.c.n)
            .limit(limit)
        )
        async with self._database.reading() as snapshot:
            return tuple(Due.model_validate(dict(row)) for row in (await snapshot.execute(wanted)).mappings())

    async def sent(self, sink: str, upto: Mapping[str, int]) -> None:
        """Remember that a sink has had these cases up to these entries; what is known already is never taken back."""
        rows = [{"sink": sink, "case": case, "n": n, "at": datetime.now(UTC)} for case, n in sorted(upto.items())]
        if not rows:
            return
        async with self._database.effect() as transaction:
            added = insertion(transaction, trail_sent)
            newer = {"n": added.excluded.n, "at": added.excluded.at}
            key = list(trail_sent.primary_key.columns)
            kept = added.on_conflict_do_update(index_elements=key, set_=newer, where=added.excluded.n > trail_sent.c.n)
            await transaction.execute(kept, rows)


def _behind(sink: str, limit: int, asked: ColumnElement[bool] | None) -> Subquery:
    """Cases whose chain goes on after what the sink has had, and where that was."""
    heads = select(entries.c.case, func.max(entries.c.n).label("head")).group_by(entries.c.case)
    ends = (heads if asked is None else heads.where(asked)).subquery("ends")
    had = func.coalesce(trail_sent.c.n, 0)
    known = and_(trail_sent.c.sink == sink, trail_sent.c.case == ends.c.case)
    found = select(ends.c.case, had.label("had")).outerjoin_from(ends, trail_sent, known).where(ends.c.head > had)
    return found.order_by(ends.c.case).limit(limit).subquery("behind")


def _is_record() -> ColumnElement[bool]:
    """Histories are large, and none of the others is a record."""
    return entries.c.kind.not_in((HISTORY, AGENT)) & entries.c.kind.not_like(f"{RESERVED}%")
