"""What operators look at beside what workers do: what goes on, what waits for people, how far the ledger is behind.

Every worker asks the server and the store by itself and exports the same figures, so that none of them is the one that
must not fail; whoever adds them up takes the largest.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from domain.errors import Unavailable
from domain.metrics import (
    APPROVALS_AGED,
    APPROVALS_WAITING,
    CASES_NEEDING_REPAIR,
    CASES_OPEN,
    CASES_WITH_PEOPLE,
    COUNTED_AT,
    LEDGER_LAG,
)
from integrations.beside import beside
from integrations.store.journal import Touched

EVERY = timedelta(seconds=15)
WAITED: Mapping[str, timedelta] = {"4h": timedelta(hours=4), "24h": timedelta(hours=24)}
"""How long approvals have waited at least, as the figures say it."""
log = logging.getLogger(__name__)


class Unswept(Protocol):
    """Where it stands what the ledger does not have yet."""

    async def touched(self) -> Sequence[Touched]:
        """The runs in which something went on since, longest ago first."""
        ...


@dataclass(frozen=True)
class Counted:
    """The figures of one moment."""

    open: Mapping[str, int]
    """By process, cases that go on."""
    with_people: Mapping[str, int]
    """Of those, the ones in which a person has to do something now."""
    repair: int
    """Cases whose books a person must put right, as long as the server remembers them."""
    waiting: int
    """Approvals that wait."""
    aged: Mapping[str, int]
    """Of those, by how long they have waited at least."""
    behind: timedelta
    """For how long the oldest news of a case has not been in the ledger."""


class Figures:
    """Counts the cases of these processes on one task queue."""

    def __init__(self, client: Client, unswept: Unswept, processes: Collection[str], queue: str) -> None:
        self._client, self._unswept = client, unswept
        self._processes, self._queue = processes, queue

    async def count(self) -> Counted:
        """As it is now; raise `RPCError` or `Unavailable` where the server or the store does not answer."""
        now = datetime.now(UTC)
        oldest = min((each.at for each in await self._unswept.touched()), default=now)
        types = ", ".join(f"'{each}'" for each in self._processes)
        return Counted(
            open={each: await self._running(each) for each in self._processes},
            with_people={each: await self._running(each, " AND OwnerRole IS NOT NULL") for each in self._processes},
            repair=await self._number(f"WorkflowType IN ({types}) AND CaseState='needs repair'"),
            waiting=await self._running("Approval"),
            aged={
                said: await self._running("Approval", f" AND StartTime <= '{(now - waited).isoformat()}'")
                for said, waited in WAITED.items()
            },
            behind=max(now - oldest, timedelta(0)),
        )

    async def _running(self, workflow_type: str, more: str = "") -> int:
        return await self._number(f"WorkflowType='{workflow_type}' AND ExecutionStatus='Running'{more}")

    async def _number(self, query: str) -> int:
        return (await self._client.count_workflows(f"TaskQueue='{self._queue}' AND {query}")).count


class Gauges:
    """The figures as metrics."""

    def __init__(self, meter: MetricMeter) -> None:
        self._open, self._people, self._repair, self._waiting, self._aged = (
            meter.create_gauge(metric.name, metric.about)
            for metric in (CASES_OPEN, CASES_WITH_PEOPLE, CASES_NEEDING_REPAIR, APPROVALS_WAITING, APPROVALS_AGED)
        )
        self._behind, self._counted = (
            meter.create_gauge_float(metric.name, metric.about) for metric in (LEDGER_LAG, COUNTED_AT)
        )

    def show(self, counted: Counted) -> None:
        """Export these from now on."""
        for gauge, figures in ((self._open, counted.open), (self._people, counted.with_people)):
            for process, figure in figures.items():
                gauge.set(figure, {"process": process})
        for waited, figure in counted.aged.items():
            self._aged.set(figure, {"waited": waited})
        self._waiting.set(counted.waiting)
        self._repair.set(counted.repair)
        self._behind.set(counted.behind.total_seconds())
        self._counted.set(time.time())


@asynccontextmanager
async def counted(figures: Figures, runtime: Runtime | None, every: timedelta = EVERY) -> AsyncGenerator[None]:
    """Export the figures again and again until the block ends; nothing is counted where nothing is exported."""
    if runtime is None or runtime.metric_meter is MetricMeter.noop:
        yield
        return
    async with beside(_count(figures, Gauges(runtime.metric_meter), every)):
        yield


async def _count(figures: Figures, gauges: Gauges, every: timedelta) -> None:
    while True:
        try:
            gauges.show(await figures.count())
        except (RPCError, Unavailable) as error:
            log.warning("The figures stay as they were: %s", error)
        await asyncio.sleep(every.total_seconds())
