"""PostgreSQL from the system's packages, in a temporary folder; it refuses to run as root."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

from deploy.rehearsal.processes import Program, listens
from deploy.rehearsal.toolchain import Missing

UNPRIVILEGED = "nobody"
USER = "temporal"
CONNECTIONS = 200


class PostgreSql:
    """One server for all: Temporal's two databases, the ledger's and the books'."""

    def __init__(self, folder: Path, port: int) -> None:
        """Make the cluster's folder; `folder` must be one that every user may pass."""
        self.port = port
        self._data = folder / "postgresql"
        self._initdb, server = postgresql_tool("initdb"), postgresql_tool("postgres")
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._data.mkdir()
        self._log = folder / "postgresql.log"
        settings = (
            *("listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={self._data}"),
            f"max_connections={CONNECTIONS}",
        )
        options = [word for setting in settings for word in ("-c", setting)]
        self.program = Program("PostgreSQL", (server, "-D", str(self._data), *options), {}, self._log, self._user)
        if self._user:
            shutil.chown(self._data, self._user)

    async def start(self) -> None:
        """Start it, on what it had."""
        if not (self._data / "PG_VERSION").exists():
            made = (self._initdb, "-D", str(self._data), "-U", USER, "-A", "trust", "-E", "UTF8")
            await Program("initdb", made, {}, self._log, self._user).done()
        await self.program.start()
        await listens(self.program, self.port)

    async def create(self, *databases: str) -> None:
        """Make databases of ours."""
        psql = (postgresql_tool("psql"), "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", self.url("postgres"))
        wanted = [word for database in databases for word in ("--command", f'CREATE DATABASE "{database}"')]
        await Program("psql", (*psql, *wanted), {}, self._log).done()

    async def stop(self) -> None:
        """End it at once, as an administrator would who cannot wait for connections to close."""
        await self.program.stop(by=signal.SIGINT)

    def url(self, database: str) -> str:
        """Where one of its databases is."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"


def postgresql_tool(name: str) -> str:
    """The newest of PostgreSQL's programs that has this name; raise `Missing` where there is none."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, places), None)
    if found is None:
        raise Missing(f"PostgreSQL's {name} is not installed; the Debian package `postgresql` has it.")
    return found
