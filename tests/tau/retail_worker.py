"""A worker for retail cases, as a program of its own: only here do retail actions travel, and a test may kill it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.tau import actions

actions.widen()  # before anything else of ours is imported, since models take their types once

from tests.tau import adapters  # noqa: E402

adapters.register()

from temporalio.client import Client  # noqa: E402
from temporalio.worker import Worker  # noqa: E402

import worker  # noqa: E402
from activities.final import FinalErrors  # noqa: E402
from activities.journaling import Journaling  # noqa: E402
from activities.tools import ToolActivities, refuse_unanswered  # noqa: E402
from composition.common import common  # noqa: E402
from composition.opened import open_shared, opened_store  # noqa: E402
from governance.guard import refuse_unguarded, refuse_unknown_roles  # noqa: E402
from integrations.settings import Settings  # noqa: E402
from integrations.temporal.connection import connect  # noqa: E402
from integrations.temporal.runs import ServerRuns  # noqa: E402
from tests.tau.agent import retail_clerk  # noqa: E402
from tests.tau.mcp import mcp_shops  # noqa: E402
from tests.tau.process import RetailWorkflow  # noqa: E402
from tests.tau.store import Shop  # noqa: E402
from workflows.approval import Approval  # noqa: E402
from workflows.door import Door  # noqa: E402
from workflows.options import TASK_QUEUE  # noqa: E402

AGENTS = {(retail_clerk.name, retail_clerk.version): retail_clerk}


async def systems(settings: Settings, stack: AsyncExitStack) -> adapters.SystemOf:
    """The shops of this worker: SQLite files, or where a test names its Python, the MCP server."""
    folder = settings.home / "shops"
    if python := os.environ.get("RETAIL_MCP_PYTHON"):
        return await stack.enter_async_context(mcp_shops(Path(python), folder))
    return lambda case: Shop.of(folder, case)


@asynccontextmanager
async def retail_worker(client: Client, settings: Settings) -> AsyncGenerator[Worker]:
    """Everything that the product's worker does, for retail cases."""
    async with AsyncExitStack() as stack:
        store = await opened_store(settings, stack)
        opened = await open_shared(client, settings, store, stack)
        documents, policies = opened.documents, opened.policies
        tables = [await policies.table(RetailWorkflow.policy)]
        of = await systems(settings, stack)
        answers = adapters.Lookups(of).answers()
        refuse_unguarded(dict.fromkeys(actions.ALL, of("")), actions.ALL, tables)
        refuse_unknown_roles(tables, (await policies.people())[0])
        refuse_unanswered(AGENTS.values(), answers)
        tools, retail = ToolActivities(AGENTS, documents, answers), adapters.RetailActivities(of, store.stops)
        yield Worker(
            client,
            task_queue=settings.task_queue or TASK_QUEUE,
            workflows=[RetailWorkflow, Approval],
            activities=[
                *(await common(opened, AGENTS, stack)).activities,
                *(tools.look_up, tools.prepare_action),
                *(getattr(retail, method.__name__) for method in adapters.PERFORMED.values()),
            ],
            interceptors=[FinalErrors(), Journaling(store.journal, client.identity), Door(ServerRuns(client))],
            workflow_runner=worker.sandbox(),
            sticky_queue_schedule_to_start_timeout=worker.timedelta(seconds=2),
        )


async def main() -> None:
    settings = Settings()
    client = await connect(settings)
    async with retail_worker(client, settings) as working, working:
        sys.stdout.write("the retail worker works\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
