"""The figures of the SDK's core and our own, which it counts with its own: one exporter, and one endpoint for both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

Scrape = Callable[[], Awaitable[web.Response]]
CONTENT = "text/plain; version=0.0.4"
WITHIN = aiohttp.ClientTimeout(total=3)


def scraping(exporter: str | None) -> Scrape:
    """Hand on what the core's exporter at this address says; without one, say where figures go instead."""

    async def scrape() -> web.Response:
        if exporter is None:
            return web.Response(status=404, text="Figures are sent by OTLP (OTEL_METRICS_EXPORTER), not served here.\n")
        try:
            async with (
                aiohttp.ClientSession(timeout=WITHIN) as asking,
                asking.get(f"http://{exporter}/metrics") as said,
            ):
                return web.Response(body=await said.read(), status=said.status, headers={"Content-Type": CONTENT})
        except (aiohttp.ClientError, TimeoutError) as error:
            return web.Response(status=503, text=f"The SDK's core gives no figures: {type(error).__name__}.\n")

    return scrape
