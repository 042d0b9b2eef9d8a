"""A worker for errands; as a program, the one that a test kills."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from temporalio.client import Client
from temporalio.worker import Worker

import worker
from activities.final import FinalErrors
from activities.tools import ToolActivities
from composition.opened import opened_store
from domain.errors import Refused, Unavailable
from domain.purchasing import OrderLine, PurchaseOrder
from integrations.documents import FolderDocuments
from integrations.sandbox import Database, SandboxErp
from integrations.settings import Settings
from integrations.temporal.runs import ServerRuns
from tests.clerk import Find, Order
from tests.process.errand import CLERKS, ErrandWorkflow
from tests.process.until_killed import work_until_killed
from workflows.approval import Approval
from workflows.door import Door
from workflows.options import TASK_QUEUE

AGENTS = {(each.name, each.version): each for each in CLERKS.values()}


@dataclass(frozen=True)
class Lookups:
    """Orders of the books; one whose number begins with X is made up, so that there are many."""

    erp: SandboxErp

    async def find_order(self, asked: Find) -> Order | None:
        if asked.order_id == "DOWN":
            raise Unavailable("The books are closed.")
        if asked.order_id == "SECRET":
            raise Refused("This order is not for everybody.")
        order = made_up(asked.order_id) if asked.order_id.startswith("X") else await self.erp.find_order(asked.order_id)
        return Order(order=order, comment="x" * 50_000 if asked.order_id == "X-LONG" else "") if order else None


def made_up(number: str) -> PurchaseOrder:
    line = OrderLine(
        id="10",
        item="RD",
        description="Rod " * 20,
        quantity=Decimal(2),
        unit="C62",
        unit_price=Decimal("38.50"),
        account="5400",
        cost_centre="4100",
    )
    return PurchaseOrder(
        id=number,
        supplier_id="70001",
        currency="EUR",
        order_date=date(2026, 10, 12),
        open=True,
        three_way=True,
        lines=(line, line, line),
    )


@asynccontextmanager
async def errand_worker(client: Client, settings: Settings) -> AsyncGenerator[Worker]:
    """Everything that the product's worker does, for clerks."""
    async with AsyncExitStack() as stack:
        store = await opened_store(settings, stack)
        activities = await worker.activities_of(client, settings, store, stack, AGENTS)
        database = Database(settings.books)
        stack.push_async_callback(database.close)
        lookups = Lookups(SandboxErp(database))
        tools = ToolActivities(AGENTS, FolderDocuments(settings.documents), {"find_order": lookups.find_order})
        yield Worker(
            client,
            task_queue=settings.task_queue or TASK_QUEUE,
            workflows=[ErrandWorkflow, Approval],
            activities=[*activities, tools.look_up, tools.prepare_action],
            interceptors=[FinalErrors(), Door(ServerRuns(client))],
            workflow_runner=worker.sandbox(),
            sticky_queue_schedule_to_start_timeout=worker.timedelta(seconds=2),
        )


if __name__ == "__main__":
    work_until_killed(errand_worker)
