"""A `Reasoner` that is a process: started for a step, ended with it, whatever it does meanwhile."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, cast

from pydantic import ValidationError

from domain.chat import ChatMessage
from domain.errors import NoAnswer, Unavailable
from domain.reasoner import Asking, Step
from domain.text import show
from domain.values import Frozen

CHILD = Path(__file__).with_name("child.py")
LINE_BYTES = 8_000_000
AT_ONCE = 4
"""Steps of one worker that reason at a time: each is a Python of its own."""
CHECK_SECONDS = 120
SHOWN, TAIL = 300, 4_000
SWITCHED_OFF = {
    "OTEL_SDK_DISABLED": "true",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_TRACKING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "OPENAI_AGENTS_DISABLE_TRACING": "1",
    "DO_NOT_TRACK": "1",
}
"""What frameworks would tell their makers; the process may not connect to anything besides."""


class Said(Frozen):
    """A line from the framework's side; nobody has believed any of it yet."""

    ask: tuple[ChatMessage, ...] | None = None
    tools: tuple[str, ...] = ()
    look_up: str | None = None
    arguments: str = "{}"
    answer: str | None = None
    failed: str | None = None
    refused: tuple[str, ...] = ()


def own_python() -> Path:
    """The Python of this process, for a framework that is installed beside the worker."""
    return Path(sys.executable)


@dataclass(frozen=True)
class Apart:
    """One framework in the environment of `python`; `adapter` and `build` are files that are run there."""

    name: str
    python: Path
    adapter: Path
    build: Path | None = None
    seats: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def check(self) -> None:
        """Raise `NoAnswer` saying why this framework cannot reason here: call it before work begins."""
        try:
            async with asyncio.timeout(CHECK_SECONDS), self._started("--check") as (process, errors):
                if await process.wait() != 0:
                    raise NoAnswer(_last_line(errors))
        except TimeoutError:
            raise NoAnswer(f"{self.adapter.name} was not imported within {CHECK_SECONDS} s.") from None
        except OSError as error:
            raise NoAnswer(f"{self.python}: {error.strerror}.") from None

    async def reason(self, step: Step, asking: Asking) -> str:
        """The answer as written; what `asking` raises ends the process, so that no framework can try again."""
        async with self.seats, self._started() as (process, errors):
            said = step.model_dump(mode="json")
            while line := await _told(process, said):
                heard = self._read(line)
                if heard.answer is not None:
                    return heard.answer
                said = await _found(heard, asking)
            raise Unavailable(f"{self.name} ended without an answer ({await process.wait()}): {_last_line(errors)}")

    def _read(self, line: bytes) -> Said:
        try:
            said = Said.model_validate_json(line)
        except ValidationError:
            raise NoAnswer(f"{self.name} broke the form of a step: {_shown(line.decode(errors='replace'))}") from None
        if said.refused:
            logging.getLogger(__name__).warning("%s tried and was refused: %s", self.name, _shown(str(said.refused)))
        if said.failed is not None:
            raise NoAnswer(f"{self.name} failed: {_shown(said.failed)}")
        return said

    @asynccontextmanager
    async def _started(self, *options: str) -> AsyncGenerator[tuple[Process, IO[bytes]]]:
        """Its process in an empty folder, with nothing of the worker's environment, ended when the block ends."""
        with _room() as (room, errors):
            process = await asyncio.create_subprocess_exec(
                *(self.python, "-I", CHILD, *options, self.adapter, *((self.build,) if self.build else ())),
                stdin=PIPE,
                stdout=PIPE,
                stderr=errors,
                cwd=room,
                env={**SWITCHED_OFF, "HOME": room, "TMPDIR": room, "PATH": os.defpath, "LANG": "C.UTF-8"},
                limit=LINE_BYTES,
                start_new_session=True,
            )
            try:
                yield process, errors
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()


@contextmanager
def _room() -> Generator[tuple[str, IO[bytes]]]:
    """An empty folder, and a file for what is printed."""
    with TemporaryDirectory(prefix="signalbox-step-", ignore_cleanup_errors=True) as room, TemporaryFile() as errors:
        yield room, errors


async def _told(process: Process, said: Mapping[str, Any]) -> bytes:
    """What it says next, once it was told; nothing once it has ended."""
    into, out = cast("StreamWriter", process.stdin), cast("StreamReader", process.stdout)
    with suppress(ConnectionError):
        into.write(json.dumps(said).encode() + b"\n")
        await into.drain()
    try:
        return await out.readline()
    except ValueError:
        raise NoAnswer(f"A step said more than {LINE_BYTES} bytes at once.") from None


async def _found(heard: Said, asking: Asking) -> dict[str, Any]:
    """What the worker answers to a line."""
    if heard.look_up is not None:
        return {"found": await asking.look_up(heard.look_up, heard.arguments)}
    said = await asking.ask(heard.ask or (), heard.tools)
    return {
        "text": said.text,
        "calls": [call.model_dump() for call in said.calls],
        "model": said.model,
        **said.usage.model_dump(),
    }


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, SEEK_END) - TAIL))
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return _shown(lines[-1]) if lines else "it said nothing"


def _shown(words: str) -> str:
    return show(words, SHOWN)
