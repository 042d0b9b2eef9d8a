"""What the PostgreSQL of docker-compose.yml makes of an empty volume, on a real server."""

import asyncio
import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from integrations.settings import ROOT
from integrations.store import open_store
from tests.deploy.tools import run
from tests.real.conftest import _tool

pytestmark = pytest.mark.real
SCRIPT = str(ROOT / "deploy" / "config" / "postgres" / "databases.sh")


def url(server: str, user: str, password: str, database: str) -> str:
    """The address of a database on a server, for a user."""
    return urlunsplit(
        ("postgresql", f"{user}:{password}@{urlsplit(server).netloc.rpartition('@')[2]}", database, "", "")
    )


async def test_each_has_its_databases_and_cannot_read_the_others(postgresql: str, tmp_path: Path) -> None:
    run(["sh", "deploy/secrets.sh", str(tmp_path / "secrets")])
    secret = {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()}
    parts = urlsplit(postgresql)
    await asyncio.to_thread(
        run,
        ["sh", SCRIPT],
        SECRETS=str(tmp_path / "secrets"),
        POSTGRES_USER=parts.username or "postgres",
        PGHOST=parts.hostname or "",
        PGPORT=str(parts.port),
        PATH=f"{Path(shutil.which('psql') or _tool('psql')).parent}:{os.environ['PATH']}",
    )
    ours, theirs = secret["signalbox_password"], secret["temporal_password"]
    async with open_store(url(postgresql, "signalbox", ours, "signalbox")):
        pass  # its tables are made, by the role that the worker comes with
    temporal = await asyncpg.connect(url(postgresql, "temporal", theirs, "postgres"))
    await temporal.execute("CREATE DATABASE temporal")
    await temporal.close()
    for database in ("signalbox", "books"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(url(postgresql, "temporal", theirs, database))
    ledger = await asyncpg.connect(url(postgresql, "signalbox", ours, "signalbox"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ledger.execute("CREATE DATABASE another")
    assert await ledger.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    await ledger.close()
