"""Whether a worker lives and whether it is ready.

Alive is a worker whose event loop moves and whose SDK core answers: a server that is down is no reason to restart it.
Ready is one that polls, has not been told to stop, reaches the server and can write what it does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol

from temporalio.client import Client
from temporalio.service import RPCError

from domain.errors import Unavailable
from domain.text import show
from integrations.operations.findings import Finding, Report

BEAT = 0.25
"""Seconds between two signs of the event loop."""
LAG = 5.0
"""Seconds for which the loop may stand still: blocking code of a second is bad, and no reason to kill what runs."""
CAP = timedelta(seconds=2)
"""How long the server, or the store, may take to answer."""
ASKED_EVERY, SILENT = 5.0, 20.0
"""Seconds between two questions to the core, and after which one that gives no answer at all counts as dead."""
OF_THE_SERVER = 200


class Working(Protocol):
    """The workers of this process."""

    @property
    def is_running(self) -> bool:
        """Whether all of them poll."""
        ...

    @property
    def is_draining(self) -> bool:
        """Whether they were told to stop."""
        ...


class Health:
    """Made on the worker's event loop; `alive` may be asked from any thread, `ready` on that loop only."""

    def __init__(self, client: Client, build: str) -> None:
        self._client, self._build = client, build
        self._beat = self._answered = time.monotonic()
        self._working: Working | None = None
        self._write: Callable[[], Awaitable[None]] | None = None
        self._asking: dict[str, asyncio.Task[Finding]] = {}

    @asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Show that the loop moves, and ask the core now and then, until the block ends."""
        tasks = asyncio.create_task(self._beats()), asyncio.create_task(self._asks())
        try:
            yield
        finally:
            running: list[asyncio.Task[Any]] = [*tasks, *self._asking.values()]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def watch(self, working: Working, write: Callable[[], Awaitable[None]]) -> None:
        """These workers, and how to write into the store; before that, the worker is starting."""
        self._working, self._write = working, write

    def alive(self) -> Report:
        """At once, whatever the loop is doing."""
        now = time.monotonic()
        lag, silence = now - self._beat - BEAT, now - self._answered
        checks = {
            "event_loop": Finding(ok=lag < LAG, said=f"it moved {max(lag, 0):.1f} s late, of {LAG:g} allowed"),
            "core": Finding(
                ok=silence < SILENT or lag >= LAG,  # nobody asks it while the loop stands still
                said=f"it answered {silence:.0f} s ago, of {SILENT:g} allowed",
            ),
        }
        return Report.of(self._build, checks)

    async def ready(self) -> Report:
        """Within three seconds."""
        server, store = await asyncio.gather(
            self._one("server", self._server, CAP * 1.25), self._one("store", self._store, CAP)
        )
        checks: Mapping[str, Finding] = {"worker": self._worker(), "server": server, "store": store}
        return Report.of(self._build, checks)

    async def _one(self, name: str, ask: Callable[[], Awaitable[Finding]], cap: timedelta) -> Finding:
        """One question of a kind at a time: a probe that comes while another waits, waits for the same answer."""
        if name not in self._asking or self._asking[name].done():
            self._asking[name] = asyncio.ensure_future(ask())
        ended, _ = await asyncio.wait({self._asking[name]}, timeout=cap.total_seconds())
        for task in ended:
            return task.result()
        return Finding(ok=False, said=f"no answer within {cap.total_seconds():g} s")

    def _worker(self) -> Finding:
        if self._working is None:
            return Finding(ok=False, said="starting")
        if self._working.is_draining:
            return Finding(ok=False, said="told to stop: it finishes what it has begun and takes nothing new")
        if not self._working.is_running:
            return Finding(ok=False, said="it does not poll")
        return Finding(ok=True, said="polling")

    async def _server(self) -> Finding:
        try:
            healthy = await self._client.service_client.check_health(timeout=CAP)
        except RPCError as error:
            finding = Finding(ok=False, said=f"{error.status.name}: {show(error.message, OF_THE_SERVER)}")
        else:
            finding = Finding(ok=healthy, said="serving" if healthy else "up, and not serving")
        self._answered = time.monotonic()  # whatever it was, the core said it
        return finding

    async def _store(self) -> Finding:
        if self._write is None:
            return Finding(ok=False, said="not opened yet")
        try:
            await self._write()
        except Unavailable as error:
            return Finding(ok=False, said=show(str(error), OF_THE_SERVER))
        return Finding(ok=True, said="written to")

    async def _beats(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(BEAT)

    async def _asks(self) -> None:
        while True:
            await self._one("server", self._server, timedelta(seconds=SILENT))
            await asyncio.sleep(ASKED_EVERY)
