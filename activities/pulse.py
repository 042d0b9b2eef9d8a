"""A sign of life while something takes long, so that a lost worker is noticed long before the time limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from pydantic import BaseModel
from temporalio import activity

BEAT_SECONDS = 2


@asynccontextmanager
async def pulse(reached: Callable[[], BaseModel | None] = lambda: None) -> AsyncGenerator[None]:
    """Heartbeat until the block ends, with what was `reached` by then, which a further attempt is told.

    Outside a worker nobody listens.
    """
    if not activity.in_activity():
        yield
        return
    beating = asyncio.create_task(_beat(reached))
    try:
        yield
    finally:
        beating.cancel()


def beat(reached: BaseModel | None) -> None:
    """Heartbeat now."""
    if activity.in_activity():
        activity.heartbeat(*(() if reached is None else (reached,)))


async def _beat(reached: Callable[[], BaseModel | None]) -> None:
    while True:
        beat(reached())
        await asyncio.sleep(BEAT_SECONDS)
