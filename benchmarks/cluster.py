"""Several workers: more of them, one told to stop, one build after another, and many approvals that wait.

`python -m benchmarks.cluster --cases 120 --waiting 2000`
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Any

import psutil
import typer
from sqlalchemy import select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from benchmarks.contender import Handle, cpu_of, server_process
from benchmarks.papers import CLEAN, LARGE
from benchmarks.plant import IN_FLIGHT, Plant, load, plant
from domain.documents import DocumentRef
from domain.errors import DomainError
from domain.outcome import Posted
from integrations.database import Database as StoreDatabase
from integrations.settings import Settings
from integrations.store.schema import journal, schema
from integrations.temporal.deployments import Deployment
from integrations.temporal.dev_server import dev_server, free_port
from workflows import attributes
from workflows.registered import NAMES

SETTLES, IDLE = 30, 120
"""Seconds: what goes on when the last case has begun to wait, and how long nothing is then measured."""
PATIENCE = 600
"""Seconds after which a case that does not wait for a person is a fault."""
DEPLOYMENT = "bench"
MEGABYTE = 1_000_000


def centiles(took: Sequence[float]) -> str:
    """The median and the slowest hundredth, in milliseconds."""
    cuts = quantiles(took, n=100, method="inclusive")
    return f"{cuts[49] * 1000:.0f} | {cuts[98] * 1000:.0f}"


async def scaled(client: Client, address: str, folder: Path, cases: int) -> AsyncGenerator[str]:
    """The same load for 1, 2 and 4 workers."""
    for number in (1, 2, 4):
        async with plant(f"scale-{number}", client, address, folder) as who:
            workers = [await who.work(f"worker-{n}") for n in range(number)]
            await load(who, await who.refs(CLEAN, IN_FLIGHT))  # warm
            refs, before, began = await who.refs(CLEAN, cases), _cpu(workers), time.perf_counter()
            _, took = await load(who, refs)
            seconds = time.perf_counter() - began
            used = (_cpu(workers) - before) / cases * 1000
            yield f"| {number} | {cases / seconds:.1f} | {centiles(took)} | {used:.0f} |"


def _cpu(workers: Sequence[psutil.Process]) -> float:
    return sum(cpu_of(each) + sum(map(cpu_of, each.children())) for each in workers)


async def drained(client: Client, address: str, folder: Path, cases: int) -> str:
    """One of two workers is told to stop under load."""
    async with plant("drain", client, address, folder) as who:
        for name in ("stays", "leaves"):
            await who.work(name)
        await load(who, await who.refs(CLEAN, IN_FLIGHT))
        running = asyncio.create_task(load(who, await who.refs(CLEAN, cases)))
        await asyncio.sleep(2)
        began = time.perf_counter()
        code = await who.end("leaves")
        left = time.perf_counter() - began
        await running
        await who.end("stays")
        attempts, lost, repeated = await _attempts(who.settings)
        return f"| {cases} | {attempts} | {lost} | {repeated} | {left:.1f} | {code} |"


async def _attempts(settings: Settings) -> tuple[int, int, int]:
    """All attempts in the journal, those without an end, and those made although an earlier one had completed."""
    store = StoreDatabase(settings.store_url, schema, "store")
    async with store.reading() as snapshot:
        rows = (await snapshot.execute(select(journal).order_by(journal.c.number))).mappings().all()
    await store.close()
    completed, repeated = set[tuple[Any, Any]](), 0
    for row in rows:
        key = row["run"], row["activity"]
        repeated += key in completed
        if row["outcome"] == "completed":
            completed.add(key)
    return len(rows), sum(row["outcome"] is None for row in rows), repeated


async def rolled(client: Client, address: str, folder: Path, cases: int) -> str:
    """A build takes over from another under load, and the older one's worker leaves once nothing of it is open."""
    async with plant("roll", client, address, folder) as who:
        deployment = Deployment(client, DEPLOYMENT, str(who.settings.task_queue), NAMES)
        await who.work("A", SIGNALBOX_DEPLOYMENT=DEPLOYMENT, SIGNALBOX_BUILD_ID="A")
        await _current(deployment, "A")
        waiting = [await who.desk.start(ref) for ref in await who.refs(LARGE, 10)]
        for case in waiting:
            await _until_it_waits(who, case)
        running = asyncio.create_task(load(who, await who.refs(CLEAN, cases)))
        await asyncio.sleep(2)
        await who.work("B", SIGNALBOX_DEPLOYMENT=DEPLOYMENT, SIGNALBOX_BUILD_ID="B")
        await _current(deployment, "B")
        for case in waiting:
            await who.desk.approve(case)
        await asyncio.gather(*(case.result() for case in waiting))
        later, _ = await load(who, await who.refs(CLEAN, cases // 2))
        done = [*(await running)[0], *later]
        code = await who.end("A")
        builds, failed = Counter[str](), 0
        for case in (*done, *waiting):
            async for event in case.fetch_history_events():
                failed += event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
                if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                    last = event.workflow_task_completed_event_attributes.deployment_version.build_id
            builds[last] += 1
        return f"| {len(done) + len(waiting)} | {builds['A']} | {builds['B']} | 0 | {failed} | {code} |"


async def _current(deployment: Deployment, build: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await deployment.make_current(build)
            except (DomainError, RuntimeError):
                await asyncio.sleep(0.2)
            else:
                return


async def _until_it_waits(who: Plant, case: Handle) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not await who.desk.waits(case):  # noqa: ASYNC110 - another process knows
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise RuntimeError(f"{case.id} asks nobody after {PATIENCE} s; {who.settings.home} has the logs") from None


async def waited(client: Client, address: str, folder: Path, waiting: int, cached: int) -> AsyncGenerator[str]:
    """Many cases that wait, fewer of them in memory; then all are approved, some at a time."""
    async with plant("wait", client, address, folder) as who:
        worker = await who.work("worker", SIGNALBOX_CACHED_WORKFLOWS=str(cached))
        await load(who, await who.refs(CLEAN, IN_FLIGHT))
        before, seats, cases, took = (
            worker.memory_info().rss,
            asyncio.Semaphore(IN_FLIGHT),
            list[Handle](),
            list[float](),
        )

        async def begun(ref: DocumentRef) -> None:
            async with seats:
                case = await who.desk.start(ref)
                await _until_it_waits(who, case)
                cases.append(case)

        async def approved(case: Handle) -> None:
            async with seats:
                began = time.perf_counter()
                await who.desk.approve(case)
                if not isinstance(await case.result(), Posted):
                    raise TypeError("An approved case did not pay.")
                took.append(time.perf_counter() - began)

        refs, began = await who.refs(LARGE, waiting), time.perf_counter()
        await asyncio.gather(*(begun(ref) for ref in refs))
        rate, grown = waiting / (time.perf_counter() - began), worker.memory_info().rss - before
        yield "| waiting | in memory | asked a second | RSS MB more | MB a 1,000 |"
        megabytes = grown / MEGABYTE
        yield f"| {waiting} | {cached} | {rate:.1f} | {megabytes:.0f} | {megabytes / waiting * 1000:.0f} |"
        yield "| meanwhile, CPU ms a second: worker | server |"
        yield "| " + " | ".join(f"{each * 1000:.0f}" for each in await _idle(worker, server_process())) + " |"
        began = time.perf_counter()
        await asyncio.gather(*(approved(case) for case in cases))
        rate = waiting / (time.perf_counter() - began)
        yield "| approved a second | signal to end p50 ms | p99 ms | lost |"
        yield f"| {rate:.1f} | {centiles(took)} | {waiting - len(took)} |"


async def _idle(*processes: psutil.Process) -> list[float]:
    """Processor seconds a second of processes that have nothing to do but wait."""
    await asyncio.sleep(SETTLES)
    before = [_cpu((each,)) for each in processes]
    await asyncio.sleep(IDLE)
    return [(_cpu((each,)) - used) / IDLE for each, used in zip(processes, before, strict=True)]


async def measure(cases: int, waiting: int, cached: int, folder: Path) -> None:
    """Print each figure as soon as it is there."""
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(dev_server(folder / "temporal.db", free_port(), attributes.ALL))
        client = await Client.connect(address, data_converter=pydantic_data_converter, identity="bench@desk")
        print(f"load average {os.getloadavg()[0]:.1f}, {psutil.cpu_count()} CPUs", flush=True)
        if cases:
            await _loads(client, address, folder, cases)
        async for line in waited(client, address, folder, waiting, cached):
            print(line, flush=True)


async def _loads(client: Client, address: str, folder: Path, cases: int) -> None:
    """More workers, one told to stop, and one build after another."""
    print("| workers | cases a second | p50 ms | p99 ms | worker CPU a case, ms |", flush=True)
    async for line in scaled(client, address, folder, cases):
        print(line, flush=True)
    print("| told to stop: cases | attempts | lost | repeated | seconds | exit |", flush=True)
    print(await drained(client, address, folder, cases), flush=True)
    print("| rolled: cases | ended on A | on B | cases failed | workflow tasks failed | exit of A |", flush=True)
    print(await rolled(client, address, folder, cases), flush=True)


def main(
    cases: Annotated[int, typer.Option(help="Cases of each load; 0 for none.")] = 120,
    waiting: Annotated[int, typer.Option(help="Cases that wait for a person.")] = 2000,
    cached: Annotated[int, typer.Option(help="Workflows that the worker keeps in memory meanwhile.")] = 200,
) -> None:
    """Measure all of it."""
    folder = Path(tempfile.mkdtemp(prefix="signalbox-cluster-"))
    asyncio.run(measure(cases, waiting, cached, folder))
    shutil.rmtree(folder)  # left where it is when that fails


if __name__ == "__main__":
    typer.run(main)
    sys.stdout.flush()
    os._exit(0)
