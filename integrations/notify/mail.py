"""Mail to the people of a role, one letter each."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, parseaddr

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from domain.errors import Refused, Unavailable
from domain.notice import Notice
from domain.text import show
from integrations.notify.mail_server import MailServer
from integrations.notify.wording import body, subject

SECONDS = 10
FIRST_PERMANENT = 500
NOT_LOGGED_IN = 530
"""A permanent reply that is about us and not about the recipient (RFC 4954 §6)."""

Addressees = Callable[[Notice], Awaitable[tuple[str, ...]]]


class MailChannel:
    """Hands plain-text letters to one mail server.

    A letter that is sent again, because nobody knows whether the first one left, has the same Message-ID, by which
    mailboxes can drop it.
    """

    name = "mail"

    def __init__(self, server: MailServer, sender: str, addressees: Addressees) -> None:
        self._server = server
        self._sender = _address(sender)
        self._addressees = addressees

    async def recipients(self, notice: Notice) -> tuple[str, ...]:
        """The addresses of its roles."""
        return await self._addressees(notice)

    async def deliver(self, notice: Notice, link: str, recipient: str) -> None:
        """Send one letter."""
        letter = self._letter(notice, link, recipient)
        try:
            async with asyncio.timeout(SECONDS), self._connection() as server:
                await server.send_message(letter, sender=self._sender.addr_spec, recipients=[recipient])
        except SMTPRecipientsRefused as error:
            refusal = error.recipients[0]
            raise self._answered(refusal, "the recipient", recipient) from None
        except SMTPDataError as error:
            raise self._answered(error, "the letter", recipient) from None
        except (SMTPException, OSError) as error:
            raise Unavailable(self._trouble(error)) from None

    def _connection(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password.get_secret_value() if server.password else None,
            use_tls=server.protection == "implicit",
            start_tls=server.protection == "starttls",
            timeout=SECONDS,
            tls_context=ssl.create_default_context(),
        )

    def _letter(self, notice: Notice, link: str, recipient: str) -> EmailMessage:
        letter = EmailMessage(policy=SMTP_POLICY)
        try:
            letter["To"] = _address(recipient)
        except ValueError:
            raise Refused("An address in people.toml is no mail address.") from None
        letter["From"] = self._sender
        letter["Subject"] = subject(notice, show)
        letter["Date"] = format_datetime(datetime.now(UTC))
        letter["Message-ID"] = f"<{hashlib.sha256(notice.key.encode()).hexdigest()[:40]}@{self._sender.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content("\n".join([*body(notice, show), "", link, ""]))
        return letter

    def _answered(self, reply: SMTPResponseException, what: str, recipient: str) -> Refused | Unavailable:
        words = show(self._masked(reply.message.replace(recipient, "…")), 200)
        said = f"{self._server.host} answered {reply.code} to {what}: {words}"
        final = reply.code >= FIRST_PERMANENT and reply.code != NOT_LOGGED_IN
        return Refused(said) if final else Unavailable(said)

    def _trouble(self, error: SMTPException | OSError) -> str:
        """What went wrong before the recipient was in question; a server may echo a login, so its words stay out."""
        where = f"{self._server.host}:{self._server.port}"
        if isinstance(error, SMTPAuthenticationError):
            return f"{where} refuses the login ({error.code}): check user and password in SIGNALBOX_SMTP_URL."
        if isinstance(error, SMTPSenderRefused):
            return f"{where} refuses the sender ({error.code}): check SIGNALBOX_MAIL_FROM."
        if isinstance(error, SMTPResponseException):
            return f"{where} answered {error.code}."
        return f"{where} does not take mail ({type(error).__name__}): check SIGNALBOX_SMTP_URL and the server."

    def _masked(self, words: str) -> str:
        secret = self._server.password.get_secret_value() if self._server.password else ""
        return words.replace(secret, "[masked]") if secret else words


def _address(text: str) -> Address:
    """A mail address, with or without a name before it; raise `ValueError` for anything else."""
    name, spec = parseaddr(text)
    try:
        found = Address(display_name=name, addr_spec=spec)
    except (MessageError, IndexError, ValueError):
        found = Address()
    if not found.username or not found.domain or "\n" in text or "\r" in text:
        raise ValueError(f"{show(text, 80)!r} is no mail address; write somebody@example.com")
    return found
