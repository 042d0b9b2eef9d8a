"""Where cases are tortured: a server on a file, two workers, a model, a backend, and an office that they share."""

import asyncio
import random
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from integrations.scripted_model import Reply, scripted_model
from integrations.temporal.dev_server import dev_server, free_port
from tests.chaos.plant import ended, started
from tests.collector import Collector, over_http
from tests.files import edit
from tests.office import Office, open_office
from tests.policies import copied
from workflows import attributes

WORKERS = ("worker-1", "worker-2")
TROUBLE = (
    "post_bill:slow_after=1*6, post_bill:fail_after*2, schedule_payment:slow=1*4, schedule_payment:fail_after*2, "
    "send_remittance:slow_after=1*4, return_invoice:fail_after*1, find_order:fail_before*2, "
    "verify_bank_details:fail_after*1, change_bank_details:slow_after=1*2, confirm_bank_details:fail_before*1"
)
"""What goes wrong in the business system meanwhile, and makes it slow enough to be killed in."""
MODEL_FAULTS = (
    Reply(status=500),
    Reply(status=429, retry_after="1"),
    Reply(fault="malformed"),
    Reply(fault="truncated"),
    Reply(fault="html"),
    Reply(fault="reset_midway"),
    Reply(fault="wrong_schema"),
    Reply(fault="duplicate_keys"),
    Reply(fault="wrong_figures"),
    Reply(fault="refusal"),
    Reply(fault="hang"),
)


class ServerOnFile:
    """A Temporal server that may die, and comes back at the same place with what it had."""

    def __init__(self, database: Path) -> None:
        self._database, self._port, self._running = database, free_port(), AsyncExitStack()

    async def start(self) -> str:
        return await self._running.enter_async_context(dev_server(self._database, self._port, attributes.ALL))

    async def stop(self, *, kill: bool = False) -> None:
        if kill:
            [server] = [child for child in psutil.Process().children() if str(self._database) in child.cmdline()]
            server.kill()
        await self._running.aclose()


NO_SERVER = 2
"""How a worker ends that finds no server when it starts."""


@dataclass
class Ground:
    """All of it, and how often each thing was done."""

    office: Office
    server: ServerOnFile
    collector: Collector
    environ: dict[str, str]
    chance: random.Random
    workers: dict[str, asyncio.subprocess.Process] = field(default_factory=dict[str, asyncio.subprocess.Process])
    cases: dict[str, Path | None] = field(default_factory=dict[str, Path | None])
    """By id, each with its document where it has one."""
    done: Counter[str] = field(default_factory=Counter[str])

    @property
    def client(self) -> Client:
        return self.office.desk.client

    @property
    def store(self) -> Path:
        return self.office.desk.settings.home / "signalbox.db"

    @property
    def spans_file(self) -> Path:
        return Path(self.environ["SIGNALBOX_TRAIL_FILE"])

    async def type(self, *words: str, user: str) -> asyncio.subprocess.Process:
        """Run a command in a process of its own."""
        return await started(self.office, ("starter.py", *words), user, self.environ)

    async def work(self, name: str) -> None:
        """Start a worker."""
        self.workers[name] = await started(self.office, ("worker.py",), name, self.environ)

    async def kill(self, name: str) -> None:
        """End a worker and what it started, without a word."""
        process = self.workers.pop(name)
        if process.returncode == NO_SERVER and b"No Temporal server answers" in self._log_of(name):
            return  # it was started while the server was away: whoever supervises it starts it again
        assert process.returncode is None, f"{name} ended by itself: see its log"
        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await ended(below)

    def _log_of(self, name: str) -> bytes:
        return (self.office.desk.settings.home / f"{name}.log").read_bytes()

    def entered(self) -> int:
        """How many entries the ledger has."""
        if not self.store.exists():
            return 0
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10)) as store:
            try:
                return int(store.execute("SELECT count(*) FROM ledger_entries").fetchone()[0])
            except sqlite3.OperationalError:  # the tables are still to be made
                return 0


@asynccontextmanager
async def prepared(home: Path, chance: random.Random) -> AsyncGenerator[Ground]:
    """An office that nobody works in yet; whoever works there at the end is killed."""
    policies, server, spans = copied(home / "policies"), ServerOnFile(home / "temporal.db"), Collector()
    edit(policies / "bank-terms.toml", '"2 business days"', '"1 second"')
    replies = [chance.choice([Reply(), *MODEL_FAULTS]) for _ in range(6)]
    async with AsyncExitStack() as stack:
        address = await server.start()
        stack.push_async_callback(server.stop)
        client = await Client.connect(address, data_converter=pydantic_data_converter, identity="test@desk")
        model = await stack.enter_async_context(scripted_model(replies, rules=True))
        await stack.enter_async_context(over_http(spans))
        office = await stack.enter_async_context(open_office(client, home, working=False, policies=policies))
        ground = Ground(office, server, spans, environ_of(home, policies, model.url, spans.endpoint), chance)
        ground.done.update(model_faults=sum(reply != Reply() for reply in replies))
        try:
            yield ground
        finally:
            for name in tuple(ground.workers):
                await ground.kill(name)


def environ_of(home: Path, policies: Path, model: str, backend: str) -> dict[str, str]:
    """What the workers and commands of the office are told."""
    return {
        "SIGNALBOX_POLICIES": str(policies),
        "SIGNALBOX_MODEL_URL": model,
        "SIGNALBOX_MODEL": "rules",
        "SIGNALBOX_SWEEP_SECONDS": "0.2",
        "SIGNALBOX_TRAIL_FILE": str(home / "spans.jsonl"),
        "SIGNALBOX_SANDBOX_FAULTS": TROUBLE,
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "3000",
    }
