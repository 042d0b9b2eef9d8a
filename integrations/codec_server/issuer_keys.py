"""The keys of identity providers that nobody pinned, fetched from where people.toml says, for log-ins alone."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiohttp import ClientError, ClientSession, ClientTimeout

from domain.errors import DomainError
from governance.pinned_keys import public_keys

SECONDS = 5
BIGGEST = 256 * 1024
"""Bytes of a key set."""
FRESH, AGAIN = 600.0, 15.0
"""Seconds that a key set is good for, and how long an unknown key is no reason to fetch it anew."""
Keys = tuple[Mapping[str, object], ...]


class KeysAway(DomainError):
    """The keys of an identity provider cannot be had:"""  # noqa: D415 - why follows


class IssuerKeys:
    """Key sets by address; whoever makes up key ids does not make it ask more often."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Keys]] = {}

    async def of(self, address: str, kid: object) -> Keys:
        """The key set there, fetched where this key is not in it; raise `KeysAway` with the reason."""
        at, keys = self._known.get(address, (None, ()))
        age = FRESH if at is None else time.monotonic() - at
        if age >= FRESH or (age >= AGAIN and all(key.get("kid") != kid for key in keys)):
            keys = await _fetched(address)
            self._known[address] = (time.monotonic(), keys)
        return keys


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
