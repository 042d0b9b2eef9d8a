"""The ledger in the project's own store: chains of entries that only ever grow, and bodies that can be erased."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import DomainError, IdempotencyConflict, Unavailable
from domain.text import show
from governance.ledger import START, Entry, Kept, Link, NoteKind, Tail, note
from governance.ledger.chain import RESERVED, Said
from governance.trail.entries import CaseEntries
from integrations.database import Database
from integrations.store.ledger_rows import Known, add, chained, ends, known, locked, unknown
from integrations.store.schema import ledger_bodies as bodies
from integrations.store.schema import ledger_entries as entries

CLOSED, GOES_ON = "every run is closed", "the case goes on: it was reset or started again"
"""Why a sweep seals a case, and opens it again."""


class Sealed(DomainError):
    """The case is sealed in the ledger, and takes no further entries."""


class NoSuchCase(DomainError):
    """The ledger has no such case."""


@dataclass(frozen=True)
class Written:
    """What came of a case's entries: how many were new, and which records say something else than they did."""

    case: str
    fresh: int
    others: tuple[str, ...]
    sealed: bool
    newly: bool
    """Whether it was sealed just now."""


class Ledger:
    """Keeps entries on a prepared store, one hash chain a case; several processes may write at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, case: str, said: Sequence[Entry]) -> int:
        """Add the entries that the case does not have yet, all or none; returns how many that were.

        Raise `IdempotencyConflict` where a record id stands for something else already, and `Sealed` for new entries of
        a sealed case. What was erased stays erased, whoever says it again.
        """
        async with self._database.effect() as transaction:
            tail = await self._tail(transaction, case)
            fresh, others = unknown(case, said, (await known(transaction, [case])).get(case, {}))
            if others:
                raise IdempotencyConflict(next(iter(others.values())))
            if fresh and tail.sealed:
                raise Sealed(f"{show(case, 200)}: {len(fresh)} new entries, first {show(fresh[0].record_id, 100)}.")
            await add(transaction, chained(case, tail, fresh)[0])
            return len(fresh)

    async def write(self, cases: Sequence[CaseEntries], by: str) -> tuple[Written, ...]:
        """Add what different cases, at most 500, do not have yet, all in one transaction; seal and reopen them.

        A case that is closed is sealed, a sealed one that goes on is opened again. A record that says something else
        than it did stays as it was entered first, and is named in the answer.
        """
        if not cases:
            return ()
        async with self._database.effect() as transaction:
            tails = await locked(transaction, [each.case for each in cases])
            had = await known(transaction, [case for case, tail in tails.items() if tail != START])
            written = [_written(each, tails[each.case], had.get(each.case, {}), by) for each in cases]
            await add(transaction, [kept for _, more in written for kept in more])
        return tuple(each for each, _ in written)

    async def seal(self, case: str, by: str, reason: str) -> bool:
        """Close a case: from now on it takes only erasures. False where it is sealed already."""
        return await self._turn(case, "ledger.seal", _said(by, reason))

    async def reopen(self, case: str, by: str, reason: str) -> bool:
        """Let a sealed case go on, since its workflow was reset; False where it is not sealed."""
        return await self._turn(case, "ledger.reopen", _said(by, reason))

    async def erase(self, case: str, by: str, reason: str) -> int:
        """Delete every body and salt of a case for good, and enter who did so, when and why; returns how many.

        The chain, with ids and kinds, stays. Where nothing is left to erase, nothing is entered.
        """
        async with self._database.effect() as transaction:
            tail = await self._tail(transaction, case, must_exist=True)
            if self._database.sqlite:
                await transaction.execute(text("PRAGMA secure_delete = ON"))  # else the bytes stay in the file
            erasable = select(entries.c.n).where(entries.c.case == case, entries.c.kind.not_like(f"{RESERVED}%"))
            gone = await transaction.execute(delete(bodies).where(bodies.c.case == case, bodies.c.n.in_(erasable)))
            if gone.rowcount:
                await add(transaction, chained(case, tail, [note("ledger.erasure", tail, _said(by, reason))])[0])
        if self._database.sqlite:
            await self._empty_journal()
        return gone.rowcount

    async def chain(self, case: str) -> tuple[Link, ...]:
        """The entries of a case, first to last, without their bodies."""
        async with self._database.reading() as snapshot:
            rows = await snapshot.execute(select(entries).where(entries.c.case == case).order_by(entries.c.n))
            return tuple(Link.model_validate(dict(row)) for row in rows.mappings())

    async def tail(self, case: str) -> Tail:
        """Where the chain of a case ends, and whether it is sealed."""
        async with self._database.reading() as snapshot:
            return (await ends(snapshot, [case]))[case]

    async def _empty_journal(self) -> None:
        """SQLite's write-ahead log still has the pages as they were; raise `Unavailable` where readers hold it."""
        async with self._database.available():
            connection = await self._database.connect()
            try:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                [(held, *_)] = await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                await connection.close()
        if held:
            raise Unavailable("It is erased, but the database's journal is in use and still has it; erase it again.")

    async def _turn(self, case: str, kind: NoteKind, said: Said) -> bool:
        async with self._database.effect() as transaction:
            tail = await self._tail(transaction, case, must_exist=True)
            if tail.sealed == (kind == "ledger.seal"):
                return False
            await add(transaction, chained(case, tail, [note(kind, tail, said)])[0])
            return True

    async def _tail(self, transaction: AsyncConnection, case: str, *, must_exist: bool = False) -> Tail:
        """Where a case's chain ends; until the transaction ends nobody else adds to it."""
        tail = (await locked(transaction, [case]))[case]
        if must_exist and tail == START:
            raise NoSuchCase(show(case, 200))
        return tail


def _written(said: CaseEntries, tail: Tail, has: Known, by: str) -> tuple[Written, list[Kept]]:
    """What comes of a case's entries, and the rows that say so."""
    fresh, others = unknown(said.case, said.entries, has)
    opened = [note("ledger.reopen", tail, _said(by, GOES_ON))] if fresh and tail.sealed else []
    kept, tail = chained(said.case, tail, [*opened, *fresh])
    newly = said.closed and not tail.sealed and tail != START
    if newly:
        seal, tail = chained(said.case, tail, [note("ledger.seal", tail, _said(by, CLOSED))])
        kept += seal
    return Written(said.case, len(fresh), tuple(others), tail.sealed, newly), kept


def _said(by: str, reason: str) -> Said:
    return Said(at=datetime.now(UTC), by=by, reason=reason)
