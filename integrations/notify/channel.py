"""What a channel has to do."""

from __future__ import annotations

from typing import Protocol

from domain.notice import Notice

EVERYONE = "everyone"
"""The one recipient of a channel that does not tell its readers apart."""


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str:
        """What deliveries are remembered under, such as `mail`."""
        ...

    async def recipients(self, notice: Notice) -> tuple[str, ...]:
        """Whom it reaches with this notice; each of them gets it once."""
        ...

    async def deliver(self, notice: Notice, link: str, recipient: str) -> None:
        """Send it to one of them.

        Raise `Unavailable` where trying again may help, `Refused` where it does not; neither names a secret or a
        recipient, since both are recorded for good.
        """
        ...
