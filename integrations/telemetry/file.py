"""A file of spans: one OTLP request a line, in JSON, as `otlpjsonfile` receivers read it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.errors import Unavailable
from governance.trail.spans import Span, otlp
from integrations.telemetry.sink import SCOPE, version

WRITER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


class FileSink:
    """Appends to a file, which may be moved away at any time: it is opened for each line."""

    def __init__(self, file: Path, resource: Mapping[str, str]) -> None:
        self.name = f"file {file}"
        self._file = file
        self._resource = [{"key": name, "value": {"stringValue": value}} for name, value in resource.items()]

    async def send(self, spans: Sequence[Span]) -> None:
        """Append one line and return when it is on disk; raise `Unavailable` with the path where it may be not."""
        try:
            await asyncio.to_thread(_append, self._file, self._line(spans))
        except OSError as error:
            raise Unavailable(f"{self._file} cannot be written: {error.strerror or error}.") from None

    def _line(self, spans: Sequence[Span]) -> bytes:
        scope = {"scope": {"name": SCOPE, "version": version()}, "spans": [otlp(span) for span in spans]}
        said = {"resourceSpans": [{"resource": {"attributes": self._resource}, "scopeSpans": [scope]}]}
        return WRITER.encode(said).encode(errors="replace") + b"\n"


def refuse_unwritable(file: Path) -> None:
    """Raise `ValueError` for what cannot become a file that spans are appended to."""
    if not file.parent.is_dir():
        raise ValueError(f"there is no folder {file.parent}")
    if file.exists() and not file.is_file():
        raise ValueError(f"{file} is no ordinary file")


def _append(file: Path, line: bytes) -> None:
    opened = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)  # another worker's line may be half written
        size = os.fstat(opened).st_size
        torn = size > 0 and os.pread(opened, 1, size - 1) != b"\n"  # a process died here; end its line
        whole = b"\n" * torn + line
        if os.write(opened, whole) != len(whole):
            raise OSError(None, "no space is left for the whole line")
        os.fsync(opened)
    finally:
        os.close(opened)
    if not size:
        _keep_name(file.parent)


def _keep_name(folder: Path) -> None:
    """A new file's name is on disk only when its folder is."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
