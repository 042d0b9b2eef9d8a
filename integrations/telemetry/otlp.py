"""A backend that says only yes or no: what it has taken is known, and one span that it never takes stops no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread

from domain.errors import Unavailable
from domain.text import show
from governance.trail.spans import Span

GRACE, LONGEST = 2.0, 120.0
"""Seconds: beyond an export's own limit, which counts from byte to byte; and for looking for what is not taken."""

logger = logging.getLogger(__name__)


class OtlpSink:
    """Sends by `export`, which blocks, says whether all was taken and should end after so many seconds."""

    def __init__(self, where: str, export: Callable[[Sequence[Span]], bool], seconds: float) -> None:
        self.name = f"otlp {where}"
        self._where = where
        self._export = export
        self._seconds = seconds
        self._turn = asyncio.Lock()
        self._running: Future[bool] | None = None
        self._taken: Span | None = None
        """What it took last; sent again, it shows whether a refusal means the span or everything."""
        self._in_vain = 0

    async def send(self, spans: Sequence[Span]) -> None:
        """Return when they are there; raise `Unavailable` where they may be not.

        A single span that is refused although the backend takes others is left out, and the log says which.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(LONGEST):
                    await self._deliver(spans)
            except TimeoutError:
                raise Unavailable(f"{self._where} took some spans, but not all within {LONGEST:.0f} s.") from None

    async def _deliver(self, spans: Sequence[Span]) -> None:
        if not spans or await self._takes(spans):
            return
        await self._expect_there(spans)
        if len(spans) > 1:
            middle = len(spans) // 2
            await self._deliver(spans[:middle])
            await self._deliver(spans[middle:])
        elif not await self._takes(spans):  # asked again: it may have been away for a moment
            await self._expect_there(spans)
            self._leave_out(spans[0])

    async def _expect_there(self, spans: Sequence[Span]) -> None:
        """Raise `Unavailable` where it does not take what it took before, or one of these: each time another one."""
        if await self._takes([self._taken or spans[self._in_vain % len(spans)]]):
            return
        self._taken = None
        self._in_vain += 1
        mend = "check that it runs, and OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL, _HEADERS and _CERTIFICATE"
        raise Unavailable(f"{self._where} takes no spans: {mend}.")

    async def _takes(self, spans: Sequence[Span]) -> bool:
        """Whether it has them now. Never two threads at once: one may hang for longer than its limit."""
        if self._running and not self._running.done():
            raise Unavailable(f"{self._where} has not answered an earlier request yet.")
        self._running = Future[bool]()
        # A thread of its own, since a pool's threads are waited for when a worker stops.
        Thread(target=self._run, args=(spans, self._running), name=self.name, daemon=True).start()
        ended, _ = await asyncio.wait([asyncio.wrap_future(self._running)], timeout=self._seconds + GRACE)
        if not ended:
            raise Unavailable(f"{self._where} has not answered for {self._seconds + GRACE:.0f} s.")
        taken = self._running.result()
        self._taken = spans[-1] if taken else self._taken
        return taken

    def _run(self, spans: Sequence[Span], ended: Future[bool]) -> None:
        taken = False
        try:
            taken = self._export(spans)
        finally:
            ended.set_result(taken)

    def _leave_out(self, span: Span) -> None:
        size = len(span.model_dump_json())
        name = f"{show(span.name, 80)} ({span.span_id} of trace {span.trace_id}, {size} characters)"
        logger.warning(
            "%s never takes the span %s: it is left out there; the ledger has its record.", self._where, name
        )
