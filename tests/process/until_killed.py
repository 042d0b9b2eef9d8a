"""How a worker of a test works as a program of its own: as its environment says, until somebody kills it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from temporalio.client import Client
from temporalio.worker import Worker

from integrations.settings import Settings
from integrations.temporal.connection import connect


def work_until_killed(made: Callable[[Client, Settings], AbstractAsyncContextManager[Worker]]) -> None:
    asyncio.run(_work(made))


async def _work(made: Callable[[Client, Settings], AbstractAsyncContextManager[Worker]]) -> None:
    settings = Settings()
    client = await connect(settings)
    async with made(client, settings) as working, working:
        await asyncio.Event().wait()
