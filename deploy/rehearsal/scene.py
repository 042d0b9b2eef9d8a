"""What every step of the rehearsal works with."""

from __future__ import annotations

import secrets
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
    canary: str = field(default_factory=lambda: f"canary {secrets.token_hex(8)}")
    """What people say with the keyring in hand, and nobody without it may read."""
    spoken: str = field(default_factory=lambda: f"spoken {secrets.token_hex(8)}")
    """What somebody says without it."""
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

    async def asking(self, mark: str) -> str:
        """One more invoice that asks somebody; returns what it is called."""
        await self.cases.invoice(await self.operator(), "05", mark)
        return f"05{mark}"
