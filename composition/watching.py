"""What a platform sees of a worker: probes and figures, where the settings ask for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from temporalio.client import Client
from temporalio.common import MetricMeter
from temporalio.service import RPCError

from domain.metrics import APPROVALS_WAITING
from integrations.operations.endpoint import serving
from integrations.operations.health import Health
from integrations.operations.scraping import Scrape
from integrations.settings import Settings
from workflows.options import TASK_QUEUE

WAITING = "WorkflowType='Approval' AND ExecutionStatus='Running'"
COUNTED_EVERY = 15.0


@asynccontextmanager
async def watched(
    client: Client, settings: Settings, build: str, scrape: Scrape, meter: MetricMeter
) -> AsyncGenerator[Health | None]:
    """Answer probes from now on, also while the worker is starting and while it drains."""
    if settings.ops_address is None:
        yield None
        return
    health = Health(client, build)
    counting = asyncio.create_task(_count_waiting(client, settings.task_queue or TASK_QUEUE, meter))
    try:
        async with health.beating():
            with serving(settings.ops_address, health, scrape):
                yield health
    finally:
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)


async def _count_waiting(client: Client, queue: str, meter: MetricMeter) -> None:
    """Say every now and then how many decisions wait; while the server does not answer, the last figure stands."""
    gauge = meter.create_gauge(APPROVALS_WAITING.name, APPROVALS_WAITING.about)
    while True:
        with suppress(RPCError):
            gauge.set((await client.count_workflows(f"{WAITING} AND TaskQueue='{queue}'")).count)
        await asyncio.sleep(COUNTED_EVERY)
