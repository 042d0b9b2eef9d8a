"""docs/how-to/add-a-process.md, followed to the letter in a copy of the project, and run there on a real server."""

import asyncio
import os
import re
import shlex
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client

from integrations.temporal.dev_server import dev_server, free_port
from tests.added import PAGE, build, python
from tests.facts import no_task_failed, until
from tests.terminal import NO_MODEL
from workflows import attributes

CASES = ("access-1", "access-2", "access-3")
WAITING = 'WorkflowType = "Approval" AND ExecutionStatus = "Running"'


@dataclass(frozen=True)
class Copy:
    """A checkout in which somebody has followed the page."""

    folder: Path
    files: tuple[str, ...]

    async def type(self, line: str, **environment: str) -> tuple[int, str]:
        """Type a line of the page: the exit code and all that was said."""
        process = await self.start(*shlex.split(line), **environment)
        async with asyncio.timeout(60):
            said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def start(self, program: str, *words: str, **environment: str) -> asyncio.subprocess.Process:
        own = [sys.executable, program] if program.endswith(".py") else [str(self.folder / program)]
        return await asyncio.create_subprocess_exec(
            *own,
            *words,
            cwd=self.folder,
            env={**os.environ, **NO_MODEL, "COLUMNS": "400", "PYTHONDONTWRITEBYTECODE": "", **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The project with the page's process in it."""
    folder = tmp_path_factory.mktemp("added") / "project"
    return Copy(folder, tuple(build(folder)))


def lines() -> list[str]:
    """What the page has its reader type once the process is there."""
    block = re.search(r"^## 8\..*?^```\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert block
    return block[1].replace("\\\n", " ").splitlines()


@asynccontextmanager
async def working(copy: Copy, home: Path) -> AsyncGenerator[tuple[Client, dict[str, str]]]:
    """A server and a worker of the copy's."""
    async with dev_server(home / "temporal.db", free_port(), attributes.ALL) as address:
        own = {"TEMPORAL_ADDRESS": address, "SIGNALBOX_HOME": str(home), "SIGNALBOX_DRAIN_SECONDS": "2"}
        process = await copy.start("worker.py", **own)
        try:
            yield await Client.connect(address), own
        finally:
            process.terminate()
            said, _ = await process.communicate()
            assert process.returncode == 0, said.decode()


async def test_the_page_has_an_employee_let_in_by_a_row_another_by_two_people_and_a_third_refused(
    copy: Copy, tmp_path: Path
) -> None:
    starts, inbox, answers, looks = lines()[:3], lines()[3], lines()[4:7], lines()[7:]
    async with working(copy, tmp_path) as (client, own):
        assert {code for code, _ in await asyncio.gather(*(copy.type(line, **own) for line in starts))} == {0}
        await until(lambda: waiting(client, 2))
        listed, *answered = await asyncio.gather(*(copy.type(line, **own) for line in (inbox, *answers)))
        assert listed[0] == 0, listed
        for code, said in answered:
            assert (code, "Counted:" in said) == (0, True), said
        handles = [client.get_workflow_handle(case) for case in CASES]
        async with asyncio.timeout(30):
            outcomes = [await handle.result() for handle in handles]
        assert [outcome["outcome"] for outcome in outcomes] == ["granted", "granted", "refused"]
        assert outcomes[0]["decided_by"] == "policy access 2026-12-01, row read"
        assert set(re.findall(r"\w+", outcomes[1]["decided_by"])) == {"oskar", "wilma", "claimed"}
        assert outcomes[2]["reason"] == "payroll is for HR"
        assert in_books(tmp_path) == [("ada", "wiki", "read"), ("ben", "wiki", "admin")]
        for handle in handles:
            await no_task_failed(handle)
        assert (await copy.type("starter.py sweep", **own))[0] == 0
        shown, trail, verified = await asyncio.gather(*(copy.type(line, **own) for line in looks))
        assert "payroll is for HR" in shown[1], shown
        assert all(word in trail[1] for word in ("access_reader", "row admin", "oskar", "wilma", "GRANT-00002")), trail
        assert (verified[0], "3 cases" in verified[1]) == (0, True), verified


async def waiting(client: Client, number: int) -> bool:
    return (await client.count_workflows(WAITING)).count == number


def in_books(home: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(home / "books.db")) as books:
        return books.execute("SELECT employee, system, level FROM access_grants ORDER BY id").fetchall()


def test_the_page_says_how_much_python_it_takes() -> None:
    said = re.search(r"(\d+) lines of Python, of which (\d+) are\s+neither imports nor docstrings", PAGE.read_text())
    assert said
    assert (int(said[1]), int(said[2])) == (len(python()), len(python(told=False)))


async def test_what_the_page_writes_passes_every_check_of_make_lint(copy: Copy) -> None:
    code = [file for file in copy.files if file.endswith(".py")]
    checks = (
        f".venv/bin/ruff format --check {shlex.join(code)}",
        f".venv/bin/ruff check {shlex.join(code)}",
        f".venv/bin/basedpyright {shlex.join(code)}",
        ".venv/bin/lint-imports",
        "starter.py policy check",
        "starter.py people check",
    )
    said = dict(zip(checks, await asyncio.gather(*map(copy.type, checks)), strict=True))
    assert [each for each in said.items() if each[1][0]] == []
    assert all("access: " in told for check, (_, told) in said.items() if "starter.py" in check), said


async def test_without_what_performs_its_action_the_worker_does_not_start_and_names_it(
    copy: Copy, tmp_path: Path, client: Client
) -> None:
    file, line = copy.folder / "composition" / "access.py", ", {GrantAccess: directory}"
    whole = file.read_text()
    assert whole.count(line) == 1
    file.write_text(whole.replace(line, ""))
    try:
        own = {"TEMPORAL_ADDRESS": client.service_client.config.target_host, "SIGNALBOX_HOME": str(tmp_path)}
        code, said = await copy.type("worker.py", **own)
    finally:
        file.write_text(whole)
    assert (code, "Nothing here performs GrantAccess: add what has grant_access" in said) == (2, True), said
