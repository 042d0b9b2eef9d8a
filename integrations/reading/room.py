"""The process that stands ready to fork a reader for each document, seen from the outside."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from domain.errors import Unavailable
from integrations.reading.limits import ReadingLimits

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Reader:
    """One forked process: its id and the connection to it."""

    process_id: int
    stream: asyncio.StreamReader
    writer: asyncio.StreamWriter


@dataclass(frozen=True)
class Room:
    """The process, and the socket that hands connections to it."""

    process: asyncio.subprocess.Process
    orders: socket.socket

    @classmethod
    async def open(cls, limits: ReadingLimits) -> Self:
        """Start it with no environment but the import path, in a session that no Ctrl-C reaches."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-m", "integrations.reading.child", limits.model_dump_json()),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": str(PROJECT)},
                start_new_session=True,
            )
        return cls(process, ours)

    @property
    def is_open(self) -> bool:
        """Whether the process still runs."""
        return self.process.returncode is None

    async def reader(self, seconds: int) -> Reader:
        """Have a reader forked; until it speaks, whatever goes wrong is not a document's doing: `Unavailable`."""
        ours, theirs = socket.socketpair()
        with theirs, suppress(OSError):
            socket.send_fds(self.orders, [b"1"], [theirs.fileno()])
        stream, writer = await asyncio.open_unix_connection(sock=ours)
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(seconds):
                if line := await stream.readline():
                    return Reader(int(line), stream, writer)
        writer.close()
        raise Unavailable("The process that reads documents does not answer; it is started anew with the next one.")

    async def close(self) -> None:
        """End it; readers that are at work finish by themselves."""
        self.orders.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
