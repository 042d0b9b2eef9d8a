"""The ledger in the project's own store: chains of entries that only ever grow, and bodies that can be erased."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import DomainError, IdempotencyConflict, Unavailable
from domain.text import show
from governance.ledger import START, Entry, Kept, Link, NoteKind, Tail, commitment, following, note
from governance.ledger.chain import RESERVED, SALT_SIZE, Said
from integrations.database import Database
from integrations.store.schema import ledger_bodies as bodies
from integrations.store.schema import ledger_entries as entries

LOCKS = 0x6C67
"""PostgreSQL advisory locks: in this space each case has one, so that its entries come one after the other."""
AT_ONCE = 500
"""Record ids in one question; databases limit how many there may be."""


class Sealed(DomainError):
    """The case is sealed in the ledger, and takes no further entries."""


class NoSuchCase(DomainError):
    """The ledger has no such case."""


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
            fresh = await _unknown(transaction, case, said)
            if fresh and tail.sealed:
                raise Sealed(f"{show(case, 200)}: {len(fresh)} new entries, first {show(fresh[0].record_id, 100)}.")
            await _add(transaction, case, tail, fresh)
            return len(fresh)

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
                await _add(transaction, case, tail, [note("ledger.erasure", tail, _said(by, reason))])
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
            return await _end(snapshot, case)

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
            await _add(transaction, case, tail, [note(kind, tail, said)])
            return True

    async def _tail(self, transaction: AsyncConnection, case: str, *, must_exist: bool = False) -> Tail:
        """Where a case's chain ends; until the transaction ends nobody else adds to it."""
        if not self._database.sqlite:
            key = int.from_bytes(hashlib.sha256(case.encode()).digest()[:4], signed=True)
            await transaction.execute(text("SELECT pg_advisory_xact_lock(:space, :key)"), {"space": LOCKS, "key": key})
        tail = await _end(transaction, case)
        if must_exist and tail == START:
            raise NoSuchCase(show(case, 200))
        return tail


async def _end(transaction: AsyncConnection, case: str) -> Tail:
    newest = select(entries.c.n, entries.c.hash, entries.c.kind).where(entries.c.case == case)
    newest = newest.order_by(entries.c.n.desc()).limit(1)
    last = (await transaction.execute(newest)).one_or_none()
    if last and last.kind == "ledger.erasure":  # which leaves a sealed case sealed
        opener = (await transaction.execute(newest.where(entries.c.kind != "ledger.erasure"))).one()
        return Tail(last.n, last.hash, sealed=opener.kind == "ledger.seal")
    return Tail(last.n, last.hash, sealed=last.kind == "ledger.seal") if last else START


async def _unknown(transaction: AsyncConnection, case: str, said: Sequence[Entry]) -> list[Entry]:
    """The entries that the case does not have, each once."""
    known, fresh = await _known(transaction, case, [entry.record_id for entry in said]), dict[str, Entry]()
    for entry in said:
        found = known.get(entry.record_id)
        if found and not _same(found, entry):
            raise IdempotencyConflict(f"{_spelt(case, entry)} is entry {found.n}, and says something else.")
        if not found and fresh.setdefault(entry.record_id, entry) != entry:
            raise IdempotencyConflict(f"{_spelt(case, entry)} was given twice, and says two things.")
    return list(fresh.values())


async def _known(transaction: AsyncConnection, case: str, records: Sequence[str]) -> dict[str, Row[tuple[str, ...]]]:
    found = dict[str, Row[tuple[str, ...]]]()
    both = entries.outerjoin(bodies, (bodies.c.case == entries.c.case) & (bodies.c.n == entries.c.n))
    columns = entries.c.record, entries.c.n, entries.c.kind, entries.c.commitment, bodies.c.salt
    for place in range(0, len(records), AT_ONCE):
        asked = entries.c.case == case, entries.c.record.in_(records[place : place + AT_ONCE])
        rows = await transaction.execute(select(*columns).select_from(both).where(*asked))
        found.update({row.record: row for row in rows})
    return found


def _same(found: Row[tuple[str, ...]], entry: Entry) -> bool:
    """Whether it says what the ledger has; of what was erased nothing is left that could differ."""
    return found.kind == entry.kind and (found.salt is None or commitment(found.salt, entry.body) == found.commitment)


async def _add(transaction: AsyncConnection, case: str, tail: Tail, said: Sequence[Entry]) -> None:
    kept = list[Kept]()
    for entry in said:
        kept.append(following(case, tail, entry, secrets.token_bytes(SALT_SIZE)))
        tail = Tail(kept[-1].link.n, kept[-1].link.hash, sealed=False)
    if kept:
        await transaction.execute(insert(entries), [each.link.model_dump() for each in kept])
        rows = [{"case": case, "n": each.link.n, "salt": each.salt, "body": each.body} for each in kept]
        await transaction.execute(insert(bodies), rows)


def _said(by: str, reason: str) -> Said:
    return Said(at=datetime.now(UTC), by=by, reason=reason)


def _spelt(case: str, entry: Entry) -> str:
    return f"Record {show(entry.record_id, 120)} of case {show(case, 120)}"
