"""Preparing the ground, and leaving nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from deploy.rehearsal.cluster import Cluster
from deploy.rehearsal.collector import Collector
from deploy.rehearsal.ground import Ground
from deploy.rehearsal.logins import Dex
from deploy.rehearsal.postgresql import PostgreSql
from deploy.rehearsal.processes import free_ports
from deploy.rehearsal.reading import CodecServer
from deploy.rehearsal.toolchain import Tools
from deploy.rehearsal.ui import Ui
from deploy.rehearsal.versions import versions
from integrations.service_tokens import key_set, new_service_key

RENEWED_SECONDS = 15.0


@asynccontextmanager
async def prepared(folder: Path, tools: Tools, version_a: str) -> AsyncGenerator[Ground]:
    """All servers, prepared and not started; whatever is started ends with the block."""
    (folder / "home").mkdir(parents=True)
    key = new_service_key(folder / "services.pem")
    jwks = folder / "services.jwks.json"
    jwks.write_text(key_set([], key))
    database = PostgreSql(folder, free_ports(1)[0])
    dex = Dex(folder, tools.dex) if tools.dex else None
    keys = (f"file://{jwks}", *((dex.keys,) if dex else ()))
    codec = CodecServer(folder, dex) if dex else None
    cluster = Cluster(folder, tools.temporal, database, keys)
    made = Ground(
        folder=folder,
        tools=tools,
        key=key,
        database=database,
        cluster=cluster,
        dex=dex,
        ui=Ui(folder, tools.ui, dex, cluster.address, codec.url) if tools.ui and dex and codec else None,
        codec=codec,
        collector=Collector(folder, tools.collector) if tools.collector else None,
        versions=await asyncio.to_thread(versions, version_a, folder / "version-a"),
    )
    async with AsyncExitStack() as ending:
        ending.push_async_callback(database.stop)
        ending.push_async_callback(made.cluster.stop)
        ending.push_async_callback(_stop_beside, made)
        ending.push_async_callback(_stop_workers, made)
        ending.callback(asyncio.create_task(_renewing(made)).cancel)
        yield made


async def _stop_workers(made: Ground) -> None:
    await asyncio.gather(*(worker.stop() for worker in made.workers.values()))


async def _stop_beside(made: Ground) -> None:
    for each in (made.ui, made.codec, made.dex, made.collector):
        if each:
            await each.stop()


async def _renewing(made: Ground) -> None:
    while True:
        if made.renewing:
            made.renew()
        await asyncio.sleep(RENEWED_SECONDS)
