import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.errors import Unavailable
from integrations.sandbox import Database, SandboxErp
from tests.erp_contract import ErpContract

pytestmark = pytest.mark.real

UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""


def _tool(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(map(str, places), None)
    if found is None:
        pytest.skip(f"{name} is not installed; the Debian package `postgresql` has it")
    return found


@pytest.fixture(scope="module")
def server() -> Generator[str]:
    """A PostgreSQL server on a free port of the loopback address, for this module alone; gives its URL."""
    initdb, pg_ctl = _tool("initdb"), _tool("pg_ctl")
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        if user:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
        _run(user, initdb, "-D", data, "-U", "books", "-A", "trust", "--no-sync", "-E", "UTF8")
        _run(user, pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://books@127.0.0.1:{port}/postgres"
        finally:
            _run(user, pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")


def _run(user: str | None, *command: str) -> None:
    subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL)


class TestOnPostgresql(ErpContract):
    @pytest.fixture
    async def database(self, server: str) -> AsyncGenerator[Database]:
        database = Database(server)
        async with database.effect() as transaction:
            await transaction.execute(text("DROP SCHEMA public CASCADE"))
            await transaction.execute(text("CREATE SCHEMA public"))
        await database.prepare()
        yield database
        await database.close()

    async def test_money_is_numeric_and_adds_up_in_sql(self, erp: SandboxErp, database: Database) -> None:
        del erp
        async with database.reading() as books:
            total = await books.execute(text("SELECT sum(unit_price) FROM order_lines"))
        assert str(total.scalar_one()) == "0.1275000003"

    async def test_a_lost_connection_is_unavailable_and_the_next_one_works(
        self, erp: SandboxErp, database: Database
    ) -> None:
        with pytest.raises(Unavailable, match="does not answer"):
            async with database.effect() as books:
                await books.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert await erp.find_order("PO-1") is not None


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql://books:secret@127.0.0.1:1/books")
    with pytest.raises(Unavailable, match=r"books:\*\*\*@127"):
        await database.prepare()
    await database.close()
