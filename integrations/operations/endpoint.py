"""`/livez`, `/readyz` and `/metrics`, on a thread of their own: a worker whose loop is stuck can still say so.

Nobody is authenticated, and nothing of a case is told: bind it where only the platform reaches it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager

from aiohttp import web

from domain.errors import DomainError
from integrations.operations.findings import Report
from integrations.operations.health import Health
from integrations.operations.scraping import Scrape

READY_WITHIN = 3.5
"""Seconds after which a worker that does not say whether it is ready is not."""
CLOSING = 5.0


class CannotServe(DomainError):
    """The address of the probes cannot be used."""


@contextmanager
def serving(address: str, health: Health, scrape: Scrape) -> Generator[str]:
    """Answer at `host:port` until the block ends; yields the URL. Enter it on the worker's event loop."""
    ours = asyncio.get_running_loop()
    started: Future[str] = Future()
    stop = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(_serve(address, _app(health, scrape, ours), started, stop)),
        name="operations",
        daemon=True,  # it keeps no worker from ending
    )
    thread.start()
    try:
        yield started.result(CLOSING)
    finally:
        stop.set()
        thread.join(CLOSING)


async def _serve(address: str, app: web.Application, started: Future[str], stop: threading.Event) -> None:
    host, _, port = address.rpartition(":")
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host.strip("[]"), int(port))
        await site.start()
        bound: int = runner.addresses[0][1]
    except (OSError, OverflowError) as error:
        started.set_exception(
            CannotServe(
                f"SIGNALBOX_OPS_ADDRESS is {address}: {error.strerror if isinstance(error, OSError) else error}."
            )
        )
    else:
        started.set_result(f"http://{host}:{bound}")
        await asyncio.to_thread(stop.wait)
    finally:
        await runner.cleanup()


def _app(health: Health, scrape: Scrape, ours: asyncio.AbstractEventLoop) -> web.Application:
    async def livez(_: web.Request) -> web.Response:
        return _told(health.alive())

    async def readyz(_: web.Request) -> web.Response:
        return _told(await _ready(health, ours))

    async def metrics(_: web.Request) -> web.Response:
        return await scrape()

    app = web.Application()
    routes: dict[str, Callable[[web.Request], Awaitable[web.Response]]] = {
        "/livez": livez,
        "/readyz": readyz,
        "/metrics": metrics,
    }
    app.add_routes([web.get(path, answer) for path, answer in routes.items()])
    return app


async def _ready(health: Health, ours: asyncio.AbstractEventLoop) -> Report:
    """Asked on the worker's loop; where that does not move, what `alive` says of it is the answer."""
    asked = asyncio.run_coroutine_threadsafe(health.ready(), ours)
    try:
        return await asyncio.wait_for(asyncio.wrap_future(asked), READY_WITHIN)
    except TimeoutError:
        alive = health.alive()
        late = alive.checks["event_loop"].model_copy(update={"ok": False})
        return Report.of(alive.build, {**alive.checks, "event_loop": late})


def _told(report: Report) -> web.Response:
    return web.json_response(
        text=report.model_dump_json(indent=2) + "\n",
        status=200 if report.ok else 503,
        headers={"Cache-Control": "no-store"},
    )
