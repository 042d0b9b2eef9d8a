import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from integrations.scripted_model import scripted_model
from integrations.temporal.dev_server import dev_server, free_port
from tests.office import Office, open_office
from tests.real.ui import CHROMIUM, Ui, chromium
from workflows import attributes

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""


@pytest_asyncio.fixture(scope="session")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Client]:
    """A client of a real dev server with its UI."""
    folder = tmp_path_factory.mktemp("server")
    async with dev_server(folder / "temporal.db", free_port(), attributes.ALL) as address:
        yield await Client.connect(address, data_converter=pydantic_data_converter, identity="test@desk")


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncGenerator[BrowserContext]:
    """Chromium, where it is installed."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed; the Debian package `chromium` has it")
    async with chromium() as context:
        yield context


@pytest_asyncio.fixture
async def ui(browser: BrowserContext, client: Client) -> AsyncGenerator[Ui]:
    """A tab on the UI."""
    tab = await Ui.on(browser, client)
    yield tab
    await tab.page.close()


@pytest_asyncio.fixture
async def office(client: Client, tmp_path: Path) -> AsyncGenerator[Office]:
    """An office whose model answers by the stated rules."""
    async with (
        scripted_model(rules=True) as model,
        open_office(client, tmp_path, model_url=model.url, model="rules", model_provider="scripted") as ours,
    ):
        yield ours


def _tool(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, places), None)
    if found is None:
        pytest.skip(f"{name} is not installed; the Debian package `postgresql` has it")
    return found


@pytest.fixture(scope="module")
def postgresql() -> Generator[str]:
    """A PostgreSQL server on a free port of the loopback address, for one module alone; gives its URL."""
    initdb, pg_ctl = _tool("initdb"), _tool("pg_ctl")
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        _run(user, initdb, "-D", data, "-U", "books", "-A", "trust", "--no-sync", "-E", "UTF8")
        _run(user, pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://books@127.0.0.1:{port}/postgres"
        finally:
            _run(user, pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")


def _run(user: str | None, *command: str) -> None:
    subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
