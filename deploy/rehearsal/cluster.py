"""The Temporal server in its roles, each a process of its own, from the files that compose mounts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from aiohttp import ClientSession
from temporalio.client import Client
from temporalio.service import RPCError

from deploy.rehearsal.env_file import env_file
from deploy.rehearsal.postgresql import USER, PostgreSql
from deploy.rehearsal.processes import Failed, Program, free_ports, listens, until
from integrations.settings import ROOT

CONFIG = ROOT / "deploy" / "config"
NAMESPACE = "signalbox"
FRONTEND = "frontend"
"""The role that everybody calls, and the only one that asks for tokens."""
ROLES = ("history", "matching", "internal-frontend", FRONTEND, "worker")


@dataclass(frozen=True)
class Ports:
    """Where one role listens: for calls, for its peers, for who measures it and, some, for HTTP."""

    grpc: int
    membership: int
    metrics: int
    http: int


def _ports() -> dict[str, Ports]:
    free = iter(free_ports(4 * len(ROLES)))
    return {role: Ports(next(free), next(free), next(free), next(free)) for role in ROLES}


@dataclass
class Cluster:
    """All roles, and what each is told beside the shared files: where things are on this machine."""

    folder: Path
    tools: Path
    database: PostgreSql
    keys: tuple[str, ...]
    """Where the keys are whose tokens count, at most two."""
    ports: Mapping[str, Ports] = field(default_factory=_ports)
    roles: dict[str, Program] = field(default_factory=dict[str, Program])

    @property
    def address(self) -> str:
        """The frontend."""
        return f"127.0.0.1:{self.ports[FRONTEND].grpc}"

    async def make_tables(self) -> None:
        """Create the tables, as the schema job does; what is there stays."""
        await self._job("schema", {**self._server(), "PATH": f"{self.tools}:/usr/bin:/bin"})

    async def make_namespace(self, token: Path) -> None:
        """Create the namespace and its search attributes, as the namespace job does."""
        path = f"{ROOT / '.venv' / 'bin'}:/usr/bin:/bin"
        environ = {"TEMPORAL_ADDRESS": self.address, "TEMPORAL_NAMESPACE": NAMESPACE, "TEMPORAL_TOKEN_FILE": str(token)}
        await self._job("namespace", {**environ, "PATH": path})

    async def start(self) -> None:
        """Start all roles and wait until the frontend serves."""
        for role in ROLES:
            program = (str(self.tools / "temporal-server"), "start")
            self.roles[role] = Program(f"temporal {role}", program, self.told(role), self.folder / f"{role}.log")
        first, *others = ROLES
        await self.restart(first)  # it writes the cluster's record, over which several would quarrel and some give up
        await asyncio.gather(*(self.restart(role) for role in others))
        await self.serves()

    async def restart(self, role: str) -> None:
        """Start one role and wait until it listens."""
        await self.roles[role].start()
        await listens(self.roles[role], self.ports[role].grpc)

    async def serves(self) -> None:
        """Wait until the frontend says that it serves; asking takes no token."""

        async def healthy() -> bool:
            for role in self.roles.values():
                role.check()
            try:
                client = await Client.connect(self.address, tls=False)
                return await client.service_client.check_health()
            except (RPCError, RuntimeError):
                return False

        await until(healthy, "the frontend serves", 90)

    async def measured(self) -> int:
        """How many lines of metrics all roles have; raise `Failed` for one that has none."""
        lines = 0
        async with ClientSession() as asking:
            for role, ports in self.ports.items():
                async with asking.get(f"http://127.0.0.1:{ports.metrics}/metrics") as answer:
                    own = sum(not line.startswith("#") for line in (await answer.text()).splitlines())
                if answer.status != HTTPStatus.OK or not own:
                    raise Failed(f"{role} shows no metrics")
                lines += own
        return lines

    async def stop(self) -> None:
        """End all roles, those that others need last."""
        for role in reversed(self.roles.values()):
            await role.stop(10)

    def told(self, role: str) -> dict[str, str]:
        """The environment of one role, as compose makes it of the shared files."""
        secure = self._secure() if role == FRONTEND else {}
        metrics = f"127.0.0.1:{self.ports[role].metrics}"
        return {**self._server(), **secure, "TEMPORAL_SERVICES": role, "PROMETHEUS_ENDPOINT": metrics}

    def _server(self) -> dict[str, str]:
        here = {
            "POSTGRES_SEEDS": "127.0.0.1",
            "DB_PORT": str(self.database.port),
            "POSTGRES_USER": USER,
            "POSTGRES_PWD": self.database.password(USER),
            "BIND_ON_IP": "127.0.0.1",
            "DYNAMIC_CONFIG_FILE_PATH": str(CONFIG / "temporal/dynamic.yaml"),
        }
        return {**env_file(CONFIG / "temporal/server.env"), **here, **_addresses(self.ports)}

    def _secure(self) -> dict[str, str]:
        sources = {f"TEMPORAL_JWT_KEY_SOURCE{number}": uri for number, uri in enumerate((*self.keys, ""), 1)}
        return {**env_file(CONFIG / "temporal/secure.env"), **sources}

    async def _job(self, name: str, environ: Mapping[str, str]) -> None:
        script = ("/bin/sh", str(CONFIG / f"temporal/{name}.sh"))
        await Program(f"{name}.sh", script, environ, self.folder / f"{name}.log").done()


def _addresses(ports: Mapping[str, Ports]) -> dict[str, str]:
    """Each role's ports, as the server's own configuration template names them."""
    found: dict[str, str] = {}
    for role, each in ports.items():
        name = role.upper().replace("-", "_")
        found[f"{name}_GRPC_PORT"] = str(each.grpc)
        found[f"{name}_MEMBERSHIP_PORT"] = str(each.membership)
        found[f"{name}_HTTP_PORT"] = str(each.http)
    return found
