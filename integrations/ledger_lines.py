"""An exported ledger in a file, read case by case: only where each case's lines are is kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO, cast

Place = tuple[int, int]


class LedgerLines:
    """The lines of an open file; `cases` is whole once `all` was read to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self.cases: dict[str, list[Place]] = {}
        self._file = file

    def add(self, line: bytes) -> None:
        """Write one more line."""
        self._file.write(line)

    def all(self) -> Iterator[bytes]:
        """Every line, from the beginning; what cannot be read is handed on as it is."""
        place = 0
        self._file.seek(place)
        for line in self._file:
            if case := _case(line):
                self._note(case, place, place + len(line))
            place += len(line)
            yield line

    def of(self, case: str) -> Iterator[bytes]:
        """The lines of one case's entries."""
        for start, end in self.cases.get(case, ()):
            self._file.seek(start)
            yield from self._file.read(end - start).splitlines()

    def _note(self, case: str, start: int, end: int) -> None:
        """Lines that follow each other are one place."""
        places = self.cases.setdefault(case, [])
        if places and places[-1][1] == start:
            start, _ = places.pop()
        places.append((start, end))


def _case(line: bytes) -> str | None:
    try:
        said: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    entry = cast("dict[str, object]", said)
    case = entry.get("case")
    return case if entry.get("type") == "entry" and isinstance(case, str) else None
