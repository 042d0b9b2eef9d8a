"""The keys of identity providers that nobody pinned, fetched from where people.toml says, for log-ins alone."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from math import inf

from aiohttp import ClientError, ClientSession, ClientTimeout

from domain.errors import DomainError
from governance.oidc import Keys
from governance.pinned_keys import public_keys

SECONDS = 5
BIGGEST = 256 * 1024
"""Bytes of a key set."""
FRESH, AGAIN = 600.0, 15.0
"""Seconds that a key set is good for, and after which an unknown key, or a failure, is a reason to ask again."""


class KeysAway(DomainError):
    """The keys of an identity provider cannot be had:"""  # noqa: D415 - why follows


@dataclass
class _Provider:
    """What is known of the key set at one address."""

    address: str
    keys: Keys = ()
    since: float = -inf
    tried: float = -inf
    wrong: str | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def has(self, kid: object) -> bool:
        """Whether this key is there, and was not long ago."""
        return time.monotonic() - self.since < FRESH and any(key.get("kid") == kid for key in self.keys)

    async def look(self) -> None:
        """Fetch the keys; where that fails, those that are there stay."""
        self.tried = time.monotonic()
        try:
            self.keys, self.since, self.wrong = await _fetched(self.address), self.tried, None
        except KeysAway as error:
            self.wrong = error.detail


class IssuerKeys:
    """Key sets by address; neither made up key ids nor a provider that is away make it ask more often."""

    def __init__(self) -> None:
        self._providers: dict[str, _Provider] = {}

    async def of(self, address: str, kid: object) -> Keys:
        """The key set there, fetched where this key is not in it; raise `KeysAway` with the reason."""
        found = self._providers.setdefault(address, _Provider(address))
        if not found.has(kid):
            async with found.turn:
                if not found.has(kid) and time.monotonic() - found.tried >= AGAIN:
                    await found.look()
        if found.wrong and not found.has(kid):
            raise KeysAway(found.wrong)
        return found.keys


async def _fetched(address: str) -> Keys:
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=SECONDS)) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            if answer.status != 200:  # noqa: PLR2004 - HTTP's own
                raise KeysAway(f"{address} answers {answer.status}.")
            content = await answer.content.read(BIGGEST + 1)
    except (ClientError, TimeoutError, OSError) as error:
        raise KeysAway(f"{address} does not answer ({type(error).__name__}).") from None
    if len(content) > BIGGEST:
        raise KeysAway(f"{address} answers more than {BIGGEST:,} bytes.")
    try:
        return public_keys(content)
    except ValueError as wrong:
        raise KeysAway(f"{address} {wrong}.") from None
