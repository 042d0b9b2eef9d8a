"""Which channels there are, from the settings."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from pydantic import SecretStr

from domain.errors import BadPolicy, Unavailable
from domain.notice import Notice
from governance.people import Directory
from integrations.notify.addressees import mail_addresses
from integrations.notify.channel import Channel
from integrations.notify.log import LogChannel
from integrations.notify.mail import Addressees, MailChannel
from integrations.notify.mail_server import mail_server
from integrations.notify.webhook import WebhookChannel
from integrations.settings import Settings

logger = logging.getLogger(__name__)
ReadDirectory = Callable[[], Awaitable[Directory]]


def channels(settings: Settings, directory: ReadDirectory) -> tuple[Channel, ...]:
    """The log always, mail and webhook where they are set; raise `ValueError` naming the setting that is wrong."""
    chosen: list[Channel] = [LogChannel(content=settings.log_format == "text")]
    if settings.smtp_url is not None:
        chosen.append(_mail(settings.smtp_url, settings.mail_from or "", directory))
    if settings.slack_webhook is not None:
        try:
            chosen.append(WebhookChannel(settings.slack_webhook))
        except ValueError as error:
            raise ValueError(f"SIGNALBOX_SLACK_WEBHOOK cannot be used: {error}.") from None
    return tuple(chosen)


def _mail(url: SecretStr, sender: str, directory: ReadDirectory) -> MailChannel:
    try:
        server = mail_server(url)
    except ValueError as error:
        raise ValueError(f"SIGNALBOX_SMTP_URL cannot be used: {error}.") from None
    try:
        return MailChannel(server, sender, _addressees(directory))
    except ValueError as error:
        raise ValueError(f"SIGNALBOX_MAIL_FROM cannot be used: {error}.") from None


def _addressees(directory: ReadDirectory) -> Addressees:
    async def found(notice: Notice) -> tuple[str, ...]:
        """The addresses in people.toml now; a file that cannot be read may be mended until the next try."""
        try:
            addresses = mail_addresses(await directory(), notice, datetime.now(UTC))
        except BadPolicy as error:
            raise Unavailable(str(error)) from error
        if not addresses:
            logger.warning("No mail for %s: people.toml has no address for %s.", notice.key, ", ".join(notice.roles))
        return addresses

    return found
