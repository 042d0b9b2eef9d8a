"""What a turn of an agent adds to a case's history, beside a loop that carries its conversation in every input.

`python -m benchmarks.turns`

Both loops ask the same model over HTTP and look the same orders up. The governed one is the product's `ActingCase`, run
by the clerk that the tests have, since no shipped process has an agent with tools.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import uuid
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.documents import put_model
from benchmarks.bare_agent import BareAgent, BareAgentWorkflow
from integrations.documents import FolderDocuments
from integrations.scripted_model import Reply, ScriptedCall, scripted_model
from integrations.settings import Settings
from integrations.temporal.dev_server import dev_server, free_port
from tests.clerk import Errands
from tests.process.errand import ErrandCase, ErrandWorkflow
from tests.process.errand_worker import errand_worker
from workflows import attributes

Contender = Callable[[Client, Path, str], AbstractAsyncContextManager[tuple[Any, Any, str]]]
TURNS = (5, 10, 20, 40)
MESSAGE = "Please look the orders up, one after the other, and say when you are done."


@dataclass(frozen=True)
class Cost:
    """One case's history, by the server's count."""

    events: int
    size: int


def replies(turns: int) -> Iterator[Reply]:
    """A look-up a turn, then the answer."""
    for number in range(turns - 1):
        yield Reply(calls=(ScriptedCall(tool="find_order", arguments={"order_id": f"X-{number:04d}"}),))
    quoted = [{"source": "message", "quote": "look the orders up"}]
    yield Reply(content={"summary": "Done.", "confidence": "0.9", "evidence": quoted})


@asynccontextmanager
async def governed(client: Client, home: Path, model: str) -> AsyncGenerator[tuple[Any, Any, str]]:
    """The product's loop, with a worker: workflow, input and task queue."""
    queue = f"governed-{uuid.uuid4()}"
    settings = Settings(home=home, task_queue=queue, model_url=model, model="rules", model_provider="scripted")
    documents = FolderDocuments(settings.documents)
    message = await documents.put(MESSAGE.encode(), name="message", media_type="text/plain")
    brief = await put_model(documents, Errands(mark=queue, message=message), "brief")
    async with errand_worker(client, settings) as working, working:
        yield ErrandWorkflow.run, ErrandCase(agent="1", brief=brief), queue


@asynccontextmanager
async def bare(client: Client, _home: Path, model: str) -> AsyncGenerator[tuple[Any, Any, str]]:
    """The loop as it is usually written."""
    queue = f"bare-{uuid.uuid4()}"
    async with AsyncOpenAI(base_url=model, api_key="none", max_retries=0) as openai:
        agent = BareAgent(openai)
        async with Worker(
            client,
            task_queue=queue,
            workflows=[BareAgentWorkflow],
            activities=[agent.ask, agent.look_up],
            workflow_runner=UnsandboxedWorkflowRunner(),
        ):
            yield BareAgentWorkflow.run, MESSAGE, queue


async def cost(client: Client, home: Path, contender: Contender, turns: int) -> Cost:
    """Run one case of so many turns to its end."""
    async with scripted_model(replies(turns)) as model, contender(client, home, model.url) as (run, given, queue):
        case = await client.start_workflow(run, given, id=queue, task_queue=queue)
        await case.result()
        info = (await case.describe()).raw_description.workflow_execution_info
        if len(model.asked) != turns:
            raise RuntimeError(f"{queue} asked {len(model.asked)} times instead of {turns}.")
        return Cost(info.history_length, info.history_size_bytes)


async def measure() -> dict[int, tuple[Cost, Cost]]:
    """By the number of turns: the bare loop and the governed one."""
    with tempfile.TemporaryDirectory() as scratch:
        async with dev_server(Path(scratch) / "temporal.db", free_port(), attributes.ALL) as address:
            client = await Client.connect(address, data_converter=pydantic_data_converter)
            home = Path(scratch) / "home"
            await asyncio.to_thread(home.mkdir)
            return {
                turns: (await cost(client, home, bare, turns), await cost(client, home, governed, turns))
                for turns in TURNS
            }


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    print(
        "| turns | bare, bytes | a turn | governed, bytes | a turn | governed / bare |\n|---:|---:|---:|---:|---:|---:|"
    )
    before = (0, Cost(0, 0), Cost(0, 0))
    for turns, (by_hand, ours) in asyncio.run(measure()).items():
        more = turns - before[0]
        grown = ((by_hand.size - before[1].size) / more, (ours.size - before[2].size) / more)
        ratio = ours.size / by_hand.size
        print(f"| {turns} | {by_hand.size:,} | {grown[0]:,.0f} | {ours.size:,} | {grown[1]:,.0f} | {ratio:.2f} |")
        before = (turns, by_hand, ours)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the interpreter's own exit can crash after a Temporal client was used
