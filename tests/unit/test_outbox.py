from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from domain.errors import Unavailable
from integrations.store import Store, open_store
from integrations.telemetry import drain
from tests.outbox_contract import OutboxContract, told
from tests.sinks import ListSink


class TestOnSqlite(OutboxContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/signalbox.db"

    @pytest.fixture
    async def store(self, url: str) -> AsyncGenerator[Store]:
        async with open_store(url) as opened:
            yield opened

    async def test_a_store_that_is_gone_is_told_and_nothing_counts_as_sent(self, store: Store, tmp_path: Path) -> None:
        await told(store, "a")
        (tmp_path / "signalbox.db").rename(tmp_path / "aside.db")
        with pytest.raises(Unavailable, match="store database"):
            await drain(store.outbox, [ListSink("s")], content=False)
