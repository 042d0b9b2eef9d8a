"""The ledger's rows: where chains end, what they have, what comes next. Many cases are one question."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.text import show
from governance.ledger import START, Entry, Kept, Tail, commitment, following
from governance.ledger.chain import SALT_SIZE
from integrations.store.schema import ledger_bodies as bodies
from integrations.store.schema import ledger_entries as entries

LOCKS = 0x6C67
"""PostgreSQL advisory locks: in this space each case has one, so that its entries come one after the other."""
AT_ONCE = 500
"""Cases or record ids in one question; databases limit how many there may be."""
Known = Mapping[str, Row[*tuple[Any, ...]]]
"""What a case has, by record id."""


async def locked(transaction: AsyncConnection, cases: Collection[str]) -> dict[str, Tail]:
    """Where chains end; until the transaction ends nobody else adds to them. Locks are taken in one order."""
    if transaction.dialect.name != "sqlite":
        for case in sorted(cases):
            key = int.from_bytes(hashlib.sha256(case.encode()).digest()[:4], signed=True)
            await transaction.execute(text("SELECT pg_advisory_xact_lock(:space, :key)"), {"space": LOCKS, "key": key})
    return await ends(transaction, cases)


async def ends(transaction: AsyncConnection, cases: Collection[str]) -> dict[str, Tail]:
    """Where the chains of these cases, at most 500, end for now."""
    mine = entries.c["case"].in_(cases)
    last = select(entries.c["case"], func.max(entries.c.n).label("n")).where(mine).group_by(entries.c["case"])
    newest = last.subquery()
    both = entries.join(newest, (newest.c["case"] == entries.c["case"]) & (newest.c.n == entries.c.n))
    columns = entries.c["case"], entries.c.n, entries.c.hash, entries.c.kind
    found = (await transaction.execute(select(*columns).select_from(both))).all()
    tails = dict.fromkeys(cases, START)
    for case, n, hash_, kind in found:
        opener = await _before_erasures(transaction, case) if kind == "ledger.erasure" else kind
        tails[case] = Tail(n, hash_, sealed=opener == "ledger.seal")
    return tails


async def _before_erasures(transaction: AsyncConnection, case: str) -> str:
    """The kind of the newest entry beneath them: an erasure leaves a sealed case sealed."""
    mine = entries.c["case"] == case, entries.c.kind != "ledger.erasure"
    newest = select(entries.c.kind).where(*mine).order_by(entries.c.n.desc()).limit(1)
    return (await transaction.execute(newest)).scalar_one()


async def known(transaction: AsyncConnection, cases: Collection[str]) -> Mapping[str, Known]:
    """What these cases, at most 500, have."""
    found = defaultdict[str, dict[str, Row[*tuple[Any, ...]]]](dict)
    both = entries.outerjoin(bodies, (bodies.c["case"] == entries.c["case"]) & (bodies.c.n == entries.c.n))
    columns = entries.c["case"], entries.c.record, entries.c.n, entries.c.kind, entries.c.commitment, bodies.c.salt
    if cases:
        rows = await transaction.execute(select(*columns).select_from(both).where(entries.c["case"].in_(cases)))
        for row in rows:
            found[row[0]][row.record] = row
    return found


def unknown(case: str, said: Sequence[Entry], has: Known) -> tuple[list[Entry], dict[str, str]]:
    """The entries that the case does not have, each once, and by record id what is wrong with those that differ."""
    fresh, others = dict[str, Entry](), dict[str, str]()
    for entry in said:
        found = has.get(entry.record_id)
        if found and not _same(found, entry):
            others[entry.record_id] = f"{_spelt(case, entry)} is entry {found.n}, and says something else."
        if not found and fresh.setdefault(entry.record_id, entry) != entry:
            others[entry.record_id] = f"{_spelt(case, entry)} was given twice, and says two things."
    return list(fresh.values()), others


def chained(case: str, tail: Tail, said: Sequence[Entry]) -> tuple[list[Kept], Tail]:
    """Entries as they follow in a chain, sealed or not, and where it ends then."""
    kept = list[Kept]()
    for entry in said:
        kept.append(following(case, tail, entry, secrets.token_bytes(SALT_SIZE)))
        tail = Tail(kept[-1].link.n, kept[-1].link.hash, sealed=entry.kind == "ledger.seal")
    return kept, tail


async def add(transaction: AsyncConnection, kept: Sequence[Kept]) -> None:
    """Write entries of any cases whose chains are locked."""
    if kept:
        await transaction.execute(insert(entries), [dict(each.link) for each in kept])
        rows = [{"case": each.link.case, "n": each.link.n, "salt": each.salt, "body": each.body} for each in kept]
        await transaction.execute(insert(bodies), rows)


def _same(found: Row[*tuple[Any, ...]], entry: Entry) -> bool:
    """Whether it says what the ledger has; of what was erased nothing is left that could differ."""
    return found.kind == entry.kind and (found.salt is None or commitment(found.salt, entry.body) == found.commitment)


def _spelt(case: str, entry: Entry) -> str:
    return f"Record {show(entry.record_id, 120)} of case {show(case, 120)}"
