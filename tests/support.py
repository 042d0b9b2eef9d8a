"""An office with a helpdesk, and messages whose course is known."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from temporalio.client import WorkflowHandle

from domain.support import InboundMessage, Ticket
from domain.ticketing import TicketOutcome
from integrations.sandbox import SandboxHelpdesk
from integrations.sandbox.schema.support import escalations
from tests.facts import no_task_failed, until
from tests.office import PATIENCE, Office
from workflows import attributes
from workflows.ticket import TicketWorkflow
from workflows.ticket_state import TicketInput

PAUL, IDA, NOBODY = "einkauf@metallbau-priel.example", "ida.lindqvist@lindqvist-form.example", "someone@nowhere.example"
ASKS = "Where is my order SO-2005? The tracking page says nothing."
WANTS_MONEY = "I would like a refund for the caliper of order SO-2012, please. I have changed my mind."
PRICE_OF_ANOTHER = '[[price]]\nmodel = "another"\nsince = 2026-01-01\ninput = "1"\noutput = "1"\n'
NO_ORDER = "I would like a refund for the caliper, please. I have changed my mind."
ATTACKED = "There is a data leak: I can see the orders of other customers. Our lawyer will take legal action."
THEORY = "When was the theory of evolution first considered?"
Handle = WorkflowHandle[TicketWorkflow, TicketOutcome]


@dataclass
class Support:
    """An office with a helpdesk."""

    office: Office

    async def write(self, body: str, sender: str = PAUL, subject: str = "", **changes: Any) -> str:
        """A message comes in; gives its ticket's id."""
        fields: dict[str, Any] = {"channel": "mail", "sender": sender, "subject": subject, "body": body}
        message = InboundMessage(**{**fields, "at": datetime.now(UTC), **changes})
        return (await self.helpdesk.receive(message)).ticket_id

    async def start(self, ticket_id: str) -> Handle:
        return await self.office.desk.client.start_workflow(
            TicketWorkflow.run,
            TicketInput(ticket_id=ticket_id, requester="helpdesk"),
            id=f"ticket-{uuid.uuid4()}",
            task_queue=self.office.desk.queue,
        )

    async def hand_in(self, body: str, sender: str = PAUL, **changes: Any) -> Handle:
        return await self.start(await self.write(body, sender, **changes))

    async def stands(self, case: Handle, state: str) -> None:
        """Wait until a case stands somewhere."""

        async def there() -> bool:
            described = await case.describe()
            return described.typed_search_attributes.get(attributes.CASE_STATE) == state

        await until(there, PATIENCE)

    async def ends(self, case: Handle) -> TicketOutcome:
        async with asyncio.timeout(PATIENCE):
            outcome: TicketOutcome = await case.result()
        await no_task_failed(case)
        return outcome

    async def closed(self, case: Handle, state: str, said_by: str | None = None) -> TicketOutcome:
        """Wait until it stands there, say that it is done, and see how it ended."""
        await self.stands(case, state)
        await (case.signal(TicketWorkflow.close, said_by) if said_by else case.signal(TicketWorkflow.close))
        return await self.ends(case)

    async def ticket(self, ticket_id: str) -> Ticket:
        found = await self.helpdesk.find_ticket(ticket_id)
        assert found
        return found

    async def escalations(self, ticket_id: str) -> list[str]:
        async with self.office.database.reading() as books:
            query = select(escalations.c.reason).where(escalations.c.ticket_id == ticket_id)
            return list((await books.execute(query.order_by(escalations.c.id))).scalars())

    async def letters(self, ticket_id: str) -> list[str]:
        return [letter.body for letter in await self.helpdesk.sent(ticket_id)]

    @property
    def helpdesk(self) -> SandboxHelpdesk:
        return SandboxHelpdesk(self.office.database)
