"""A worker process with its own books and task queue, and how a case of it is started, watched and approved."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from benchmarks.bare import BareInvoice
from domain.documents import DocumentRef
from domain.intake import InvoiceCase
from integrations.documents import FolderDocuments
from integrations.sandbox import Database
from integrations.settings import ROOT, Settings
from integrations.store import Store, open_store
from integrations.temporal.dev_server import stop
from workflows import attributes
from workflows.approval import Approval
from workflows.invoice import InvoiceWorkflow

COMMANDS = {
    "bare": ("-m", "benchmarks.bare_worker"),
    "untold": ("-m", "benchmarks.untold_worker"),
    "governed": (str(ROOT / "worker.py"),),
}
REQUESTER = "mailroom"
SEALED_WITHIN = 120
"""Seconds after which a trail that is not whole is a fault."""
Handle = WorkflowHandle[Any, Any]


@dataclass(frozen=True)
class Contender:
    """One of them; `store` is where the trail of its cases is kept."""

    name: str
    client: Client
    settings: Settings
    database: Database
    worker: psutil.Process
    store: Store | None

    @property
    def documents(self) -> FolderDocuments:
        """Its document store."""
        return FolderDocuments(self.settings.documents)

    async def start(self, ref: DocumentRef) -> Handle:
        """Start a case as the command line does."""
        queue, case_id = str(self.settings.task_queue), f"{self.name[:4]}-{ref.digest[:20]}"
        if self.name == "bare":
            return await self.client.start_workflow(BareInvoice.run, ref, id=case_id, task_queue=queue)
        pairs = [
            SearchAttributePair(attributes.PROCESS, "invoice"),
            SearchAttributePair(attributes.CASE_STATE, "running"),
        ]
        return await self.client.start_workflow(
            InvoiceWorkflow.run,
            InvoiceCase(document=ref, sender=None, requester=REQUESTER),
            id=case_id,
            task_queue=queue,
            search_attributes=TypedSearchAttributes(pairs),
        )

    async def waits(self, case: Handle) -> bool:
        """Whether a case waits for a person."""
        try:
            if self.name == "bare":
                return await case.query(BareInvoice.waiting)
            return (await self._approval(case).query(Approval.state)).state == "waiting"
        except RPCError:
            return False

    async def approve(self, case: Handle) -> None:
        """Approve a case that waits."""
        if self.name == "bare":
            await case.signal(BareInvoice.approve, "anna")
        else:
            await self._approval(case).signal("approve", {"by": "anna"})

    async def trail_is_whole(self, cases: Sequence[Handle]) -> None:
        """Wait until these cases are sealed in the ledger, and nothing is left to look at; at once without a trail."""
        if self.store is None:
            return
        async with asyncio.timeout(SEALED_WITHIN):
            for case in cases:
                while not (await self.store.ledger.tail(case.id)).sealed:  # noqa: ASYNC110 - another process seals
                    await asyncio.sleep(0.2)
            while await self.store.journal.touched():  # noqa: ASYNC110 - another process takes them off
                await asyncio.sleep(0.2)

    def cpu(self) -> float:
        """Processor seconds of the worker and of the process that forks its readers."""
        return sum(cpu_of(each) for each in (self.worker, *self.worker.children()))

    def memory(self) -> int:
        """Bytes that the worker alone has."""
        return int(self.worker.memory_full_info().uss)

    def _approval(self, case: Handle) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle_for(Approval.run, f"approval.finance.{case.id}.post")


def cpu_of(process: psutil.Process) -> float:
    """Processor seconds that a process took so far."""
    used = process.cpu_times()
    return float(used.user + used.system)


@asynccontextmanager
async def contender(name: str, client: Client, address: str, folder: Path) -> AsyncGenerator[Contender]:
    """Start a worker with empty books in a folder. Names have one length, so that histories differ by what they say."""
    settings = Settings(home=folder / name, task_queue=f"bench-{name[:4]}")
    database = Database(settings.books)
    await database.prepare()
    process = await started(COMMANDS[name], settings, address, "worker.log")
    try:
        async with open_store(settings.store_url) as store:
            told = store if name == "governed" else None
            yield Contender(name, client, settings, database, psutil.Process(process.pid), told)
    finally:
        await stop(process, seconds=40)
        await database.close()


async def started(command: Sequence[str], settings: Settings, address: str, log: str, **environ: str) -> Process:
    """A worker in a process of its own that asks no model; what it says is added to a log in its folder."""
    given = {
        "SIGNALBOX_HOME": str(settings.home),
        "SIGNALBOX_TASK_QUEUE": str(settings.task_queue),
        "TEMPORAL_ADDRESS": address,
        "PYTHONPATH": str(ROOT),
    }
    asked = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SIGNALBOX_MODEL_URL", "SIGNALBOX_MODEL_KEY")
    environment = {name: value for name, value in os.environ.items() if name not in asked}
    with (settings.home / log).open("ab") as said:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *command),
            env={**environment, **given, **environ},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def server_process() -> psutil.Process:
    """The dev server that this process has started."""
    [found] = [each for each in psutil.Process().children() if each.name() == "temporal"]
    return found
