"""The same tasks against a retail system of others, an MCP server that knows neither keys nor approvals."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from temporalio.client import Client

from domain.errors import Refused
from tests.apart import NotInstalled, installed
from tests.conftest import ROOT
from tests.process.test_retail import KILLED, TASKS
from tests.tau.holds import done_as_gold, only_the_allowed
from tests.tau.house import Data, House, open_house
from tests.tau.mcp import McpBooks, Server, mcp_server, state_key
from tests.tau.tasks import Task
from tests.tau.test_all_tasks import told

pytestmark = pytest.mark.real
PINNED = ROOT / "tests" / "tau" / "mcp.txt"


@dataclass(frozen=True)
class Place:
    """Where the server is, and how a house with it is opened."""

    python: Path
    home: Path
    open: Callable[..., AbstractAsyncContextManager[House]]

    async def called_directly(self, tasks: Iterable[Task]) -> list[Task]:
        """The tasks with what their calls come to where nobody stands between: this shop has rules of its own.

        It gives every changed item of an order the price of the last one, and changes none into itself.
        """
        folder = self.home / "direct"
        books = McpBooks.of(self.python, folder)
        async with mcp_server(self.python, folder) as server:
            return [await self._direct(server, books, task) for task in tasks]

    async def _direct(self, server: Server, books: McpBooks, task: Task) -> Task:
        fails = 0
        await server.call("get_user_details", {"user_id": task.user_id, "state_key": state_key(task.id)})
        for gold in task.gold:
            try:
                await server.call(gold.name, {**gold.arguments, "state_key": state_key(task.id)})
            except Refused:
                fails += 1
        return replace(task, changes=books.closed(task.id)[0], fails=fails)


@pytest.fixture
async def place(client: Client, tmp_path: Path, retail: Data) -> Place:
    try:
        python = await asyncio.to_thread(installed, "retail-mcp", PINNED)
    except NotInstalled as error:
        pytest.skip(str(error))

    @asynccontextmanager
    async def house(**chosen: Any) -> AsyncGenerator[House]:
        home = tmp_path / "house"
        books, environ = McpBooks.of(python, home / "shops"), {"RETAIL_MCP_PYTHON": str(python)}
        async with open_house(client, home, retail, books=books, environ=environ, **chosen) as opened:
            yield opened

    return Place(python, tmp_path, house)


async def test_every_task_ends_on_the_mcp_server_as_if_it_had_been_called_directly(place: Place, retail: Data) -> None:
    begun = time.monotonic()
    async with place.open() as house:
        ran = await house.run(retail.tasks)
    told("MCP server, people approve", house, ran, begun)
    direct = await place.called_directly(retail.tasks)
    for task in direct:
        done_as_gold(task, ran[task.id])
    gold = sum(ran[task.id].changed == task.changes for task in retail.tasks)
    sys.stdout.write(f"{len(direct)} as called directly, {gold} of these as their gold says\n")


async def test_what_people_refuse_never_reaches_the_mcp_server(place: Place, retail: Data) -> None:
    tasks = [task for task in retail.pick(*TASKS) if task.gold]
    async with place.open(says="reject") as house:
        ran = await house.run(tasks)
    for task in await place.called_directly(tasks):
        only_the_allowed(task, ran[task.id])


async def test_workers_killed_at_random_steps_change_nothing_of_it_on_the_mcp_server(
    place: Place, retail: Data
) -> None:
    tasks = retail.pick(*KILLED)
    async with place.open(working=False) as house:
        ran = await house.run_under_kills(tasks, kills=4, chance=Random(11))
    for task in await place.called_directly(tasks):
        done_as_gold(task, ran[task.id])
