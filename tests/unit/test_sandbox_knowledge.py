from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from integrations.sandbox import Database
from tests.support_contract import KnowledgeContract


class TestOnSqlite(KnowledgeContract):
    @pytest.fixture
    async def database(self, tmp_path: Path) -> AsyncGenerator[Database]:
        database = Database(f"sqlite:///{tmp_path}/books.db")
        await database.prepare()
        yield database
        await database.close()
