"""Where the rehearsal takes place: one folder, all servers and workers, and who may call them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from commands.access import replaced
from commands.desk import Desk
from deploy.rehearsal.cluster import NAMESPACE, Cluster
from deploy.rehearsal.collector import Collector
from deploy.rehearsal.logins import Dex
from deploy.rehearsal.postgresql import PostgreSql
from deploy.rehearsal.processes import Program, free_ports, until
from deploy.rehearsal.toolchain import Tools
from deploy.rehearsal.ui import Ui
from deploy.rehearsal.versions import exported
from integrations.service_tokens import key_set, new_service_key, service_token
from integrations.settings import ROOT, Settings

WORKERS = ("worker-1", "worker-2", "worker-3")
VALID = timedelta(seconds=45)
RENEWED_SECONDS = 15.0
"""Workers' tokens last so short that a rehearsal outlives several of them."""
SLOW_EFFECT = "post_bill:slow_after=5*1"
"""The first bill that is posted takes long enough for its worker to be killed in the middle of it."""


@dataclass
class Ground:
    """All of it."""

    folder: Path
    tools: Tools
    key: EllipticCurvePrivateKey
    database: PostgreSql
    cluster: Cluster
    dex: Dex | None
    ui: Ui | None
    collector: Collector | None
    before: Path
    """The code of version A; ours is B."""
    workers: dict[str, Program] = field(default_factory=dict[str, Program])
    people: dict[str, str] = field(default_factory=dict[str, str])
    """The tokens of those who have logged in."""
    renewing: bool = True
    """Whether workers get new tokens."""

    def token(self, name: str, *permissions: str, valid: timedelta = timedelta(hours=1)) -> str:
        """A token signed with our own key."""
        return service_token(self.key, name, permissions, now=datetime.now(UTC), valid=valid)

    @property
    def worker_token(self) -> Path:
        """The file from which workers take theirs."""
        return self.folder / "worker.token"

    def renew(self, valid: timedelta = VALID) -> None:
        """Give the workers a new token, as a job would."""
        replaced(self.worker_token, self.token("worker", f"{NAMESPACE}:write", valid=valid), 0o600)

    def environ(self, token: Path) -> dict[str, str]:
        """How a program of ours is told where everything is."""
        traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.endpoint} if self.collector else {}
        return {
            "TEMPORAL_ADDRESS": self.cluster.address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "TEMPORAL_TLS": "false",
            "SIGNALBOX_PROFILE": "production",
            "SIGNALBOX_TOKEN_FILE": str(token),
            "SIGNALBOX_HOME": str(self.folder / "home"),
            "SIGNALBOX_POLICIES": str(ROOT / "policies"),
            "SIGNALBOX_STORE": self.database.url("signalbox"),
            "SIGNALBOX_DATABASE": self.database.url("books"),
            "SIGNALBOX_UI_URL": "http://localhost:8080",
            "SIGNALBOX_SANDBOX_FAULTS": SLOW_EFFECT,
            **traces,
        }

    async def start_worker(self, name: str, code: Path, token: Path | None = None) -> Program:
        """A worker of this code, in place of the one that had the name."""
        program = (sys.executable, str(code / "worker.py"))
        made = Program(name, program, self.environ(token or self.worker_token), self.folder / f"{name}.log")
        self.workers[name] = made
        await made.start()
        return made

    async def work(self, names: Sequence[str]) -> bool:
        """Whether the server sees as many of our workers ask for work as these, all of which must be there."""
        for name in names:
            self.workers[name].check()
        desk = await self.desk(self.token("rehearsal", f"{NAMESPACE}:read"), "rehearsal")
        asked = DescribeTaskQueueRequest(
            namespace=NAMESPACE,
            task_queue=TaskQueue(name=desk.queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        found = await desk.client.workflow_service.describe_task_queue(asked)
        pids = {f"worker-{self.workers[name].pid}@" for name in names}
        return all(any(poller.identity.startswith(pid) for poller in found.pollers) for pid in pids)

    async def at_work(self, names: Sequence[str]) -> None:
        """Wait until these workers ask the server for work."""
        await until(lambda: self.work(names), f"{', '.join(names)} at work", 120)

    async def run(self, *words: str, token: Path) -> tuple[int, str]:
        """What `starter.py` says to these words, and its exit code."""
        log = self.folder / "starter.log"
        log.unlink(missing_ok=True)
        typed = Program("starter.py", (sys.executable, str(ROOT / "starter.py"), *words), self.environ(token), log)
        await typed.start()
        return await typed.wait(300), log.read_text(errors="replace")

    async def desk(self, token: str, name: str) -> Desk:
        """What commands work with, for somebody who has this token."""
        settings = Settings(
            home=self.folder / "home",
            policies=ROOT / "policies",
            profile="production",
            store=self.database.url("signalbox"),
            database=self.database.url("books"),
        )
        client = await Client.connect(
            self.cluster.address,
            namespace=NAMESPACE,
            api_key=token or None,
            tls=False,
            data_converter=pydantic_data_converter,
            identity=name,
        )
        return Desk(settings, client, "http://localhost:8080")


@asynccontextmanager
async def ground(folder: Path, tools: Tools, version_a: str) -> AsyncGenerator[Ground]:
    """All servers, prepared and not started; whatever is started ends with the block."""
    (folder / "home").mkdir(parents=True)
    key = new_service_key(folder / "services.pem")
    jwks = folder / "services.jwks.json"
    jwks.write_text(key_set([], key))
    database = PostgreSql(folder, free_ports(1)[0])
    dex = Dex(folder, tools.dex) if tools.dex else None
    keys = (f"file://{jwks}", *((dex.keys,) if dex else ()))
    cluster = Cluster(folder, tools.temporal, database, keys)
    made = Ground(
        folder=folder,
        tools=tools,
        key=key,
        database=database,
        cluster=cluster,
        dex=dex,
        ui=Ui(folder, tools.ui, dex, cluster.address) if tools.ui and dex else None,
        collector=Collector(folder, tools.collector) if tools.collector else None,
        before=await asyncio.to_thread(exported, version_a, folder / "version-a"),
    )
    async with AsyncExitStack() as ending:
        ending.push_async_callback(database.stop)
        ending.push_async_callback(made.cluster.stop)
        ending.push_async_callback(_stop_beside, made)
        ending.push_async_callback(_stop_workers, made)
        ending.callback(asyncio.create_task(_renewing(made)).cancel)
        yield made


async def _stop_workers(made: Ground) -> None:
    await asyncio.gather(*(worker.stop() for worker in made.workers.values()))


async def _stop_beside(made: Ground) -> None:
    for each in (made.ui, made.dex, made.collector):
        if each:
            await each.stop()


async def _renewing(made: Ground) -> None:
    while True:
        if made.renewing:
            made.renew()
        await asyncio.sleep(RENEWED_SECONDS)
