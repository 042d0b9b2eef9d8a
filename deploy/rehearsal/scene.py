"""What every step of the rehearsal works with."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from commands.desk import Desk
from deploy.rehearsal.cases import Cases
from deploy.rehearsal.cluster import NAMESPACE
from deploy.rehearsal.ground import Ground

PEOPLE = ("greta", "nils", "petra", "xenia")
AUDITOR = "auditor"
SKEW = timedelta(seconds=12)
"""Longer than any attempt lasts that a cut may catch."""


@dataclass
class Scene:
    """The servers, the cases on them, and how many things were done to them."""

    ground: Ground
    cases: Cases
    cut: list[tuple[datetime, datetime]] = field(default_factory=list[tuple[datetime, datetime]])
    """When attempts could begin whose end nobody could write down: their worker was killed, or the journal was away."""

    @asynccontextmanager
    async def cutting(self) -> AsyncGenerator[None]:
        """What begins meanwhile may be unknown in the end."""
        began = datetime.now(UTC) - SKEW
        yield
        self.cut.append((began, datetime.now(UTC)))

    async def operator(self) -> Desk:
        """Whoever hands in: a program that may write."""
        return await self.ground.desk(self.ground.token("mailroom", f"{NAMESPACE}:write"), "mailroom")

    async def person(self, name: str) -> Desk:
        """A person who has logged in."""
        return await self.ground.desk(self.ground.people[name], f"{name}@desk")
