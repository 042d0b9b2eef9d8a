"""Telling people."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from domain.notice import Notice
from domain.ports import Notices


@dataclass(frozen=True)
class NotificationActivities:
    """Tells the people of a role what waits for them, or what became of it."""

    notices: Notices

    @activity.defn
    async def notify(self, notice: Notice) -> None:
        """Send it over every channel; a further attempt sends what is left."""
        await self.notices.send(notice)
