"""A retail house for tests: a model that plays the tasks, a worker in a process of its own, people who answer."""

from __future__ import annotations

import asyncio
import re
import signal
import uuid
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol, cast
from unittest.mock import patch

from temporalio.client import Client, WorkflowExecution, WorkflowHandle

from activities.documents import put_model
from integrations.documents import FolderDocuments
from integrations.scripted_model import ScriptedModel, scripted_model
from integrations.scripted_model import rules as ruling
from tests.chaos.plant import started
from tests.conftest import ROOT
from tests.facts import until
from tests.office import Office, open_office
from tests.policies import copied
from tests.tau.agent import RetailBrief, retail_clerk
from tests.tau.play import Turn, plan, played
from tests.tau.store import PAUSED, Effect, FileBooks, found
from tests.tau.tasks import Changes, State, Task, state_of, tasks_of
from tests.tau.told import RetailOutcome

Case = WorkflowHandle[Any, RetailOutcome]
PROGRAM = ("tests/tau/retail_worker.py",)
IN_CHARGE = {"support-lead": "yara", "finance": "greta"}
PATIENCE = 45
PAUSE = 0.15
"""Seconds that a write takes before and after it is done, where workers are killed: most of a case's time."""
READY = b"the retail worker works"


@dataclass(frozen=True)
class Data:
    """The tasks and the shop, read once."""

    tasks: tuple[Task, ...]
    state: State
    template: Path

    @classmethod
    def of(cls, shared: Path, folder: Path) -> Data:
        """From the shared data; the shop is made once, and copied for each case."""
        tau = shared / "agent_tasks"
        data = cls(tasks_of(tau), state_of(tau), folder / "template.db")
        found(data.template, data.state)
        return data

    def pick(self, *names: str) -> tuple[Task, ...]:
        """Tasks by the end of their ids."""
        return tuple(next(each for each in self.tasks if each.id == f"retail_{name}") for name in names)


@dataclass(frozen=True)
class Ran:
    """A case that has ended: what it says of itself, what it changed in its shop, and by which writes, in order."""

    outcome: RetailOutcome
    changed: Changes
    writes: tuple[Effect, ...]


class Books(Protocol):
    """The shops of a house, from outside."""

    def make(self, case: str) -> None:
        """A shop as every case finds it."""
        ...

    def closed(self, case: str) -> tuple[Changes, tuple[Effect, ...]]:
        """What has changed in a shop, and by which writes; it is gone then."""
        ...


@dataclass
class House:
    """What a test may do."""

    office: Office
    model: ScriptedModel
    data: Data
    books: Books
    environ: dict[str, str]
    asked: list[str] = field(default_factory=list[str])
    """The ids of all approvals that people were asked for."""

    @property
    def shops(self) -> Path:
        return self.office.desk.settings.home / "shops"

    async def start(self, task: Task) -> Case:
        """A case of a task, in a shop of its own."""
        mark = str(uuid.uuid4())
        case = f"retail-{mark}"
        await asyncio.to_thread(self.books.make, case)
        documents = FolderDocuments(self.office.desk.settings.documents)
        message = await documents.put(task.instruction.encode(), name="message", media_type="text/plain")
        said = RetailBrief(task=task.id, mark=mark, user_id=task.user_id, message=message)
        brief = await put_model(documents, said, "brief")
        return await self.office.desk.client.start_workflow(
            "Retail", brief, id=case, task_queue=self.office.desk.queue, result_type=RetailOutcome
        )

    async def end(self, case: Case) -> Ran:
        """What a case came to; its shop is removed."""
        outcome = await case.result()
        return Ran(outcome, *await asyncio.to_thread(self.books.closed, case.id))

    async def run(self, tasks: Iterable[Task], at_once: int = 6, patience: float = PATIENCE) -> dict[str, Ran]:
        """Every task, some of them at once."""
        free, ran = asyncio.Semaphore(at_once), dict[str, Ran]()

        async def one(task: Task) -> None:
            async with free:
                case = await self.start(task)
                try:
                    async with asyncio.timeout(patience):
                        ran[task.id] = await self.end(case)
                except TimeoutError:
                    raise AssertionError(f"{task.id} stands still: {await stands(case)}") from None

        await asyncio.gather(*(one(task) for task in tasks))
        return ran

    async def run_under_kills(self, tasks: Sequence[Task], kills: int, chance: Random) -> dict[str, Ran]:
        """The same, while the worker is killed at random steps and another takes its place."""
        self.pause(PAUSE)
        running = asyncio.create_task(self.run(tasks, patience=PATIENCE * kills))
        for _ in range(kills):
            process = await self.worker()
            await self._steps(chance.randint(1, 3 * min(6, len(tasks))), running)
            await asyncio.sleep(chance.uniform(0, 4 * PAUSE))
            await kill(process)
        last = await self.worker()
        try:
            return await running
        finally:
            await kill(last)

    async def _steps(self, more: int, running: asyncio.Task[Any]) -> None:
        """Wait until the model was asked so many times more, or until all is done."""
        before = len(self.model.asked)

        async def reached() -> bool:
            return len(self.model.asked) >= before + more or running.done()

        await until(reached, PATIENCE)

    def pause(self, seconds: float) -> None:
        """Let every write take so long, before and after it is done."""
        (self.shops / PAUSED).write_text(str(seconds))

    async def worker(self) -> Process:
        """A worker that works."""
        process = await started(self.office, PROGRAM, "retail", self.environ)
        log = self.office.desk.settings.home / "retail.log"
        before = log.read_bytes().count(READY)
        async with asyncio.timeout(PATIENCE):
            while log.read_bytes().count(READY) <= before:
                assert process.returncode is None, log.read_text()[-2_000:]
                await asyncio.sleep(0.05)
        return process


