from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from pydantic import ValidationError

from domain.errors import Refused, Unavailable
from domain.support import InboundMessage
from integrations.sandbox import Database, Faults, SandboxHelpdesk
from tests.support_contract import HelpdeskContract, mail, route


class TestOnSqlite(HelpdeskContract):
    @pytest.fixture
    async def database(self, tmp_path: Path) -> AsyncGenerator[Database]:
        database = Database(f"sqlite:///{tmp_path}/books.db")
        await database.prepare()
        yield database
        await database.close()

    async def test_a_message_whose_receipt_was_lost_is_there_once(self, company: Database) -> None:
        desk = SandboxHelpdesk(company, Faults.parse("receive:fail_after*1, route_ticket:refuse*1"))
        with pytest.raises(Unavailable):
            await desk.receive(mail(id="<1@a>"))
        again = await desk.receive(mail(id="<1@a>"))
        assert (again.ticket_id, again.first) == ("TICKET-00001", False)
        with pytest.raises(Refused, match="route_ticket:refuse"):
            await desk.route_ticket("k", route(again.ticket_id))
        assert (await desk.route_ticket("k", route(again.ticket_id))).first


@pytest.mark.parametrize(
    "changes", [{"body": "x" * 100_001}, {"subject": "x" * 999}, {"sender": ""}, {"id": ""}, {"sender": "x" * 321}]
)
def test_a_message_that_is_too_large_or_from_nobody_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        InboundMessage.model_validate(mail().model_dump() | changes)
