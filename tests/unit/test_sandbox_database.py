import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors import Unavailable
from integrations import database
from integrations.sandbox import Database, SandboxErp, put_on_file
from tests.books import ON_FILE, bill


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("books.db", "is not a database URL"),
        ("mysql://localhost/books", "not in mysql"),
        ("sqlite://", "needs a SQLite file"),
        ("sqlite:///:memory:", "needs a SQLite file"),
    ],
)
def test_a_url_that_cannot_serve_says_why(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Database(url)


async def test_the_folder_of_the_file_is_made_and_preparing_twice_is_safe(tmp_path: Path) -> None:
    books = Database(f"sqlite:///{tmp_path}/new/folder/books.db")
    await asyncio.gather(*(books.prepare() for _ in range(4)))
    assert (tmp_path / "new/folder/books.db").is_file()
    await books.close()


async def test_sqlite_keeps_decimals_as_text_and_a_commit_on_disk(tmp_path: Path) -> None:
    books = Database(f"sqlite:///{tmp_path}/books.db")
    await books.prepare()
    await put_on_file(books, ON_FILE)
    async with books.reading() as snapshot:
        kept = await snapshot.execute(text("SELECT typeof(unit_price), unit_price FROM order_lines"))
        assert kept.first() == ("text", "0.0425000001")
        settings = [
            (await snapshot.execute(text(f"PRAGMA {name}"))).scalar_one() for name in ("journal_mode", "synchronous")
        ]
    assert settings == ["wal", 2]
    await books.close()


async def test_no_thousand_small_amounts_lose_a_cent(tmp_path: Path) -> None:
    books = Database(f"sqlite:///{tmp_path}/books.db")
    await books.prepare()
    await put_on_file(books, ON_FILE)
    async with books.effect() as transaction:
        row = {"order_id": "PO-1", "position": 0, "description": "x", "unit": "C62", "account": "1", "cost_centre": "1"}
        names = ", ".join((*row, "id", "quantity", "unit_price"))
        many = text(f"INSERT INTO order_lines ({names}) VALUES ({', '.join(':' + name for name in names.split(', '))})")
        await transaction.execute(
            many, [row | {"id": f"n{n}", "quantity": "1", "unit_price": "0.1"} for n in range(1000)]
        )
    order = await SandboxErp(books).find_order("PO-1")
    assert order is not None
    assert sum(line.unit_price for line in order.lines if line.id.startswith("n")) == Decimal(100)
    await books.close()


async def test_a_lock_that_does_not_go_away_is_unavailable_and_not_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    books = Database(f"sqlite:///{tmp_path}/books.db")
    await books.prepare()
    await put_on_file(books, ON_FILE)
    erp = SandboxErp(books)
    async with books.effect():
        with pytest.raises(Unavailable, match="locked"):
            await erp.post_bill("k", bill())
        assert await erp.find_order("PO-1") is not None
    assert (await erp.post_bill("k", bill())).first
    await books.close()


async def test_a_file_that_is_no_database_is_unavailable_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "books.db").write_text("not a database, but long enough to look at" * 30)
    books = Database(f"sqlite:///{tmp_path}/books.db")
    with pytest.raises(Unavailable, match=r"books\.db does not answer: .*not a database"):
        await books.prepare()
    await books.close()
