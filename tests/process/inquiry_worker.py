"""A worker for inquiries; as a program, the one that a test kills."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from temporalio.client import Client
from temporalio.worker import Worker

import worker
from activities.final import FinalErrors
from composition.opened import opened_store
from composition.tuning import tuned
from integrations.settings import Settings
from tests.process.inquiry import ASKERS, InquiryWorkflow
from tests.process.until_killed import work_until_killed
from workflows.options import TASK_QUEUE


@asynccontextmanager
async def inquiry_worker(client: Client, settings: Settings) -> AsyncGenerator[Worker]:
    """Everything that the product's worker does, for askers."""
    async with AsyncExitStack() as stack:
        store = await opened_store(settings, stack)
        agents = {(each.name, each.version): each for each in ASKERS.values()}
        yield Worker(
            client,
            task_queue=settings.task_queue or TASK_QUEUE,
            workflows=[InquiryWorkflow],
            activities=await worker.activities_of(client, settings, store, stack, agents),
            interceptors=[FinalErrors()],
            workflow_runner=worker.sandbox(),
            **tuned(settings, "workflows"),
        )


if __name__ == "__main__":
    work_until_killed(inquiry_worker)
