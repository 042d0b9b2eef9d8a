"""Who had what opened: a line each, on the disk before anything is given out, and no content in it."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from domain.errors import Unavailable


class Audit:
    """Appends to one file, which is its owner's alone."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def say(self, **what: str | int | None) -> None:
        """Write a line with the time; raise `Unavailable` where it cannot be kept."""
        known = {name: value for name, value in what.items() if value is not None}
        line = json.dumps({"at": datetime.now(UTC).isoformat(), **known}, ensure_ascii=True)
        try:
            await asyncio.to_thread(self._append, line.encode() + b"\n")
        except OSError as error:
            raise Unavailable(f"{self._file} cannot be written: {error.strerror}; nothing is opened unseen.") from None

    def _append(self, line: bytes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(opened, line) < len(line):
                raise OSError(28, "no space is left for the whole line")
            os.fsync(opened)
        finally:
            os.close(opened)
