"""PostgreSQL from the system's packages, in a temporary folder; it refuses to run as root.

Its databases and their owners are made by the script that compose mounts, with passwords from `make secrets`.
"""

from __future__ import annotations

import os
import shutil
import signal
import tarfile
from pathlib import Path

from deploy.rehearsal.processes import Program, until
from deploy.rehearsal.toolchain import Missing
from integrations.settings import ROOT

UNPRIVILEGED = "nobody"
ADMINISTRATOR = "postgres"
USER = "temporal"
"""Whom the Temporal server comes as; it makes its own databases."""
OURS = "signalbox"
TEMPORAL = ("temporal", "temporal_visibility")
CONNECTIONS = 200
PSQL = ("--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1")
BACKUP = "--pgdata - --format tar --checkpoint fast --wal-method fetch"
"""All databases as they were at one moment."""


class PostgreSql:
    """One server for all: Temporal's two databases, the ledger's and the books'."""

    def __init__(self, folder: Path, port: int) -> None:
        """Make the cluster's folder; `folder` must be one that every user may pass."""
        self.port = port
        self._folder, self._data, self.secrets = folder, folder / "postgresql", folder / "secrets"
        self._initdb, server = postgresql_tool("initdb"), postgresql_tool("postgres")
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._log = folder / "postgresql.log"
        settings = (
            *("listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={self._data}"),
            f"max_connections={CONNECTIONS}",
        )
        options = [word for setting in settings for word in ("-c", setting)]
        self.program = Program("PostgreSQL", (server, "-D", str(self._data), *options), {}, self._log, self._user)
        self._make_folder()

    async def start(self) -> None:
        """Start it, on what it had."""
        if not (self._data / "PG_VERSION").exists():
            access = ("--auth-local", "trust", "--auth-host", "scram-sha-256")  # the image's own choice
            made = (self._initdb, "-D", str(self._data), "-U", ADMINISTRATOR, *access, "-E", "UTF8")
            await Program("initdb", made, {}, self._log, self._user).done()
        await self.program.start()
        await until(self._answers, "PostgreSQL answers")

    async def make_databases(self) -> None:
        """What the image does with an empty volume: `make secrets`, and the script that compose mounts."""
        secrets = (str(ROOT / "deploy" / "secrets.sh"), str(self.secrets))
        await Program("secrets.sh", ("/bin/sh", *secrets), {}, self._log).done()
        told = {**self._socket(), "SECRETS": str(self.secrets)}
        script = str(ROOT / "deploy" / "config" / "postgres" / "databases.sh")
        await Program("databases.sh", ("/bin/sh", script), told, self._log).done()

    def password(self, user: str) -> str:
        """The password of a role."""
        return (self.secrets / f"{user}_password").read_text()

    def url(self, database: str, user: str = OURS) -> str:
        """Where a database is, for somebody who may use it."""
        return f"postgresql://{user}:{self.password(user)}@127.0.0.1:{self.port}/{database}"

    async def back_up(self, file: Path) -> None:
        """All databases in one file, as they are now."""
        await self._piped(f"{postgresql_tool('pg_basebackup')} --username {ADMINISTRATOR} {BACKUP}", file)

    async def restore(self, file: Path) -> None:
        """In the place of all that it has; it must not run."""
        shutil.rmtree(self._data)
        self._make_folder()
        with tarfile.open(file) as archive:
            archive.extractall(self._data, filter="data")
        self._data.chmod(0o700)
        for each in (self._data, *self._data.rglob("*")):
            if self._user:
                shutil.chown(each, self._user)

    async def dump(self, database: str, file: Path) -> None:
        """One database, as statements."""
        await self._piped(f"{postgresql_tool('pg_dump')} --username {ADMINISTRATOR} {database}", file)

    async def put_back(self, database: str, owner: str, file: Path) -> None:
        """One database as it was dumped; nobody may use it meanwhile."""
        anew = (f'DROP DATABASE "{database}"', f'CREATE DATABASE "{database}" OWNER "{owner}"')
        await self.say("postgres", *anew)
        await self._psql(database, "--file", str(file))

    async def say(self, database: str, *statements: str) -> None:
        """Tell it something as its administrator."""
        await self._psql(database, *(word for each in statements for word in ("--command", each)))

    async def refuses(self, user: str, database: str, table: str) -> bool:
        """Whether a role is told that it may not read a table."""
        log = self._folder / "refused.log"
        log.unlink(missing_ok=True)
        asked = (*PSQL, "--command", f"TABLE {table}", self.url(database, user))
        psql = Program("psql", (postgresql_tool("psql"), *asked), {}, log)
        await psql.start()
        return bool(await psql.wait(60)) and "permission denied" in log.read_text()

    async def stop(self) -> None:
        """End it at once, as an administrator would who cannot wait for connections to close."""
        await self.program.stop(by=signal.SIGINT)

    async def _answers(self) -> bool:
        """Whether it takes connections: after a restore it listens long before."""
        self.program.check()
        asked = (postgresql_tool("pg_isready"), "--quiet", "--host=127.0.0.1", f"--port={self.port}")
        ready = Program("pg_isready", asked, {}, self._log)
        await ready.start()
        return await ready.wait(20) == 0

    async def _psql(self, database: str, *words: str) -> None:
        told = (*PSQL, "--username", ADMINISTRATOR, "--dbname", database, *words)
        await Program("psql", (postgresql_tool("psql"), *told), self._socket(), self._log).done()

    async def _piped(self, command: str, file: Path) -> None:
        await Program(
            command.split(maxsplit=1)[0], ("/bin/sh", "-c", f'{command} > "{file}"'), self._socket(), self._log
        ).done()

    def _socket(self) -> dict[str, str]:
        """Its own door, at which the administrator needs no password."""
        return {"PGHOST": str(self._data), "PGPORT": str(self.port)}

    def _make_folder(self) -> None:
        self._data.mkdir()
        if self._user:
            shutil.chown(self._data, self._user)


def postgresql_tool(name: str) -> str:
    """The newest of PostgreSQL's programs that has this name; raise `Missing` where there is none."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, places), None)
    if found is None:
        raise Missing(f"PostgreSQL's {name} is not installed; the Debian package `postgresql` has it.")
    return found
