"""The token that a program shows the Temporal server, kept in a file so that a new one needs no restart."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from domain.errors import DomainError
from integrations.beside import beside

LOOK_SECONDS = 5.0
"""How often the file is looked at."""
LIMIT = 16_384
"""Characters; a token has some hundred."""
TOKEN = re.compile(r"[\x21-\x7e]+")
"""What may stand in a header: one word of visible ASCII."""
log = logging.getLogger(__name__)


class BadTokenFile(DomainError):
    """The token for the Temporal server cannot be read."""


def read_token(file: Path) -> str:
    """The token in a file; raise `BadTokenFile` where there is none."""
    try:
        with file.open(encoding="ascii", errors="replace") as opened:
            token = opened.read(LIMIT).strip()
    except OSError as error:
        raise BadTokenFile(f"SIGNALBOX_TOKEN_FILE: {file} cannot be read: {error.strerror}.") from None
    if not TOKEN.fullmatch(token):
        raise BadTokenFile(f"SIGNALBOX_TOKEN_FILE: {file} has to hold one token and nothing else.")
    return token


@asynccontextmanager
async def fresh_token(client: Client, file: Path | None, every: float = LOOK_SECONDS) -> AsyncGenerator[None]:
    """Show the server whatever token the file holds, for as long as the block runs."""
    if file is None:
        yield
        return
    async with beside(_follow(client, file, every)):
        yield


async def _follow(client: Client, file: Path, every: float) -> None:
    """A file that cannot be read for a while keeps the token that was there."""
    while True:
        await asyncio.sleep(every)
        try:
            token = read_token(file)
        except BadTokenFile as error:
            log.warning("%s", error)
            continue
        if token != client.api_key:
            client.api_key = token
            log.info("A new token for the Temporal server is in use.")
