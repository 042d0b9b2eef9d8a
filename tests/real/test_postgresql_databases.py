"""What the PostgreSQL of docker-compose.yml makes of an empty volume, on a real server."""

import asyncio
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from integrations.settings import ROOT
from integrations.store import open_store
from tests.deploy.tools import run
from tests.real.conftest import UNPRIVILEGED, _tool

pytestmark = pytest.mark.real
SCRIPT = str(ROOT / "deploy" / "config" / "postgres" / "databases.sh")


def url(server: str, user: str, password: str, database: str) -> str:
    """The address of a database on a server, for a user."""
    return urlunsplit(
        ("postgresql", f"{user}:{password}@{urlsplit(server).netloc.rpartition('@')[2]}", database, "", "")
    )


def test_a_backup_made_as_the_page_says_can_be_started(postgresql: str) -> None:
    subprocess.run([_tool("psql"), "-q", postgresql, "-c", "CREATE DATABASE kept"], check=True)
    page = (ROOT / "docs" / "how-to" / "run-in-a-cluster.md").read_text()
    found = re.search(r"postgres pg_basebackup (.*?) \\\n", page)
    assert found
    parts, restored = urlsplit(postgresql), Path(tempfile.mkdtemp(prefix="restored-", dir="/tmp"))
    options = found[1].replace("--username postgres", f"--username {parts.username}").split()
    server = ["--host", parts.hostname or "", "--port", str(parts.port)]
    backup = subprocess.run([_tool("pg_basebackup"), *server, *options], capture_output=True, check=True).stdout
    try:
        with tarfile.open(fileobj=io.BytesIO(backup)) as archive:
            archive.extractall(restored / "data", filter="data")
        started(restored)
    finally:
        shutil.rmtree(restored)


def started(folder: Path) -> None:
    """Start a server on what was restored and end it again, as the user that PostgreSQL wants."""
    data, user = folder / "data", UNPRIVILEGED if os.geteuid() == 0 else None
    data.chmod(0o700)
    for each in (folder, *folder.rglob("*")):
        if user:
            shutil.chown(each, user)
    command = [_tool("pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    options = f"-c listen_addresses= -c unix_socket_directories={folder}"
    subprocess.run([*command, "-o", options, "start"], check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
    asked = [_tool("psql"), "-qtA", "-h", str(folder), "-U", "books", "-d", "kept", "-c", "SELECT current_database()"]
    said = subprocess.run(asked, check=False, capture_output=True, text=True)
    subprocess.run([*command, "stop"], check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)
    assert said.stdout == "kept\n", said.stderr


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
