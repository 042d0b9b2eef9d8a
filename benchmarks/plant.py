"""Workers that share books, store and task queue on one server, each a process as a platform starts it."""

from __future__ import annotations

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from temporalio.client import Client

from benchmarks.contender import COMMANDS, Contender, Handle, started
from benchmarks.papers import Shape, papers
from benchmarks.rounds import stored
from domain.documents import DocumentRef
from domain.outcome import Posted
from integrations.sandbox import Database
from integrations.settings import Settings
from integrations.temporal.dev_server import stop

IN_FLIGHT = 20


@dataclass
class Plant:
    """Workers that share books, store and task queue on one server."""

    name: str
    client: Client
    address: str
    settings: Settings
    database: Database
    workers: dict[str, Process] = field(default_factory=dict[str, Process])

    async def work(self, name: str, **environ: str) -> psutil.Process:
        """Start a worker in a process of its own."""
        self.workers[name] = await started(COMMANDS["governed"], self.settings, self.address, f"{name}.log", **environ)
        return psutil.Process(self.workers[name].pid)

    async def end(self, name: str) -> int:
        """Tell a worker to stop, as a platform does; its exit code."""
        return await stop(self.workers.pop(name), seconds=40)

    async def refs(self, shape: Shape, wanted: int) -> list[DocumentRef]:
        """Documents of invoices that nobody has seen."""
        return await stored(self.desk, await papers((self.database,), shape, wanted))

    @property
    def desk(self) -> Contender:
        """How cases are started and approved."""
        return Contender("governed", self.client, self.settings, self.database, psutil.Process(), None)


@asynccontextmanager
async def plant(name: str, client: Client, address: str, folder: Path) -> AsyncGenerator[Plant]:
    """An empty one; whoever still works at the end is told to stop."""
    settings = Settings(home=folder / name, task_queue=f"cluster-{name}")
    database = Database(settings.books)
    await database.prepare()
    made = Plant(name, client, address, settings, database)
    try:
        yield made
    finally:
        for each in tuple(made.workers):
            await made.end(each)
        await database.close()


async def load(who: Plant, refs: Sequence[DocumentRef]) -> tuple[list[Handle], list[float]]:
    """Bring cases to their end, some at a time; each with how long it took."""
    seats, cases, took = asyncio.Semaphore(IN_FLIGHT), list[Handle](), list[float]()

    async def one(ref: DocumentRef) -> None:
        async with seats:
            began = time.perf_counter()
            case = await who.desk.start(ref)
            outcome = await case.result()
            if not isinstance(outcome, Posted):
                raise TypeError(f"The case did not pay: {outcome!r}")
            cases.append(case)
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(one(ref) for ref in refs))
    return cases, took
