"""Reads documents in processes of their own, so that a hostile one can kill only its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from domain.documents import PlainText
from domain.errors import PoisonInput, TooLarge, Unavailable
from domain.invoice import Invoice
from domain.text import show
from integrations.reading.answers import Answer, InvoiceRead, TextRead
from integrations.reading.limits import ReadingLimits

PROJECT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 1
"""How much longer than its process a reading is waited for: only one that is stopped outright takes so long."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Room:
    """The process that forks one reader for each document, and the socket that hands documents to it."""

    process: asyncio.subprocess.Process
    orders: socket.socket

    async def close(self) -> None:
        """End it; readers that are at work finish by themselves."""
        self.orders.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


class ChildReader:
    """A `DocumentReader` for Linux and macOS; the first document opens the room, `close` or `async with` ends it."""

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        self._limits = limits or ReadingLimits()
        self._seats = asyncio.Semaphore(self._limits.at_once)
        self._door = asyncio.Lock()
        self._room: Room | None = None

    async def __aenter__(self) -> Self:
        """Open the room now, so that the first document need not wait for it."""
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close the room."""
        await self.close()

    async def close(self) -> None:
        """End the process that reads."""
        room, self._room = self._room, None
        if room is not None:
            await room.close()

    async def read(self, content: bytes, *, name: str) -> Invoice | PlainText:
        """Read a file, told apart by content.

        Raise `Unreadable`, `TooLarge` or `PoisonInput` with the file's name and the reason, and `Unavailable` where
        no process could be had.
        """
        shown = show(name, 80)
        if len(content) > self._limits.file_bytes:
            raise TooLarge(f"{shown}: it has {len(content)} bytes; at most {self._limits.file_bytes} are read.")
        async with self._seats:
            body = await self._ask(content)
        try:
            said = Answer.model_validate_json(body).said
        except ValidationError:
            raise PoisonInput(
                f"{shown}: its reader ended without an answer; it may take at most {self._limits.cpu_seconds} s of "
                f"processor time, {self._limits.wall_seconds} s in all and {self._limits.memory_bytes} bytes of memory."
            ) from None
        if isinstance(said, InvoiceRead):
            return said.invoice
        if isinstance(said, TextRead):
            return said.text
        raise said.error(shown)

    async def _ask(self, content: bytes) -> bytes:
        """What the process answers to a document; nothing if it dies over it."""
        stream, writer = await self._connect()
        try:
            reader_id = await self._reader_id(stream)
            try:
                async with asyncio.timeout(self._limits.wall_seconds + GRACE_SECONDS):
                    return await self._exchange(content, stream, writer)
            except TimeoutError:
                os.kill(reader_id, signal.SIGKILL)  # its end of the connection is open, so the id is still its own
                return b""
        finally:
            writer.close()

    async def _connect(self) -> Connection:
        room = await self._open()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(room.orders, [b"1"], [theirs.fileno()])
            except OSError as error:
                ours.close()
                await self.close()
                raise Unavailable(f"The process that reads documents is gone: {error.strerror}.") from None
        return await asyncio.open_unix_connection(sock=ours)

    async def _reader_id(self, stream: asyncio.StreamReader) -> int:
        """Wait for the forked process: until it speaks, whatever goes wrong is not the document's doing."""
        with suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(self._limits.wall_seconds):
                if line := await stream.readline():
                    return int(line)
        await self.close()
        raise Unavailable("The process that reads documents does not answer; it is started anew with the next one.")

    async def _exchange(self, content: bytes, stream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        body = bytearray()
        with suppress(OSError):  # a process that dies early leaves a broken connection
            writer.write(content)
            writer.write_eof()
            while len(body) <= self._limits.answer_bytes and (part := await stream.read(1 << 16)):
                body += part
        return bytes(body)

    async def _open(self) -> Room:
        async with self._door:
            if self._room is None or self._room.process.returncode is not None:
                await self.close()
                self._room = await self._start()
            return self._room

    async def _start(self) -> Room:
        """Start it with no environment but the import path, in a session that no Ctrl-C reaches."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-m", "integrations.reading.child", self._limits.model_dump_json()),
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": str(PROJECT)},
                start_new_session=True,
            )
        return Room(process, ours)
