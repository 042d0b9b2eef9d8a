"""One look at every case that may have moved: histories and journal into the ledger, and its spans to the sinks."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from domain.sweeping import Swept
from domain.text import show
from governance.trail.entries import CaseEntries, record_in, settled
from governance.trail.filing import Extent, Known, Told
from integrations.known_cases import KnownCases, filed_each
from integrations.store import Store
from integrations.store.journal import Touched
from integrations.store.ledger import Written
from integrations.telemetry import Outlets, drain
from integrations.temporal.histories import Histories
from integrations.temporal.moved import Moved, Scope
from integrations.temporal.unavailable import available

AT_ONCE = 10
"""Cases in one transaction of the ledger: effects wait for it meanwhile."""
EVERYTHING = timedelta(minutes=5)
"""How often sinks are asked for whatever they still lack, beyond what has just been entered."""
AFTERWARDS = timedelta(seconds=2)
"""What an activity leads to is in the history a little later than the journal says that it went on."""
PATIENCE = 2.0
"""Seconds that a round waits for backends; what takes longer goes on beside the rounds that follow."""
BY = "the sweep"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def sweep_of(client: Client, store: Store, outlets: Outlets, scope: Scope, told: Told) -> Sweep:
    """The sweep over the cases of one task queue; close it before the store and the outlets."""
    known = KnownCases(Histories(client), store.journal, told)
    return Sweep(store, Moved(client, scope, store.ledger_view), known, outlets)


class Sweep:
    """Implements `domain.ports.Sweeping`; what it remembers saves work and nothing else."""

    def __init__(self, store: Store, moved: Moved, known: KnownCases, outlets: Outlets) -> None:
        self._store = store
        self._moved = moved
        self._known = known
        self._outlets = outlets
        self._entered: dict[str, Extent] = {}
        """How far open cases had come when they were entered."""
        self._behind = LONG_AGO
        """When sinks were last asked for everything."""
        self._owed: set[str] = set()
        """Cases of which sinks may lack something that is not being sent yet."""
        self._sending: asyncio.Task[Swept] | None = None
        self._spared: frozenset[str] = frozenset()
        """Runs that the last round left for this one."""

    async def close(self) -> None:
        """Stop sending; what is not remembered as sent is sent again by whoever sweeps next."""
        if self._sending:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    async def sweep(self, patience: float | None = PATIENCE, *, at_once: bool = True) -> Swept:
        """One round; it waits so many seconds for backends, and where that is None until they have all or fail.

        Who comes back soon need not look `at_once` at a case in which something went on just now: the next round does,
        and most cases have ended by then, so that they are looked at once and not twice.
        """
        async with available():
            began, touched, done = datetime.now(UTC), await self._store.journal.touched(), set[str]()
            moved = await self._moved.cases(touched if at_once else self._rested(touched, began))
            total = Swept(warnings=moved.warnings)
            for place in range(0, len(moved.cases), AT_ONCE):
                total = total.then(await self._file(moved.cases[place : place + AT_ONCE], done))
            seen = [each for each in touched if began - each.at > AFTERWARDS or each.run_id in done]
            await self._store.journal.visited(seen)
            told = {"left": moved.left, "lag": _lag(touched)}
            return total.then(await self._send(moved.cases, patience)).model_copy(update=told)

    def _rested(self, touched: Sequence[Touched], now: datetime) -> list[Touched]:
        busy = frozenset(each.run_id for each in touched if now - each.at <= AFTERWARDS)
        self._spared = busy - self._spared
        return [each for each in touched if each.run_id not in self._spared]

    async def _file(self, cases: Sequence[str], done: set[str]) -> Swept:
        """Enter what these cases have by now; adds the runs of those that are sealed to `done`."""
        now, found = datetime.now(UTC), await self._known.find(cases)
        for case in cases:
            self._moved.seen(case)
        for case in found.gone:
            self._moved.forget(case)
        new = [known for known in found.known if self._entered.get(known.case) != known.extent]
        entered, wrong = await asyncio.to_thread(filed_each, new, now)
        written = await self._store.ledger.write([said for _, said in entered], BY)
        warnings = [*found.wrong, *wrong]
        for (known, said), came in zip(entered, written, strict=True):
            warnings += await self._differing(said, came)
            self._remember(known, said, came, done)
        return Swept(
            cases=len(cases),
            entered=sum(each.fresh for each in written),
            sealed=sum(each.newly for each in written),
            unsealed=sum(said.settling for _, said in entered),
            warnings=tuple(warnings),
        )

    def _remember(self, known: Known, said: CaseEntries, came: Written, done: set[str]) -> None:
        """What need not be looked at again."""
        if came.sealed:
            self._moved.forget(came.case)
        elif said.settling:
            self._moved.again(came.case)
        if came.sealed and said.closed:
            done.update(run.history.run_id for run in known.runs)
        if not said.closed and not said.settling:
            self._entered[known.case] = known.extent

    async def _differing(self, said: CaseEntries, came: Written) -> list[str]:
        """What was entered first and is something else now: an outcome that has become known is entered too."""
        if not came.others:
            return []
        first = await self._store.ledger_view.bodies_of(came.case, came.others)
        unknown = {name for name, body in first.items() if (record := record_in(body)) and record.status == "unknown"}
        now = {entry.record_id: record_in(entry.body) for entry in said.entries}
        learnt = [settled(record) for name in sorted(unknown) if (record := now.get(name))]
        if learnt:
            await self._store.ledger.write([CaseEntries(said.case, tuple(learnt), closed=said.closed)], BY)
        return [
            f"Case {show(said.case, 120)}: record {name} says something else than it did when it was entered; "
            f"`starter.py verify {show(said.case, 120)}` says more."
            for name in came.others
            if name not in unknown
        ]

    async def _send(self, cases: Collection[str], patience: float | None) -> Swept:
        """Let sinks have what they lack, one round of sending after the other; the ledger waits for none of them."""
        self._owed |= set(cases)
        if self._sending is None:
            self._sending = asyncio.create_task(self._drain(frozenset(self._owed)))
            self._owed.clear()
        ended, _ = await asyncio.wait({self._sending}, timeout=patience)
        if not ended:
            return Swept()
        sending, self._sending = self._sending, None
        return sending.result()

    async def _drain(self, cases: Collection[str]) -> Swept:
        """Let every sink have what it lacks: of these cases, and now and then of all."""
        now = datetime.now(UTC)
        everything = now - self._behind >= EVERYTHING
        drained = await drain(
            self._store.outbox,
            self._outlets.sinks,
            content=self._outlets.content,
            cases=None if everything else cases,
        )
        whole = all(each.failure is None and not each.more for each in drained)
        self._behind = LONG_AGO if not whole else now if everything else self._behind
        failures = tuple(f"{each.sink} did not take the trail: {each.failure}" for each in drained if each.failure)
        return Swept(sent=sum(each.spans for each in drained), warnings=failures)


def _lag(touched: Sequence[Touched]) -> float:
    """How long the first of what a round took in had waited for it."""
    return (datetime.now(UTC) - min(each.at for each in touched)).total_seconds() if touched else 0.0
