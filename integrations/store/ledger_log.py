"""The ledger's signed statements: checkpoints over all chains, and the keys that sign them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator
from datetime import datetime

from sqlalchemy import and_, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.errors import DomainError
from domain.text import show
from governance.ledger import Checkpoint, Envelope, Head, LedgerKey, NewKey
from governance.ledger.lines import Stated, entry_line, header, of_case
from governance.ledger.statements import (
    KEY,
    changed,
    checkpoint,
    folded,
    number_of,
    placed,
    signed_checkpoint,
    signed_key,
)
from integrations.database import Database
from integrations.store.schema import ledger_bodies as bodies
from integrations.store.schema import ledger_entries as entries
from integrations.store.schema import ledger_heads, ledger_statements

LOG_LOCK = 0x5167_6E63
"""PostgreSQL advisory lock: statements are written one after the other."""

HEADS = ledger_heads.c.number, ledger_heads.c.case, ledger_heads.c.n, ledger_heads.c.hash


class NotTheKey(DomainError):
    """This key does not sign for the ledger:"""  # noqa: D415


class Damaged(DomainError):
    """The ledger is damaged, so nothing was signed; `starter.py ledger verify` says more."""


class LedgerLog:
    """Signs for the ledger on a prepared store, and reads all of it out."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def checkpoint(self, key: LedgerKey, at: datetime) -> Checkpoint:
        """Sign where every chain ends now; the first one introduces its key.

        Raise `NotTheKey` for another key than the ledger's, and `Damaged` where an earlier checkpoint saw more or else.
        """
        async with self._database.effect() as transaction:
            log = await self._locked(transaction)
            if not log:
                log = [await _state(transaction, signed_key(placed(None, at), key, None), 1)]
            if (signer := _keys(log)[-1]) != key.kid:
                raise NotTheKey(f"it is {key.kid}, and the ledger's is {signer}; `ledger key rotate` replaces that.")
            heads = await _known(transaction)
            moved = changed(heads, await _now(transaction))
            folded(heads, moved)
            said = checkpoint(placed(log[-1], at), list(heads.values()))
            await _state(transaction, signed_checkpoint(said, key), said.number)
            if moved:
                rows = [{"number": said.number, **head._asdict()} for head in moved]
                await transaction.execute(insert(ledger_heads), rows)
            return said

    async def rotate(self, new: LedgerKey, old: LedgerKey | None, at: datetime) -> NewKey:
        """Let another key sign from now on. Without the old one (it was lost) auditors must be told the new one's id.

        Raise `NotTheKey` where `old` is not the ledger's key, or `new` was it before.
        """
        async with self._database.effect() as transaction:
            log = await self._locked(transaction)
            known = _keys(log)
            if old and known[-1:] != [old.kid]:
                raise NotTheKey(f"it is {old.kid}, and the ledger's is {known[-1] if known else 'not there yet'}.")
            if new.kid in known:
                raise NotTheKey(
                    f"it was introduced before ({new.kid}); make a new one with `starter.py ledger key new`."
                )
            place = placed(log[-1] if log else None, at)
            envelope = await _state(transaction, signed_key(place, new, old), place.number)
            return NewKey.model_validate_json(envelope.content)

    async def statements(self) -> list[Stated]:
        """Every signed statement, first to last."""
        async with self._database.reading() as snapshot:
            return await _log(snapshot)

    async def export(self, case: str | None = None) -> AsyncGenerator[bytes]:
        """The whole ledger as lines for `verifier/verify.py`, or one case with proofs that checkpoints cover it."""
        both = entries.outerjoin(bodies, and_(bodies.c.case == entries.c.case, bodies.c.n == entries.c.n))
        wanted = (
            select(*entries.c, bodies.c.salt, bodies.c.body).select_from(both).order_by(entries.c.case, entries.c.n)
        )
        async with self._database.reading() as snapshot:
            yield header(case)
            log = await _log(snapshot)
            for line in of_case(case, log) if case else [each.line for each in log]:
                yield line
            rows = await snapshot.stream(wanted.where(entries.c.case == case) if case else wanted)
            async for row in rows.mappings():
                yield entry_line(row)

    async def _locked(self, transaction: AsyncConnection) -> list[Envelope]:
        """All statements; until the transaction ends nobody else adds one."""
        if not self._database.sqlite:
            await transaction.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOG_LOCK})
        try:
            log = [Envelope.model_validate_json(each.envelope) for each in await _log(transaction)]
            _ = [number_of(each) for each in log[-1:]]
        except ValueError:
            raise Damaged("A statement cannot be read.") from None
        return log


async def _log(snapshot: AsyncConnection) -> list[Stated]:
    moved = defaultdict[int, list[Head]](list)
    for number, *head in await snapshot.execute(select(*HEADS)):
        moved[number].append(Head(*head))
    rows = await snapshot.execute(select(ledger_statements).order_by(ledger_statements.c.number))
    return [Stated(row.number, row.envelope, moved[row.number]) for row in rows]


def _keys(log: list[Envelope]) -> list[str]:
    """The ids of the ledger's keys, the one that signs last."""
    try:
        known = [NewKey.model_validate_json(each.content).kid for each in log if each.payloadType == KEY]
    except ValueError:
        raise Damaged("A key statement cannot be read.") from None
    if log and not known:
        raise Damaged("No key statement is there.")
    return known


async def _state(transaction: AsyncConnection, envelope: Envelope, number: int) -> Envelope:
    row = {"number": number, "envelope": envelope.model_dump_json()}
    await transaction.execute(insert(ledger_statements).values(row))
    return envelope


async def _known(transaction: AsyncConnection) -> dict[str, Head]:
    """The heads of all chains by the checkpoints; raise `Damaged` where the chains do not have one of them."""
    same = and_(entries.c.case == ledger_heads.c.case, entries.c.n == ledger_heads.c.n)
    known = dict[str, Head]()
    found = await transaction.execute(select(*HEADS, entries.c.hash).select_from(ledger_heads.outerjoin(entries, same)))
    for number, case, n, seen, now in sorted(found, key=lambda row: (row[0], row[1])):
        if seen != now:
            raise Damaged(f"Checkpoint {number} saw another entry {n} of case {show(case, 200)}.")
        known[case] = Head(case, n, seen)
    return known


async def _now(transaction: AsyncConnection) -> list[Head]:
    """Where all chains end."""
    last = select(entries.c.case, func.max(entries.c.n).label("n")).group_by(entries.c.case).subquery()
    wanted = select(entries.c.case, entries.c.n, entries.c.hash)
    rows = await transaction.execute(wanted.join(last, and_(last.c.case == entries.c.case, last.c.n == entries.c.n)))
    return [Head(*row) for row in rows]
