import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from domain.errors import Unavailable
from integrations.store import Store, open_store
from integrations.store.stops import QUESTION
from tests.store_contract import StoreContract, entry


class TestOnSqlite(StoreContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/new/signalbox.db"

    @pytest.fixture
    async def store(self, url: str) -> AsyncGenerator[Store]:
        async with open_store(url) as opened:
            yield opened

    async def test_the_question_reads_no_table_from_end_to_end(self, store: Store) -> None:
        nobody = {"process": None, "action": None, "agent": None}
        async with store.stops._database.reading() as snapshot:
            plan = (await snapshot.execute(text(f"EXPLAIN QUERY PLAN {QUESTION}"), nobody)).all()
        assert not [step for step in plan if step.detail.startswith("SCAN")], plan

    async def test_a_store_that_is_gone_never_means_that_nothing_is_stopped(self, store: Store, tmp_path: Path) -> None:
        await store.stops.suspend(entry())
        assert await store.stops.stopped(agent="reader")
        for file in (tmp_path / "new").iterdir():
            file.unlink()
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"store database .* does not answer"):
                await store.stops.stopped(agent="reader")

    async def test_a_file_put_in_its_place_is_the_one_that_answers(self, store: Store, tmp_path: Path) -> None:
        assert await store.stops.stopped(agent="reader") is None
        async with open_store(f"sqlite:///{tmp_path}/backup.db") as backup:
            await backup.stops.suspend(entry())
        for file in (tmp_path / "new").iterdir():
            file.unlink()
        (tmp_path / "backup.db").rename(tmp_path / "new" / "signalbox.db")
        assert await store.stops.stopped(agent="reader")

    async def test_a_broken_store_answers_again_once_it_is_mended(self, store: Store, tmp_path: Path) -> None:
        whole, aside = tmp_path / "new", tmp_path / "aside"
        whole.rename(aside)
        whole.mkdir()
        (whole / "signalbox.db").write_bytes(b"not a database " * 500)
        with pytest.raises(Unavailable, match="not a database"):
            await store.stops.stopped(agent="reader")
        shutil.rmtree(whole)
        aside.rename(whole)
        assert await store.stops.stopped(agent="reader") is None


@pytest.mark.parametrize(
    "url", ["postgresql//books:canary@host/x", "postgresql://books:canary@127.0.0.1:1/x", "mysql://u:canary@h/x"]
)
async def test_no_error_names_the_password(url: str) -> None:
    with pytest.raises((ValueError, Unavailable)) as failed:
        async with open_store(url):
            pass
    chain: list[BaseException | None] = [failed.value]
    while (last := chain[-1]) is not None:
        chain.append(last.__cause__ or (None if last.__suppress_context__ else last.__context__))
    assert not [each for each in chain if "canary" in str(each)]


def test_a_reason_cannot_break_out_of_its_sentence() -> None:
    said = str(entry(reason="x\n\u202eTotal\x1b[31m " + "y" * 900, by="anna\r\nbob"))
    assert "\n" not in said
    assert "[U+202E]" in said
    assert "\x1b" not in said
    assert len(said) < 400


@pytest.mark.parametrize("said", [{"reason": ""}, {"kind": "robot"}, {"name": ""}, {"by": ""}])
def test_an_entry_says_who_what_and_why(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        entry(**said)
