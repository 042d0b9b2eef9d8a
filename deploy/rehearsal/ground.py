"""Where the rehearsal takes place: one folder, all servers and workers, and who may call them."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from commands.access import replaced
from commands.desk import Desk
from deploy.rehearsal.cluster import NAMESPACE, Cluster
from deploy.rehearsal.collector import Collector
from deploy.rehearsal.logins import Dex
from deploy.rehearsal.postgresql import PostgreSql
from deploy.rehearsal.processes import Failed, Program, until
from deploy.rehearsal.reading import CodecServer
from deploy.rehearsal.toolchain import Tools
from deploy.rehearsal.ui import Ui
from deploy.rehearsal.versions import Version
from integrations.payloads.converter import data_converter
from integrations.service_tokens import service_token
from integrations.settings import ROOT, Settings

DEPLOYMENT = "signalbox"
WORKERS = 3
VALID = timedelta(seconds=45)
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
    codec: CodecServer | None
    collector: Collector | None
    versions: Mapping[str, Version]
    """What workers are, A and B."""
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

    @property
    def home(self) -> Path:
        """Where documents are, for all."""
        return self.folder / "home"

    @property
    def keyring(self) -> Path:
        """The keys of payloads, as whoever types commands has them."""
        return self.keyring_of("operator")

    def keyring_of(self, name: str) -> Path:
        """A worker's own copy, as on a machine of its own."""
        return self.folder / f"{name}.keyring.json"

    def spread(self, *names: str) -> None:
        """Hand the operator's keyring to workers."""
        for name in names:
            replaced(self.keyring_of(name), self.keyring.read_text(), 0o600)

    def environ(self, token: Path, keyring: Path) -> dict[str, str]:
        """How a program of ours is told where everything is."""
        sent = {"OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.endpoint} if self.collector else {}
        return {
            "TEMPORAL_ADDRESS": self.cluster.address,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "TEMPORAL_TLS": "false",
            "SIGNALBOX_PROFILE": "production",
            "SIGNALBOX_TOKEN_FILE": str(token),
            "SIGNALBOX_KEYRING": str(keyring),
            "SIGNALBOX_DEPLOYMENT": DEPLOYMENT,
            "SIGNALBOX_HOME": str(self.home),
            "SIGNALBOX_POLICIES": str(ROOT / "policies"),
            "SIGNALBOX_STORE": self.database.url("signalbox"),
            "SIGNALBOX_DATABASE": self.database.url("books"),
            "SIGNALBOX_UI_URL": "http://localhost:8080",
            "SIGNALBOX_SANDBOX_FAULTS": SLOW_EFFECT,
            **sent,
        }

    async def start_worker(self, name: str, token: Path | None = None) -> Program:
        """A worker of the version that its name begins with, in place of the one that had the name."""
        version = self.versions[name[0]]
        self.spread(name)
        told = {
            "SIGNALBOX_BUILD_ID": version.build,
            "SIGNALBOX_POLICIES": str(version.code / "policies"),  # an older build does not know what newer ones say
            "OTEL_METRICS_EXPORTER": "otlp" if self.collector else "none",
        }
        environ = {**self.environ(token or self.worker_token, self.keyring_of(name)), **told}
        made = Program(name, (sys.executable, str(version.code / "worker.py")), environ, self.folder / f"{name}.log")
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
        environ = self.environ(token, self.keyring)
        typed = Program("starter.py", (sys.executable, str(ROOT / "starter.py"), *words), environ, log)
        await typed.start()
        return await typed.wait(300), log.read_text(errors="replace")

    async def done(self, *words: str, within: float = 0) -> str:
        """The same with the workers' token; it has to succeed, if need be only after some seconds."""
        end = time.monotonic() + within
        while True:
            code, said = await self.run(*words, token=self.worker_token)
            if code == 0:
                return said
            if time.monotonic() > end:
                raise Failed(f"`starter.py {' '.join(words)}` ends with exit code {code}: {said[-500:]}")
            await asyncio.sleep(1)

    async def desk(self, token: str, name: str, *, keyless: bool = False) -> Desk:
        """What commands work with, for somebody who has this token and, unless `keyless`, the keyring."""
        settings = Settings(
            home=self.home,
            keyring=None if keyless else self.keyring,
            deployment=DEPLOYMENT,
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
            data_converter=data_converter(settings, NAMESPACE),
            identity=name,
        )
        return Desk(settings, client, "http://localhost:8080")


def workers_of(version: str) -> tuple[str, ...]:
    """The names of a version's workers."""
    return tuple(f"{version}-{number}" for number in range(1, WORKERS + 1))
