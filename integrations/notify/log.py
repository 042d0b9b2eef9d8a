"""The channel that is always there: a line in the worker's log."""

from __future__ import annotations

import logging

from domain.notice import Notice
from domain.text import show
from integrations.notify.channel import EVERYONE
from integrations.notify.wording import subject

logger = logging.getLogger(__name__)


class LogChannel:
    """Writes one line a notice; without content only who is asked, and where."""

    name = "log"

    def __init__(self, *, content: bool = True) -> None:
        self._content = content

    async def recipients(self, notice: Notice) -> tuple[str, ...]:
        """Whoever reads the log."""
        del notice
        return (EVERYONE,)

    async def deliver(self, notice: Notice, link: str, recipient: str) -> None:
        """Write it."""
        del recipient
        logger.info("%s: %s %s", show(", ".join(notice.roles), 100), self._said(notice), link)

    def _said(self, notice: Notice) -> str:
        return subject(notice, show) if self._content else notice.kind
