"""Every channel for every notice, each recipient once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from urllib.parse import quote

from domain.errors import Refused, Unavailable
from domain.notice import Notice
from integrations.notify.channel import Channel
from integrations.store import Deliveries, Delivery

CHANNEL_SECONDS = 20
"""How long one channel may take for all recipients of a notice, so that a try ends by itself; the next one goes on."""

logger = logging.getLogger(__name__)


class Router:
    """Implements `domain.ports.Notices`; `pages` is where the UI shows the workflows of the namespace.

    What was sent is remembered, so a further try sends the rest. A process that dies between sending and remembering
    leaves it open, and then the same is sent again: twice rather than never.
    """

    def __init__(self, channels: Sequence[Channel], deliveries: Deliveries, pages: str) -> None:
        self._channels = channels
        self._deliveries = deliveries
        self._pages = pages

    async def send(self, notice: Notice) -> None:
        """Send over every channel at once; raise `Unavailable` at the end, if one failed, and say which."""
        ended = await asyncio.gather(*(self._over(channel, notice) for channel in self._channels))
        failures = [failure for channel in ended for failure in channel]
        if failures:
            said = "; ".join(dict.fromkeys(str(each) for each in failures))
            waits = [each.retry_after for each in failures if each.retry_after is not None]
            raise Unavailable(said, retry_after=max(waits, default=None))

    async def _over(self, channel: Channel, notice: Notice) -> list[Unavailable]:
        failures: list[Unavailable] = []
        try:
            async with asyncio.timeout(CHANNEL_SECONDS):
                for recipient in await channel.recipients(notice):
                    await self._deliver(channel, notice, recipient, failures)
        except TimeoutError:
            failures.append(Unavailable(f"The channel {channel.name} took longer than {CHANNEL_SECONDS} s."))
        except Unavailable as failure:
            failures.append(failure)
        return failures

    async def _deliver(self, channel: Channel, notice: Notice, recipient: str, failures: list[Unavailable]) -> None:
        delivery = Delivery(key=notice.key, channel=channel.name, recipient=recipient)
        if not await self._deliveries.begin(delivery):
            return
        try:
            await channel.deliver(notice, self._link(notice), recipient)
        except Unavailable as failure:
            failures.append(failure)
        except Refused as refusal:
            logger.warning("Notice %s reaches nobody as %s %s: %s", notice.key, channel.name, recipient, refusal)
            await self._deliveries.end(delivery, "refused")
        else:
            await self._deliveries.end(delivery, "sent")

    def _link(self, notice: Notice) -> str:
        return f"{self._pages}/{quote(notice.workflow_id, safe='')}/{quote(notice.run_id, safe='')}"
