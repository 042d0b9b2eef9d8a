"""An OpenID Connect id token as a person's answer: its nonce is the digest of exactly this answer.

Signature and claims are checked as OpenID Connect Core 1.0 §3.1.3.7 asks. For an answer, keys come from the pinned file
alone; for a log-in, which only reads, whoever asks may bring newer ones of the same issuer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from governance.jws import KINDS, SKEW, DoesNotCount, Jws, algorithm, check_signature, check_times, quoted
from governance.people import Directory, Issuer, Person

Keys = Sequence[Mapping[str, object]]
ANSWER = re.compile(r"[0-9a-f]{64}")
"""A nonce that is the digest of an answer."""


class KeyNotPinned(DoesNotCount):
    """A token names a key that is not pinned for its issuer."""

    def __init__(self, found: int, kid: object, issuer: Issuer) -> None:
        super().__init__(
            f"{found} of the keys pinned for {issuer.issuer} have the token's key id, {quoted(kid)}; "
            "if the issuer has new keys, pin them again"
        )
        self.issuer = issuer


def bearer(jws: Jws, nonce: str, directory: Directory, *, at: datetime) -> tuple[Person, str, bool]:
    """Whose id token this is, how that is known, and whether they had just proved more than a password.

    Raise `DoesNotCount` for whatever speaks against it.
    """
    issuer = _issuer(jws.claims, directory)
    _verify(jws, issuer, (issuer.audience,), issuer.keys, at)
    person = _person(jws.claims, issuer, directory)
    if "nonce" not in jws.claims:
        raise DoesNotCount("the id token has no nonce: it was not made for an answer to a request")
    if jws.claims["nonce"] != nonce:
        raise DoesNotCount(
            "the id token's nonce is that of another answer: another request, run, kind of answer, note or changes"
        )
    stepped = _stepped_up(jws.claims, issuer, at)
    return person, f"id token of {issuer.issuer}" + (f", acr {jws.claims['acr']}" if stepped else ""), stepped


def logged_in(jws: Jws, directory: Directory, *, at: datetime, fetched: Keys = ()) -> tuple[Person, str]:
    """Who has logged in with this id token, and how that is known; raise `DoesNotCount` for what speaks against it.

    One that was made for an answer is no log-in: it stands in histories, where others read it. `KeyNotPinned` names the
    issuer whose keys, `fetched` from its `jwks_uri`, may be tried.
    """
    issuer = _issuer(jws.claims, directory)
    _verify(jws, issuer, (issuer.audience, *issuer.login_audiences), (*issuer.keys, *fetched), at)
    if ANSWER.fullmatch(str(jws.claims.get("nonce"))):
        raise DoesNotCount("the id token was made for an answer to a request; log in anew")
    return _person(jws.claims, issuer, directory), f"id token of {issuer.issuer}"


def _verify(jws: Jws, issuer: Issuer, audiences: Sequence[str], keys: Keys, at: datetime) -> None:
    """Raise `DoesNotCount` unless this token is genuine, meant for one of these audiences and in force."""
    if (typ := jws.header.get("typ", "JWT")) != "JWT":
        raise DoesNotCount(f"the token's type is {quoted(typ)}; an answer or an id token (JWT) is needed")
    alg = algorithm(jws.header, tuple(KINDS))
    check_signature(jws, alg, _key(jws.header.get("kid"), keys, issuer))
    _check_audience(jws.claims, audiences)
    check_times(jws.claims, at)


def _issuer(claims: Mapping[str, object], directory: Directory) -> Issuer:
    iss = claims.get("iss")
    found = next((each for each in directory.issuers if each.issuer == iss), None)
    if found is None:
        raise DoesNotCount(f"the directory does not know the token's issuer, {quoted(iss)}")
    return found


def _key(kid: object, keys: Keys, issuer: Issuer) -> Mapping[str, object]:
    """The one key that the token names; an issuer with a single key need not be told which."""
    named = [key for key in keys if key.get("kid") == kid or (kid is None and len(keys) == 1)]
    if len(named) != 1:
        raise KeyNotPinned(len(named), kid, issuer)
    return named[0]


def _check_audience(claims: Mapping[str, object], audiences: Sequence[str]) -> None:
    aud = claims.get("aud")
    meant = cast("list[object]", aud) if isinstance(aud, list) else [aud]
    ours = [audience for audience in audiences if audience in meant]
    if not ours:
        raise DoesNotCount(f"the id token is meant for another audience than {' or '.join(audiences)}")
    if claims.get("azp", ours[0] if len(meant) == 1 else None) not in ours:
        raise DoesNotCount(f"the id token has several audiences or another party, and its azp is not {ours[0]}")


def _person(claims: Mapping[str, object], issuer: Issuer, directory: Directory) -> Person:
    sub = claims.get("sub")
    person = directory.by_subject(issuer.issuer, sub) if isinstance(sub, str) else None
    if person is None:
        raise DoesNotCount(f"the directory knows nobody who is {quoted(sub)} at {issuer.issuer}")
    return person


def _stepped_up(claims: Mapping[str, object], issuer: Issuer, at: datetime) -> bool:
    """Whether the issuer says that a stronger proof was asked for, and only just."""
    since = claims.get("auth_time")
    if claims.get("acr") not in issuer.step_up_acr or type(since) is not int:
        return False
    return -SKEW <= int(at.timestamp()) - since <= issuer.step_up_minutes * 60
