from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text

from integrations.sandbox import Database
from tests.support_contract import BillingContract, CrmContract, HelpdeskContract, KnowledgeContract

pytestmark = pytest.mark.real


class OnPostgresql:
    @pytest.fixture
    async def database(self, postgresql: str) -> AsyncGenerator[Database]:
        database = Database(postgresql)
        async with database.effect() as transaction:
            await transaction.execute(text("DROP SCHEMA public CASCADE"))
            await transaction.execute(text("CREATE SCHEMA public"))
        await database.prepare()
        yield database
        await database.close()


class TestCrm(OnPostgresql, CrmContract):
    pass


class TestBilling(OnPostgresql, BillingContract):
    pass


class TestHelpdesk(OnPostgresql, HelpdeskContract):
    pass


class TestKnowledge(OnPostgresql, KnowledgeContract):
    pass
