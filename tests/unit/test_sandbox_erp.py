import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integrations.sandbox import Database
from tests.erp_contract import ErpContract


@pytest.fixture(scope="module")
async def empty_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables, made once and copied for every test."""
    file = tmp_path_factory.mktemp("books") / "books.db"
    database = Database(f"sqlite:///{file}")
    await database.prepare()
    await database.close()
    return file


class TestOnSqlite(ErpContract):
    @pytest.fixture
    async def database(self, tmp_path: Path, empty_books: Path) -> AsyncGenerator[Database]:
        database = Database(f"sqlite:///{shutil.copy(empty_books, tmp_path)}")
        yield database
        await database.close()
