"""An office on a real Temporal server: its own books, policies, task queue and worker, for one test."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

import worker
from commands.approvals import answer, waiting_for
from commands.books import books
from commands.desk import Desk
from commands.submit import submit
from domain.outcome import InvoiceOutcome
from domain.purchasing import Bill, Message, Payment
from governance.approval import Heard
from integrations.sandbox import Database, SandboxErp, SandboxMail, load_csv
from integrations.settings import Settings
from tests.conftest import ROOT
from tests.policies import copied

PATIENCE = 30
"""Seconds before a test gives up on something that should happen at once."""


@dataclass
class Office:
    """What a test may do to it."""

    desk: Desk
    database: Database
    seeded: frozenset[str]

    async def hand_in(self, file: Path, **options: Any) -> WorkflowHandle[Any, InvoiceOutcome]:
        """Start the case of a file."""
        options = {"requester": "mailroom", "sender": None, **options}
        item = await submit(self.desk, self._own(file), **options)
        assert item.handle is not None, item.said
        return item.handle

    async def process(self, file: Path, **options: Any) -> Any:
        """Start the case of a file and wait for its outcome."""
        async with asyncio.timeout(PATIENCE):
            return await (await self.hand_in(file, **options)).result()

    async def approval_of(self, case: WorkflowHandle[Any, Any]) -> str:
        """Wait until a case asks a person; returns the approval's id."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async for found in waiting_for(self.desk, case.id):
                    return found.id
                await asyncio.sleep(0.05)

    async def answer(self, case: WorkflowHandle[Any, Any], kind: str, text: str | None, person: str = "anna") -> Heard:
        """Answer what a case asks."""
        return await answer(self.desk, await self.approval_of(case), kind, text, person)

    async def bills(self) -> tuple[Bill, ...]:
        """Every bill in the books that the seed did not put there."""
        return tuple(bill for bill in await SandboxErp(self.database).bills() if bill.id not in self.seeded)

    async def payments(self) -> tuple[Payment, ...]:
        """Every payment in the books."""
        return await SandboxErp(self.database).payments()

    async def messages(self) -> tuple[Message, ...]:
        """Every message that left."""
        return await SandboxMail(self.database).messages()

    def _own(self, file: Path) -> Path:
        """A copy that only this office has: offices share a server, and there the same document is the same case."""
        mark = (self.desk.settings.task_queue or "").encode()
        own = self.desk.settings.home / "in" / file.name
        own.parent.mkdir(exist_ok=True)
        wrapped = {".xml": b"\n<!-- %s -->\n", ".pdf": b"\n%% %s\n"}.get(file.suffix, b"\n\n%s\n")
        own.write_bytes(file.read_bytes() + wrapped % mark)
        return own


@asynccontextmanager
async def open_office(client: Client, home: Path, *, working: bool = True, **settings: Any) -> AsyncGenerator[Office]:
    """Open an office with the sample company in its books; without `working` nobody works yet."""
    policies = settings.pop("policies", None) or copied(home / "shipped-policies")
    chosen = Settings(home=home, policies=policies, task_queue=f"test-{uuid.uuid4()}", **settings)
    async with books(chosen) as database:
        await load_csv(database, ROOT / "samples" / "erp")
        seeded = frozenset(bill.id for bill in await SandboxErp(database).bills())
        office = Office(Desk(chosen, client, "http://ui"), database, seeded)
        if not working:
            yield office
            return
        async with worker.worker_for(client, chosen) as ours, ours:
            yield office


async def no_task_failed(handle: WorkflowHandle[Any, Any]) -> None:
    """Check that no workflow task of a case failed: a failed task is retried for ever and blocks the case."""
    history = await handle.fetch_history()
    failed = [event for event in history.events if event.HasField("workflow_task_failed_event_attributes")]
    assert not failed, failed[0].workflow_task_failed_event_attributes.failure.message


async def gone(handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether a workflow does not exist."""
    try:
        await handle.describe()
    except RPCError:
        return True
    return False
