import asyncio
import logging
import shutil
import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from domain.errors import Unavailable
from integrations import group_commit
from integrations.store import Store, open_store
from integrations.store.journal import JournalUnavailable
from tests.journal_contract import JournalContract, attempt, ended


class TestOnSqlite(JournalContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/store/signalbox.db"

    @pytest.fixture
    async def store(self, url: str) -> AsyncGenerator[Store]:
        async with open_store(url) as opened:
            yield opened

    async def test_it_is_on_disk_when_the_beginning_returns(self, store: Store, tmp_path: Path) -> None:
        await store.journal.begin(attempt())
        copied = tmp_path / "copied"
        shutil.copytree(tmp_path / "store", copied)  # as a kill leaves it
        async with open_store(f"sqlite:///{copied}/signalbox.db") as left:
            assert await left.journal.attempts(["run-1"]) == (attempt(),)
        driver = await store.journal._lines._connection.driver()
        assert await driver.execute_fetchall("PRAGMA synchronous") == [(2,)]

    async def test_a_store_that_is_gone_or_broken_refuses_and_takes_lines_again_once_it_is_mended(
        self, store: Store, tmp_path: Path
    ) -> None:
        await store.journal.begin(attempt())
        whole, aside = tmp_path / "store", tmp_path / "aside"
        whole.rename(aside)
        for broken in (False, True):
            if broken:
                whole.mkdir()
                (whole / "signalbox.db").write_bytes(b"not a database " * 500)
            with pytest.raises(Unavailable, match=r"store database .* does not answer"):
                await store.journal.begin(attempt(2))
        shutil.rmtree(whole)
        aside.rename(whole)
        await store.journal.begin(attempt(3))
        assert [one.number for one in await store.journal.attempts(["run-1"])] == [1, 3]


@pytest.fixture
async def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Store]:
    """A store whose lines wait a moment only."""
    monkeypatch.setattr(group_commit, "PATIENCE", 0.2)
    async with open_store(f"sqlite:///{tmp_path}/signalbox.db") as opened:
        yield opened


async def test_a_locked_store_refuses_everybody_who_waits_and_writes_nothing(
    impatient: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite3.connect(tmp_path / "signalbox.db", isolation_level=None) as lock:
        lock.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(3):
            first = asyncio.create_task(impatient.journal.begin(attempt(1)))
            await asyncio.sleep(0.1)
            impatient.journal.end(ended(attempt(9)))
            results = await asyncio.gather(first, impatient.journal.begin(attempt(2)), return_exceptions=True)
        assert [type(result) for result in results] == [JournalUnavailable] * 2
        assert len({id(result.__cause__) for result in results if result}) == 1, "who came later waits no second time"
        assert "1 rows were not written into journal" in caplog.text
        lock.execute("ROLLBACK")
    lock.close()
    await impatient.journal.begin(attempt(3))
    assert [one.number for one in await impatient.journal.attempts(["run-1"])] == [3]


async def test_a_touch_that_cannot_be_written_stops_no_attempt(
    impatient: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with impatient.journal._database.effect() as transaction:
        await transaction.exec_driver_sql("DROP TABLE trail_due")
    await impatient.journal.begin(attempt())
    with pytest.raises(Unavailable, match="no such table"):
        await impatient.journal.touched()
    assert await impatient.journal.attempts(["run-1"]) == (attempt(),)
    assert "1 rows were not written into trail_due" in caplog.text


async def test_a_store_nobody_wrote_to_closes_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with open_store(f"sqlite:///{tmp_path}/signalbox.db") as store, asyncio.timeout(5):
            assert await store.journal.touched() == ()
    assert caplog.text == ""
