"""What a platform sees of a worker: probes and figures, where the settings ask for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio.client import Client

from integrations.operations.endpoint import serving
from integrations.operations.health import Health
from integrations.operations.scraping import Scrape
from integrations.settings import Settings


@asynccontextmanager
async def watched(client: Client, settings: Settings, build: str, scrape: Scrape) -> AsyncGenerator[Health | None]:
    """Answer probes from now on, also while the worker is starting and while it drains."""
    if settings.ops_address is None:
        yield None
        return
    health = Health(client, build)
    async with health.beating():
        with serving(settings.ops_address, health, scrape):
            yield health
