import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from domain.errors import Unavailable
from integrations import group_commit
from integrations.store import NotJournaled, Store, open_store
from tests.journal_contract import JournalContract, attempt

pytestmark = pytest.mark.real
LONG = "".join(chr(0x4E00 + number * 7_919 % 20_000) for number in range(9_000))
"""Longer than an index takes, and hard to compress."""


class TestOnPostgresql(JournalContract):
    @pytest.fixture
    async def url(self, postgresql: str) -> str:
        await _done(postgresql, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return postgresql

    @pytest.fixture
    async def store(self, url: str) -> AsyncGenerator[Store]:
        async with open_store(url) as opened:
            yield opened

    @pytest.mark.parametrize("activity", ["a\0b", LONG])
    async def test_a_key_that_the_server_does_not_take_fails_alone(self, store: Store, activity: str) -> None:
        each = [attempt(2), attempt(1, activity=activity), attempt(3)]
        results = await asyncio.gather(*map(store.journal.begin, each), return_exceptions=True)
        assert [type(result) for result in results] == [type(None), NotJournaled, type(None)]
        assert [one.number for one in await store.journal.attempts(["run-1"])] == [2, 3]

    async def test_a_lost_connection_is_unavailable_and_the_next_attempt_is_written(
        self, store: Store, url: str
    ) -> None:
        await store.journal.begin(attempt())
        await _done(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        with pytest.raises(Unavailable, match=r"store database .* does not answer"):
            await store.journal.begin(attempt(2))
        await store.journal.begin(attempt(3))
        assert [one.number for one in await store.journal.attempts(["run-1"])] == [1, 3]

    async def test_a_locked_table_is_unavailable_in_time(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(group_commit, "PATIENCE", 0.3)
        lock = await asyncpg.connect(url)
        async with open_store(url) as store:
            async with asyncio.timeout(3), lock.transaction():
                await lock.execute("LOCK TABLE journal")
                with pytest.raises(Unavailable, match="lock timeout"):
                    await store.journal.begin(attempt())
            await store.journal.begin(attempt(2))
            assert [one.number for one in await store.journal.attempts(["run-1"])] == [2]
        await lock.close()


async def _done(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
