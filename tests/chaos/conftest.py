from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

pytest.register_assert_rewrite("tests.chaos.audit")

from tests.chaos.plant import Fate, fates_of, hand_in  # noqa: E402 - after what has to come first
from tests.office import open_office  # noqa: E402
from tests.process.conftest import client  # noqa: E402

__all__ = ["client"]


@pytest_asyncio.fixture(scope="session")
async def undisturbed(
    client: Client, tmp_path_factory: pytest.TempPathFactory, samples: Path
) -> AsyncGenerator[dict[str, Fate]]:
    """How the cases end where nothing happens to anybody."""
    async with open_office(client, tmp_path_factory.mktemp("undisturbed")) as office:
        yield await fates_of(office, await hand_in(office, samples))
