"""A sign of life while something takes long, so that a lost worker is noticed long before the time limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio import activity

BEAT_SECONDS = 2


@asynccontextmanager
async def pulse() -> AsyncGenerator[None]:
    """Heartbeat until the block ends; outside a worker nobody listens."""
    if not activity.in_activity():
        yield
        return
    beating = asyncio.create_task(_beat())
    try:
        yield
    finally:
        beating.cancel()


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT_SECONDS)