async def stands(case: Case) -> str:
    """Where a case stands, for whoever reads why a test has failed."""
    described = (await case.describe()).raw_description
    events = [event.event_type async for event in case.fetch_history_events()][-3:]
    return f"{described.pending_children} {described.pending_activities} after events {events}"


Answer = Callable[[WorkflowExecution], Awaitable[None]]


def saying(office: Office, kind: str, **said: str) -> Answer:
    """People who all answer the same, each for their role."""

    async def answer(one: WorkflowExecution) -> None:
        role = next(role for role in IN_CHARGE if one.id.startswith(f"approval.{role}."))
        handle = office.desk.client.get_workflow_handle(one.id, run_id=one.run_id)
        await handle.signal(kind, {"by": IN_CHARGE[role], **said})

    return answer


async def _people(house: House, answer: Answer | None) -> None:
    """Answer each approval of this house once."""
    query = f"WorkflowType='Approval' AND ExecutionStatus='Running' AND TaskQueue='{house.office.desk.queue}'"
    seen = set[str | None]()
    while True:
        async for one in house.office.desk.client.list_workflows(query):
            if one.run_id not in seen:
                seen.add(one.run_id)
                house.asked.append(one.id)
                if answer:
                    await answer(one)
        await asyncio.sleep(0.1)


@asynccontextmanager
async def open_house(  # noqa: PLR0913 - what a test may choose
    client: Client,
    home: Path,
    data: Data,
    *,
    says: str | None = "approve",
    scripts: Callable[[Task, State], Sequence[Turn]] = plan,
    deadline: str = "1 day",
    working: bool = True,
    books: Books | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncGenerator[House]:
    """Open a house whose people approve, reject or, with None, say nothing."""
    policies = await asyncio.to_thread(_policies, home, deadline)
    rule = played({task.id: scripts(task, data.state) for task in data.tasks})
    with patch.dict(cast("dict[str, Any]", ruling.RULES), {retail_clerk.name: rule}):
        async with scripted_model(rules=True) as model:
            chosen = {"model_url": model.url, "model": "rules", "model_provider": "scripted", "policies": policies}
            async with open_office(client, home, working=False, **chosen) as office:
                said = {
                    "PYTHONPATH": str(ROOT),
                    "SIGNALBOX_MODEL_URL": model.url,
                    "SIGNALBOX_MODEL": "rules",
                    "SIGNALBOX_POLICIES": str(policies),
                    **(environ or {}),
                }
                within = books or FileBooks(data.template, data.state, home / "shops")
                house = House(office, model, data, within, said)
                reason = {"reason": "Not this."} if says == "reject" else {}
                people = asyncio.create_task(_people(house, saying(office, says, **reason) if says else None))
                process = await house.worker() if working else None
                try:
                    yield house
                finally:
                    people.cancel()
                    await kill(process)


async def kill(process: Process | None) -> None:
    """End a worker at once, in the middle of whatever it does."""
    if process and process.returncode is None:
        process.send_signal(signal.SIGKILL)
        await process.wait()


def _policies(home: Path, deadline: str) -> Path:
    """The shipped policies with the retail table, and limits of people in its currency."""
    (home / "shops").mkdir(parents=True)
    folder = copied(home / "policies")
    table = (ROOT / "tests" / "tau" / "retail.toml").read_text()
    (folder / "retail.toml").write_text(table.replace('deadline = "1 day"', f'deadline = "{deadline}"'))
    people = folder / "people.toml"
    people.write_text(re.sub(r'currency = "EUR"', 'currency = "USD"', people.read_text()))
    return folder
