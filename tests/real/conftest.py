from collections.abc import AsyncGenerator
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
