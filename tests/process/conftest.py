from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from integrations.scripted_model import ScriptedModel, scripted_model
from integrations.temporal.dev_server import dev_server, free_port
from tests.files import edit
from tests.office import Office, open_office
from tests.policies import copied
from workflows import attributes

SKIPPING = ("frontend.WorkflowTimeSkippingEnabled=true",)
"""Lets a test move the clock of one workflow forward."""


@pytest_asyncio.fixture(scope="session")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Client]:
    """A client of a real dev server that lives as long as the session."""
    folder = tmp_path_factory.mktemp("server")
    async with dev_server(folder / "temporal.db", free_port(), attributes.ALL, SKIPPING) as address:
        yield await Client.connect(address, data_converter=pydantic_data_converter, identity="test@desk")


@pytest_asyncio.fixture
async def model() -> AsyncGenerator[ScriptedModel]:
    """A model server that answers by the stated rules."""
    async with scripted_model(rules=True) as server:
        yield server


@pytest_asyncio.fixture
async def office(client: Client, tmp_path: Path, model: ScriptedModel) -> AsyncGenerator[Office]:
    """An office with a model."""
    async with open_office(client, tmp_path, model_url=model.url, model="rules", model_provider="scripted") as ours:
        yield ours


@pytest.fixture
def quick_policies(tmp_path: Path) -> Path:
    """The shipped policies, with deadlines of a second."""
    folder = copied(tmp_path / "policies")
    edit(folder / "invoice.toml", 'deadline = "48 hours"', 'deadline = "1 second"')
    return folder
