from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text

from domain.errors import Unavailable
from integrations.sandbox import Database, SandboxErp
from tests.erp_contract import ErpContract

pytestmark = pytest.mark.real


class TestOnPostgresql(ErpContract):
    @pytest.fixture
    async def database(self, postgresql: str) -> AsyncGenerator[Database]:
        database = Database(postgresql)
        async with database.effect() as transaction:
            await transaction.execute(text("DROP SCHEMA public CASCADE"))
            await transaction.execute(text("CREATE SCHEMA public"))
        await database.prepare()
        yield database
        await database.close()

    async def test_money_is_numeric_and_adds_up_in_sql(self, erp: SandboxErp, database: Database) -> None:
        del erp
        async with database.reading() as books:
            total = await books.execute(text("SELECT sum(unit_price) FROM order_lines"))
        assert str(total.scalar_one()) == "0.1275000003"

    async def test_a_lost_connection_is_unavailable_and_the_next_one_works(
        self, erp: SandboxErp, database: Database
    ) -> None:
        with pytest.raises(Unavailable, match="does not answer"):
            async with database.effect() as books:
                await books.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert await erp.find_order("PO-1") is not None


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql://books:secret@127.0.0.1:1/books")
    with pytest.raises(Unavailable, match=r"books:\*\*\*@127"):
        await database.prepare()
    await database.close()
