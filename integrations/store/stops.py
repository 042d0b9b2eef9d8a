"""What people have stopped: an append-only log, and the one question that everything asks before it acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Select, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.text import show
from domain.values import Frozen
from integrations.database import Database
from integrations.standing_query import StandingQuery
from integrations.store.schema import stops

StopKind = Literal["process", "action", "agent"]
FIELDS = ("kind", "name", "state", "by", "at", "reason")
ENTRY = tuple(stops.c[field] for field in FIELDS)
QUESTION = text("""
    SELECT kind, name, state, "by", at, reason FROM stops WHERE state = 'stopped' AND id IN (
        (SELECT max(id) FROM stops WHERE kind = 'process' AND name = :process),
        (SELECT max(id) FROM stops WHERE kind = 'action' AND name = :action),
        (SELECT max(id) FROM stops WHERE kind = 'agent' AND name = :agent))
""")
"""The newest entry of each, where it stops it: three index seeks; a name that is null is nobody's."""

LOG_LOCK = 0x5167_6E62
"""PostgreSQL advisory lock: entries are written one after the other, so that a higher id is a later one."""


class Stop(Frozen):
    """One entry of the log: who stopped what, or let it go on, when and why."""

    kind: StopKind
    name: str = Field(min_length=1, max_length=200)
    state: Literal["stopped", "resumed"]
    by: str = Field(min_length=1, max_length=200)
    at: datetime
    reason: str = Field(min_length=1, max_length=1000)

    def __str__(self) -> str:
        """Say it in a sentence."""
        did = "suspended" if self.state == "stopped" else "resumed"
        what, why = f"the {self.kind} {show(self.name, 60)}", show(self.reason, 200).rstrip(".")
        return f"{show(self.by, 60)} {did} {what} on {self.at:%Y-%m-%d at %H:%M} UTC: {why}."


class Stops:
    """Implements `domain.ports.StopButton` on a prepared store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._question = StandingQuery(database, QUESTION)

    async def stopped(
        self, *, process: str | None = None, action: str | None = None, agent: str | None = None
    ) -> str | None:
        """Who stopped any of this, when and why; None where nothing is. Raises `Unavailable`, never guesses."""
        found = await self._question.ask({"process": process, "action": action, "agent": agent})
        return " ".join(str(_stop(row)) for row in found) or None

    async def suspend(self, stop: Stop) -> Stop:
        """Stop it; returns what is in force now, which is the earlier entry where it was stopped already."""
        async with self._database.effect() as transaction:
            if known := await self._in_force(transaction, stop):
                return known
            await transaction.execute(insert(stops).values(**stop.model_dump()))
            return stop

    async def resume(self, stop: Stop) -> Stop | None:
        """Let it go on; returns the entry that this ends, or None where it was not stopped: then nothing is written."""
        async with self._database.effect() as transaction:
            if known := await self._in_force(transaction, stop):
                await transaction.execute(insert(stops).values(**stop.model_dump()))
                return known
            return None

    async def in_force(self) -> tuple[Stop, ...]:
        """Everything that is stopped now, longest first."""
        newest = select(func.max(stops.c.id)).group_by(stops.c.kind, stops.c.name)
        return await self._listed(select(*ENTRY).where(stops.c.id.in_(newest), stops.c.state == "stopped"))

    async def log(self) -> tuple[Stop, ...]:
        """Every entry, oldest first."""
        return await self._listed(select(*ENTRY))

    async def close(self) -> None:
        """Give back the connection that the question keeps."""
        await self._question.close()

    async def _listed(self, wanted: Select[Any]) -> tuple[Stop, ...]:
        async with self._database.reading() as snapshot:
            return tuple(_stop(row) for row in await snapshot.execute(wanted.order_by(stops.c.id)))

    async def _in_force(self, transaction: AsyncConnection, same: Stop) -> Stop | None:
        """The entry that stops it now; until the transaction ends nobody else writes one."""
        if not self._database.sqlite:
            await transaction.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOG_LOCK})
        this = select(*ENTRY).where(stops.c.kind == same.kind, stops.c.name == same.name)
        newest = (await transaction.execute(this.order_by(stops.c.id.desc()).limit(1))).one_or_none()
        return _stop(newest) if newest and newest.state == "stopped" else None


def _stop(row: Sequence[Any]) -> Stop:
    return Stop.model_validate(dict(zip(FIELDS, row, strict=True)))
