"""A line in a chat, through a webhook that takes Slack's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout
from multidict import CIMultiDictProxy
from pydantic import SecretStr

from domain.errors import Refused, Unavailable
from domain.notice import Notice
from domain.text import unmarked
from integrations.notify.channel import EVERYONE
from integrations.notify.wording import body, subject
from integrations.retry_after import wait
from integrations.temporal.connection import is_loopback

SECONDS = 10
TRANSIENT = frozenset({408, 409, 425, 429})
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "(at)"})
"""Slack's three control characters, and the mark by which chats call people, channels or everybody."""


class WebhookChannel:
    """Posts to one address, which is a secret: whoever knows it can post."""

    name = "webhook"

    def __init__(self, address: SecretStr) -> None:
        self._address = address
        self._host = _host(address)

    async def recipients(self, notice: Notice) -> tuple[str, ...]:
        """Whoever reads the chat."""
        del notice
        return (EVERYONE,)

    async def deliver(self, notice: Notice, link: str, recipient: str) -> None:
        """Post it; the answer's body is not read, since only its status matters."""
        del recipient
        text = "\n".join([_escaped(subject(notice, unmarked)), *map(_escaped, body(notice, unmarked)), f"<{link}>"])
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=SECONDS)) as session,
                session.post(self._address.get_secret_value(), json={"text": text}, allow_redirects=False) as answer,
            ):
                status, headers = answer.status, answer.headers
        except (ClientError, OSError) as error:  # their words quote the address
            raise Unavailable(f"The webhook at {self._host} cannot be reached ({type(error).__name__}).") from None
        self._judge(status, headers)

    def _judge(self, status: int, headers: CIMultiDictProxy[str]) -> None:
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        said = f"The webhook at {self._host} answered {status}"
        if status in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"{said}.", retry_after=wait(headers, datetime.now(UTC)))
        if status < HTTPStatus.BAD_REQUEST:
            raise Refused(f"{said}, a redirect: set SIGNALBOX_SLACK_WEBHOOK to its final address.")
        raise Refused(f"{said}: check SIGNALBOX_SLACK_WEBHOOK.")


def _host(address: SecretStr) -> str:
    """The host, which is no secret; raise `ValueError` without quoting the address."""
    try:
        parts = urlsplit(address.get_secret_value())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(f"{host}:0"))):
        raise ValueError("write the https:// address that the chat gave for it")
    return host


def _escaped(line: str) -> str:
    return line.translate(ESCAPES)
