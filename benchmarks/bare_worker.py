"""The bare workflow's worker: the settings and adapters of `worker.py`, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from benchmarks.bare import BareActivities, BareInvoice
from composition.running import OURS
from integrations.documents import FolderDocuments
from integrations.logs import logging_to_stderr
from integrations.policy_folder import PolicyFolder
from integrations.reading.reader import ChildReader
from integrations.sandbox import Database, SandboxErp, SandboxMail
from integrations.settings import Settings
from integrations.temporal.connection import connect


async def serve(settings: Settings) -> None:
    """Work until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    with logging_to_stderr() as runtime:
        client = await connect(settings, runtime=runtime)
        await _work(client, settings, stopping)


async def _work(client: Client, settings: Settings, stopping: asyncio.Event) -> None:
    passed = SandboxRestrictions.default.with_passthrough_modules(*OURS, "benchmarks")
    database = Database(settings.books)
    await database.prepare()
    tolerances = await PolicyFolder(settings.policies).tolerances(None)
    async with ChildReader() as reader:
        documents = FolderDocuments(settings.documents)
        own = BareActivities(documents, reader, SandboxErp(database), SandboxMail(database), tolerances)
        async with Worker(
            client,
            task_queue=settings.task_queue or "bare",
            workflows=[BareInvoice],
            activities=[own.read, own.examine, own.post, own.pay, own.remit],
            workflow_runner=SandboxedWorkflowRunner(restrictions=passed),
            graceful_shutdown_timeout=timedelta(seconds=settings.drain_seconds),
            sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        ):
            await stopping.wait()
    await database.close()


if __name__ == "__main__":
    asyncio.run(serve(Settings()))
    sys.stderr.flush()
    os._exit(0)
