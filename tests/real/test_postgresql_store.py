from collections.abc import AsyncGenerator

import asyncpg
import pytest

from domain.errors import Unavailable
from integrations.store import Store, open_store
from tests.store_contract import StoreContract, entry

pytestmark = pytest.mark.real


class TestOnPostgresql(StoreContract):
    @pytest.fixture
    async def url(self, postgresql: str) -> str:
        await _done(postgresql, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return postgresql

    @pytest.fixture
    async def store(self, url: str) -> AsyncGenerator[Store]:
        async with open_store(url) as opened:
            yield opened

    async def test_a_lost_connection_is_unavailable_and_the_next_question_is_answered(
        self, store: Store, url: str
    ) -> None:
        await store.stops.suspend(entry())
        assert await store.stops.stopped(agent="reader")
        await _done(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        with pytest.raises(Unavailable, match=r"store database .* does not answer"):
            await store.stops.stopped(agent="reader")
        assert await store.stops.stopped(agent="reader")

    async def test_a_store_without_its_table_never_means_that_nothing_is_stopped(self, store: Store, url: str) -> None:
        await _done(url, "DROP TABLE stops")
        with pytest.raises(Unavailable, match="does not exist"):
            await store.stops.stopped(agent="reader")


async def _done(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
