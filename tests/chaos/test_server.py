"""A Temporal server that dies on its SQLite file in the middle of cases and comes back."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import worker
from integrations.temporal.dev_server import dev_server, free_port
from tests.chaos.plant import Fate, fates_of, hand_in, nothing_twice, struck
from tests.office import open_office
from workflows import attributes

pytestmark = pytest.mark.chaos


@asynccontextmanager
async def server_until_killed(database: Path, port: int, *, kill: bool) -> AsyncGenerator[str]:
    """A server that ends with the block, in good order or not."""
    async with dev_server(database, port, attributes.ALL) as address:
        yield address
        if kill:
            [server] = [child for child in psutil.Process().children() if str(database) in child.cmdline()]
            server.kill()


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
async def test_a_server_gone_while_an_approval_waits_and_an_effect_is_done_comes_back_and_the_cases_go_on(
    tmp_path: Path, samples: Path, undisturbed: dict[str, Fate], *, kill: bool
) -> None:
    database, port, hold = tmp_path / "temporal.db", free_port(), "schedule_payment:slow_after=2*1"
    async with AsyncExitStack() as servers:
        address = await servers.enter_async_context(server_until_killed(database, port, kill=kill))
        client = await Client.connect(address, data_converter=pydantic_data_converter, identity="test@desk")
        async with (
            open_office(client, tmp_path, working=False, sandbox_faults=hold) as office,
            worker.worker_for(client, office.desk.settings) as working,
            working,
        ):
            cases = await hand_in(office, samples, ("04",))
            await office.approval_of(cases["04"])
            cases |= await hand_in(office, samples, ("01",))
            await struck(office, hold)
            await servers.aclose()
            await servers.enter_async_context(dev_server(database, port, attributes.ALL))
            assert await fates_of(office, cases) == {name: undisturbed[name] for name in cases}
            await nothing_twice(office)
            assert [len(kept) for kept in (await office.bills(), await office.payments())] == [2, 2]
