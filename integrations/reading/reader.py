"""Reads documents in processes of their own, so that a hostile one can kill only its own."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from domain.documents import PlainText
from domain.errors import PoisonInput, TooLarge, Unavailable
from domain.invoice import Invoice
from domain.text import show
from integrations.reading.answers import Answer, InvoiceRead, TextRead
from integrations.reading.limits import ReadingLimits
from integrations.reading.room import Reader, Room

GRACE_SECONDS = 1
"""How much longer than it may take a reader is waited for: only one that was stopped outright takes so long."""


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
        if self._room is not None:
            await self._leave(self._room)

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
        """What a reader answers to a document; nothing whole if it dies over it."""
        room = await self._open()
        try:
            reader = await room.reader(self._limits.wall_seconds)
        except Unavailable:
            await self._leave(room)
            raise
        body = bytearray()
        try:
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(self._limits.wall_seconds + GRACE_SECONDS):
                    await self._exchange(content, reader, body)
        finally:
            _dismiss(reader)
        return bytes(body)

    async def _exchange(self, content: bytes, reader: Reader, body: bytearray) -> None:
        reader.writer.write(content)
        reader.writer.write_eof()
        while len(body) <= self._limits.answer_bytes and (part := await reader.stream.read(1 << 16)):
            body += part

    async def _open(self) -> Room:
        async with self._door:
            if self._room is not None and not self._room.is_open:
                await self._leave(self._room)
            self._room = self._room or await Room.open(self._limits)
            return self._room

    async def _leave(self, room: Room) -> None:
        if self._room is room:
            self._room = None
        await room.close()


def _dismiss(reader: Reader) -> None:
    """Close the connection, and end a reader that still holds its side: until then its process id is its own."""
    if not reader.stream.at_eof() and reader.stream.exception() is None:
        with suppress(ProcessLookupError):
            os.kill(reader.process_id, signal.SIGKILL)
    reader.writer.close()
