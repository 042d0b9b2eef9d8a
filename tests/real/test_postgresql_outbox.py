from collections.abc import AsyncGenerator

import asyncpg
import pytest

from integrations.store import Store, open_store
from tests.outbox_contract import OutboxContract

pytestmark = pytest.mark.real


class TestOnPostgresql(OutboxContract):
    @pytest.fixture
    async def url(self, postgresql: str) -> str:
        connection = await asyncpg.connect(postgresql)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()
        return postgresql

    @pytest.fixture
    async def store(self, url: str) -> AsyncGenerator[Store]:
        async with open_store(url) as opened:
            yield opened
