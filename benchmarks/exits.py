"""Exit codes of short processes that used a Temporal client: `python -m benchmarks.exits --starts 200 --workers 30`.

The interpreter's own exit can crash after a client or a worker was used, so both entry points leave by themselves; this
counts whether that holds.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from integrations.settings import ROOT
from integrations.temporal.dev_server import dev_server, free_port, stop
from workflows import attributes

UP_SECONDS = 60


def main(
    starts: Annotated[int, typer.Option(help="How often `starter.py list` runs.")] = 200,
    workers: Annotated[int, typer.Option(help="How often a worker starts and is told to stop.")] = 30,
) -> None:
    """Print how often each exit code was seen; exit code 1 where one is not 0."""
    with tempfile.TemporaryDirectory(prefix="signalbox-exits-") as folder:
        seen = asyncio.run(_both(Path(folder), starts, workers))
    raise typer.Exit(0 if set(seen) <= {0} else 1)


async def _both(folder: Path, starts: int, workers: int) -> Counter[int]:
    async with dev_server(folder / "temporal.db", free_port(), attributes.ALL) as address:
        began = time.perf_counter()
        commands = await of_commands(address, folder, starts)
        typer.echo(f"starter.py list: {_told(commands)} in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        stopped = await of_workers(address, folder, workers)
        typer.echo(f"worker.py, SIGTERM: {_told(stopped)} in {time.perf_counter() - began:.0f} s")
        return commands + stopped


async def of_commands(address: str, home: Path, times: int) -> Counter[int]:
    """The exit codes of `starter.py list`, one after another."""
    seen: Counter[int] = Counter()
    for _ in range(times):
        async with _process("starter.py", "list", environment=_environment(address, home)) as process:
            seen[await process.wait()] += 1
    return seen


async def of_workers(address: str, home: Path, times: int) -> Counter[int]:
    """The exit codes of workers that are told to stop as soon as they work."""
    client = await Client.connect(address)
    seen: Counter[int] = Counter()
    for number in range(times):
        queue = f"exits-{os.getpid()}-{number}"
        environment = {**_environment(address, home), "SIGNALBOX_TASK_QUEUE": queue}
        async with _process("worker.py", environment=environment) as process:
            await _polling(client, queue)
            seen[await stop(process, seconds=40)] += 1
    return seen


async def _polling(client: Client, queue: str) -> None:
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    )
    async with asyncio.timeout(UP_SECONDS):
        while not (await client.workflow_service.describe_task_queue(asked)).pollers:  # noqa: ASYNC110 - the server knows
            await asyncio.sleep(0.1)


def _environment(address: str, home: Path) -> dict[str, str]:
    return {**os.environ, "TEMPORAL_ADDRESS": address, "SIGNALBOX_HOME": str(home)}


@asynccontextmanager
async def _process(
    script: str, *arguments: str, environment: Mapping[str, str]
) -> AsyncGenerator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / script), *arguments),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        await stop(process)


def _told(seen: Counter[int]) -> str:
    return ", ".join(f"{times} times exit code {code}" for code, times in sorted(seen.items())) or "not run"


if __name__ == "__main__":
    typer.run(main)
