"""What every step of the rehearsal works with."""

from __future__ import annotations

from dataclasses import dataclass

from commands.desk import Desk
from deploy.rehearsal.cases import Cases
from deploy.rehearsal.cluster import NAMESPACE
from deploy.rehearsal.ground import Ground

PEOPLE = ("greta", "nils", "petra", "xenia")
AUDITOR = "auditor"
SERVED = ("frontend", "history", "matching")


@dataclass
class Scene:
    """The servers, the cases on them, and how many things were done to them."""

    ground: Ground
    cases: Cases

    async def operator(self) -> Desk:
        """Whoever hands in: a program that may write."""
        return await self.ground.desk(self.ground.token("mailroom", f"{NAMESPACE}:write"), "mailroom")

    async def person(self, name: str) -> Desk:
        """A person who has logged in."""
        return await self.ground.desk(self.ground.people[name], f"{name}@desk")
