"""A place that takes spans, and who they come from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import metadata
from typing import Protocol

from governance.trail.spans import Span

SCOPE = "signalbox"


class Sink(Protocol):
    """Takes spans; the same span again must be harmless."""

    name: str
    """Stays the same as long as it is the same place; no secret is in it."""

    async def send(self, spans: Sequence[Span]) -> None:
        """Return when all of them are there; raise `Unavailable` where they may be not, and they are sent again."""
        ...


@cache
def version() -> str:
    """The installed version; nothing where the project runs from its sources."""
    try:
        return metadata.version(SCOPE)
    except metadata.PackageNotFoundError:
        return ""
