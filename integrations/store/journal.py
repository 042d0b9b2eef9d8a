"""The attempt journal: what workers are about to do, on disk before they do it, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, select

from domain.errors import DomainError, Unavailable
from domain.text import show
from governance.trail.attempts import Attempt, AttemptEnd, Touched
from integrations.database import Database
from integrations.group_commit import GroupCommit
from integrations.lines import Insertion, RowNotTakenError
from integrations.store.schema import journal, spelt, trail_due

END_WITHIN, TOUCH_WITHIN = 0.05, 1.0
"""Seconds that these may wait to share a transaction."""
AT_ONCE = 500
"""Runs in one question; databases limit how many there may be."""

ATTEMPT = Insertion(
    table="journal",
    columns=("run", "activity", "number", "case", "name", "worker", "begun", "outcome", "ended", "error"),
    conflict="""
    ON CONFLICT (run, activity, number)
    DO UPDATE SET outcome = excluded.outcome, ended = excluded.ended, error = excluded.error
    WHERE journal.outcome IS NULL AND journal.begun = excluded.begun
    """,
)
"""The first beginning stays, and the first end of that one; an end whose beginning is gone brings it along."""

TOUCH = Insertion(
    table="trail_due",
    columns=("run", "case", "at"),
    conflict="ON CONFLICT (run) DO UPDATE SET at = excluded.at WHERE trail_due.at < excluded.at",
)


class NotJournaled(DomainError):
    """The attempt cannot be written into the journal, so it is not made."""


class JournalUnavailable(Unavailable):
    """The journal cannot be written just now, so the attempt is not made; its name tells verification so."""


class Journal:
    """Keeps attempts on a prepared store; several processes may write at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lines, self._due = GroupCommit(database, ATTEMPT), GroupCommit(database, TOUCH)
        self._touched: dict[str, tuple[str, datetime]] = {}

    async def begin(self, attempt: Attempt) -> None:
        """Write down that an attempt begins; it is on disk when this returns. Where it is there already, that stays.

        Raise `JournalUnavailable` within seconds where the store does not answer, and `NotJournaled` where it takes
        everything but this: in both cases the attempt must not be made.
        """
        try:
            await self._lines.write(*_row(attempt))
        except RowNotTakenError as error:
            raise NotJournaled(show(str(error), 200)) from error
        except Unavailable as error:
            raise JournalUnavailable(str(error)) from error
        self.touch(attempt.case, attempt.run)

    def end(self, ended: Attempt) -> None:
        """Write down, within 50 ms, how an attempt ended; the first end stays. A failure is logged."""
        self._lines.soon(END_WITHIN, *_row(ended))
        self.touch(ended.case, ended.run)

    def touch(self, workflow_id: str, run_id: str) -> None:
        """Write down, within a second, that something goes on in a run, so that the next sweep looks at it."""
        if not self._touched:
            asyncio.get_running_loop().call_later(TOUCH_WITHIN, self._tell_touched)
        self._touched[run_id] = workflow_id, datetime.now(UTC)

    async def attempts(self, runs: Collection[str]) -> tuple[Attempt, ...]:
        """All attempts of these runs, in order of their beginnings."""
        await self._lines.flush()
        found = list[Attempt]()
        listed = sorted(set(runs))
        async with self._database.reading() as snapshot:
            for place in range(0, len(listed), AT_ONCE):
                wanted = select(journal).where(journal.c.run.in_(listed[place : place + AT_ONCE]))
                found += [_attempt(row) for row in (await snapshot.execute(wanted)).mappings()]
        return tuple(sorted(found, key=lambda attempt: (attempt.begun, attempt.key)))

    async def touched(self) -> tuple[Touched, ...]:
        """The runs in which something went on since they were visited, longest waiting first."""
        self._tell_touched()
        await self._due.flush()
        wanted = select(trail_due.c["case"], trail_due.c.run, trail_due.c.at).order_by(trail_due.c.at, trail_due.c.run)
        async with self._database.reading() as snapshot:
            return tuple(
                Touched(workflow_id=case, run_id=run, at=at) for case, run, at in await snapshot.execute(wanted)
            )

    async def visited(self, touched: Sequence[Touched]) -> None:
        """Take runs off that list, but for those where something went on meanwhile."""
        if not touched:
            return
        rows = [{"told": each.run_id, "when": each.at} for each in sorted(touched, key=lambda one: one.run_id)]
        same = trail_due.c.run == bindparam("told"), trail_due.c.at == bindparam("when")
        async with self._database.effect() as transaction:
            await transaction.execute(delete(trail_due).where(*same), rows)

    async def close(self) -> None:
        """Write what is left."""
        self._tell_touched()
        await self._lines.close()
        await self._due.close()

    def _tell_touched(self) -> None:
        """A run that many activities touched is one row."""
        touched, self._touched = self._touched, {}
        for run, (case, at) in touched.items():
            self._due.soon(0, run, case, spelt(at))


def _row(attempt: Attempt) -> tuple[str | int | None, ...]:
    end = attempt.end
    ended = (end.outcome, spelt(end.at), end.error) if end else (None, None, None)
    return *attempt.key, attempt.case, attempt.name, attempt.worker, spelt(attempt.begun), *ended


def _attempt(row: RowMapping) -> Attempt:
    told: dict[str, Any] = {str(name): value for name, value in row.items()}
    outcome, at, error = (told.pop(name) for name in ("outcome", "ended", "error"))
    end = AttemptEnd(outcome=outcome, at=at, error=error) if outcome else None
    return Attempt.model_validate({**told, "end": end})
