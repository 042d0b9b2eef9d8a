"""Who may have payloads opened: people who have logged in; under the profile dev who has a token, or anybody here."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import DomainError
from governance import oidc
from governance.jws import DoesNotCount, Jws, quoted, read
from governance.people import Directory, Person
from integrations.codec_server.issuer_keys import IssuerKeys, KeysAway
from integrations.keys import BadKey, secret_content
from integrations.settings import Settings

LEAST = 16
"""Characters of a token that nobody guesses."""


class Denied(DomainError):
    """Nothing is opened:"""  # noqa: D415


class NotServed(DomainError):
    """The codec server cannot start."""


@dataclass(frozen=True)
class Caller:
    """Who asks, and how that is known."""

    who: str
    how: str


Access = Callable[[Mapping[str, str]], Awaitable[Caller]]
"""From the headers of a request to the caller; raises `Denied` with the reason."""
BESIDE = "Authorization-Extras"
"""Where the Temporal UI puts a person's id token, beside an access token that may be meant for somebody else."""


async def access_for(
    settings: Settings, directory: Callable[[], Awaitable[Directory]], *, loopback: bool
) -> tuple[Access, str]:
    """How callers are told apart under these settings, and a sentence on it; raise `NotServed` where they are not."""
    if settings.profile == "production":
        if not (await directory()).issuers:
            raise NotServed(
                f"The profile production opens payloads only for people who have logged in, and "
                f"{settings.policies / 'people.toml'} has no [[issuer]]; docs/how-to/prove-who-you-are.md shows one."
            )
        return _logged_in(directory), "It asks for an id token of an [[issuer]] of people.toml."
    if settings.codec_token:
        return _with_token(_token(settings)), f"It asks for the token in {settings.codec_token}."
    if not loopback:
        raise NotServed(
            "Other machines would reach it, and the profile dev asks nobody who they are. Leave --host alone, or set "
            "SIGNALBOX_CODEC_TOKEN."
        )
    return _anybody, "It asks nobody who they are: the profile is dev, and only this machine reaches it."


def _logged_in(directory: Callable[[], Awaitable[Directory]]) -> Access:
    known = IssuerKeys()

    async def person(jws: Jws) -> tuple[Person, str]:
        people, now = await directory(), datetime.now(UTC)
        try:
            return oidc.logged_in(jws, people, at=now)
        except oidc.KeyNotPinned as lacking:
            if (address := lacking.issuer.jwks_uri) is None:
                raise
        try:
            return oidc.logged_in(jws, people, at=now, fetched=await known.of(address, jws.header.get("kid")))
        except oidc.KeyNotPinned:
            raise DoesNotCount(
                f"neither people.toml nor {address} has the key that signed the token, "
                f"{quoted(jws.header.get('kid'))}; log in anew"
            ) from None

    async def access(headers: Mapping[str, str]) -> Caller:
        try:
            found, how = await person(read(headers.get(BESIDE) or _bearer(headers)))
        except (DoesNotCount, KeysAway) as reason:
            raise Denied(str(reason)) from None
        return Caller(found.id, how)

    return access


def _with_token(token: str) -> Access:
    async def access(headers: Mapping[str, str]) -> Caller:
        if not hmac.compare_digest(_bearer(headers).encode(), token.encode()):
            raise Denied("the token is not the one of SIGNALBOX_CODEC_TOKEN.")
        return Caller("whoever has the token", "SIGNALBOX_CODEC_TOKEN")

    return access


async def _anybody(headers: Mapping[str, str]) -> Caller:
    _ = headers
    return Caller("somebody on this machine", "not asked: profile dev")


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Denied("it takes an Authorization header with a bearer token; let the UI pass its token on.")
    return token.strip()


def _token(settings: Settings) -> str:
    file = settings.codec_token
    if file is None:
        raise NotServed("SIGNALBOX_CODEC_TOKEN names no file.")
    try:
        token = secret_content(file).decode().strip()
    except (BadKey, OSError, ValueError) as error:
        raise NotServed(f"SIGNALBOX_CODEC_TOKEN: {error}") from None
    if len(token) < LEAST:
        raise NotServed(f"SIGNALBOX_CODEC_TOKEN: {file} holds a token of less than {LEAST} characters.")
    return token
