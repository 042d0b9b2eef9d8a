"""What the ledger has and a sink has not had yet, sent."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from time import monotonic

from domain.errors import Unavailable
from domain.values import Frozen
from governance.trail.entries import SETTLED, record_in
from governance.trail.identity import record_id
from governance.trail.record import Record
from governance.trail.spans import Span, spans_of
from integrations.store.outbox import Due, Outbox
from integrations.telemetry.sink import Sink

AT_ONCE = 512
"""Entries a batch: what a sink that fails is sent again."""
SECONDS = 20.0


class Drained(Frozen):
    """What became of one sink in one round; `more` where the time was over before all was sent."""

    sink: str
    entries: int
    spans: int
    failure: str | None
    more: bool


async def drain(
    outbox: Outbox,
    sinks: Iterable[Sink],
    *,
    content: bool,
    cases: Collection[str] | None = None,
    within: float = SECONDS,
) -> tuple[Drained, ...]:
    """Send each sink what it lacks, all at once, so that none waits for another; begins no batch after so many seconds.

    With `cases` only of these, which is quick; without them of all, which asks for the end of each chain. A sink that
    fails says so in its result; `Unavailable` is raised only where the store does not answer.
    """
    until = monotonic() + within
    rounds = (_Round(outbox, sink, content, cases).run(until) for sink in sinks)
    return tuple(await asyncio.gather(*rounds))


class _Round:
    """One sink's round."""

    def __init__(self, outbox: Outbox, sink: Sink, content: bool, cases: Collection[str] | None) -> None:
        self._outbox = outbox
        self._sink = sink
        self._content = content
        self._cases = cases
        self._entries = self._spans = 0

    async def run(self, until: float) -> Drained:
        """Send batch after batch; what was sent before a failure is remembered."""
        while due := await self._outbox.due(self._sink.name, AT_ONCE, self._cases):
            if monotonic() > until:
                return self._drained(more=True)
            try:
                await self._send(due)
            except Unavailable as failure:
                return self._drained(failure=str(failure), more=True)
            await self._outbox.sent(self._sink.name, {each.case: each.n for each in due})
            self._entries += len(due)
        return self._drained()

    async def _send(self, due: Sequence[Due]) -> None:
        spans = await asyncio.to_thread(self._told, due)
        if spans:
            await self._sink.send(spans)
        self._spans += len(spans)

    def _told(self, due: Sequence[Due]) -> tuple[Span, ...]:
        records = [record for each in due if (record := _record(each))]
        return spans_of(records, content=self._content)

    def _drained(self, *, failure: str | None = None, more: bool = False) -> Drained:
        return Drained(sink=self._sink.name, entries=self._entries, spans=self._spans, failure=failure, more=more)


def _record(due: Due) -> Record | None:
    """What the entry says. A span never changes once it was sent: an outcome that came later is one beneath it."""
    record = record_in(due.body) if due.body is not None else None
    if record is None or not due.record.endswith(SETTLED):
        return record
    later = {"id": record_id(record.run, "settled", record.id), "parent": record.id, "name": f"{record.name} (settled)"}
    return record.model_copy(update=later)
