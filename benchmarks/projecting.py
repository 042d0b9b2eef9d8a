"""A long history from the real server: what fetching it takes, and what projecting, filing and writing it takes."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from benchmarks.measures import Measure
from composition.running import sandbox
from domain.documents import DocumentRef
from governance.trail.assembly import assembled
from governance.trail.filing import Known, filed
from integrations.store import Store, open_store
from integrations.temporal.dev_server import dev_server, free_port
from integrations.temporal.histories import Fetched, Histories
from workflows import attributes

LONG = 1_000
PATIENCE = timedelta(seconds=30)
TIMES = 7


class Projecting(Measure):
    """Seconds of each, the best of several."""

    events: int
    call: float
    read: float
    project: float
    file: float
    write: float


@activity.defn(name="look")
async def look(document: DocumentRef) -> DocumentRef:
    """Answer with what came."""
    return document


@workflow.defn(name="Long", sandboxed=False)
class Long:
    """Four activities at a time."""

    @workflow.run
    async def run(self, document: DocumentRef) -> None:
        """Go on until the history is long."""
        while workflow.info().get_current_history_length() < LONG:
            wanted = (workflow.execute_activity(look, document, start_to_close_timeout=PATIENCE) for _ in range(4))
            await asyncio.gather(*wanted)


async def measure(folder: Path) -> Projecting:
    """Make such a history, and take the time of each step with it."""
    async with (
        dev_server(folder / "long.db", free_port(), attributes.ALL) as address,
        open_store(f"sqlite:///{folder / 'long-store.db'}") as store,
    ):
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        async with Worker(client, task_queue="long", workflows=[Long], activities=[look], workflow_runner=sandbox()):
            paper = DocumentRef(digest="0" * 64, size=1, media_type="application/xml", name="a.xml")
            case = await client.start_workflow(Long.run, paper, id="long", task_queue="long")
            await case.result()
        return await _measured(client, case, store)


async def _measured(client: Client, case: WorkflowHandle[Long, None], store: Store) -> Projecting:
    histories, now = Histories(client), datetime.now(UTC)
    call = await _best(case.fetch_history)
    fetch = await _best(lambda: histories.run(case.id, case.result_run_id))
    [fetched] = await histories.every_run(case.id)

    ready = [filed(_known(fetched), now) for _ in range(TIMES)]

    async def project() -> None:
        assembled([fetched.history])

    async def file() -> None:
        filed(_known(fetched), now)

    return Projecting(
        events=len(fetched.events),
        call=call,
        read=max(fetch - call, 0.0),
        project=await _best(project),
        file=await _best(file),
        write=await _best(lambda: store.ledger.write([ready.pop()], "benchmark")),
    )


def _known(fetched: Fetched) -> Known:
    """The same as another case each time, or the ledger would have it."""
    return Known(uuid4().hex, [fetched], [], {})


async def _best(step: Callable[[], Awaitable[object]]) -> float:
    """The best of some, which others on the machine disturb least; like `timeit`, without collecting garbage."""
    runs: list[float] = []
    for _ in range(TIMES):
        gc.collect()
        gc.disable()
        began = time.perf_counter()
        await step()
        runs.append(time.perf_counter() - began)
        gc.enable()
    return min(runs)
