"""A JWS in compact form (RFC 7515), read strictly: one spelling, one meaning, and a sentence where it cannot count."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from joserfc.errors import JoseError, KeyParameterError
from joserfc.jwa import JWS_ALGORITHMS, JWSAlgModel
from joserfc.jwk import import_key

from domain.strict_json import NotStrict, strict_json
from domain.text import show

LIMIT = 16_384
"""Characters a token may have; it is not looked into beyond that."""
SKEW = 60
"""Seconds that the clock of whoever made a token may differ from the server's, either way."""
LONGEST = 3_600
"""Seconds after its making until which a token may count, whatever it says of itself."""
KINDS: Mapping[str, tuple[str, str | None]] = {
    "Ed25519": ("OKP", "Ed25519"),
    "EdDSA": ("OKP", "Ed25519"),
    "ES256": ("EC", "P-256"),
    "PS256": ("RSA", None),
    "RS256": ("RSA", None),
}
"""Accepted algorithms, each with the type and curve of its keys (RFC 8725 §3.1): nothing symmetric, never none."""
OWN_KEYS = ("jwk", "jku", "x5u", "x5c")
"""Header parameters by which a token brings or names the key it wants to be checked with."""
BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class DoesNotCount(Exception):
    """Why a token does not count: a sentence about it, without capital and full stop."""


@dataclass(frozen=True)
class Jws:
    """A token's parts; nothing in them is to be believed before `check_signature`."""

    header: Mapping[str, object]
    claims: Mapping[str, object]
    signed: bytes
    """What the signature covers: the first two parts as they were sent."""
    signature: bytes


def read(token: str) -> Jws:
    """Take a token apart; raise `DoesNotCount` for what is no JWS in compact form, or could be read in two ways."""
    if len(token) > LIMIT:
        raise DoesNotCount(f"the token has {len(token):,} characters; {LIMIT:,} are the limit")
    match token.split("."):
        case [header, claims, signature]:
            return Jws(
                header=_object("header", header),
                claims=_object("claim set", claims),
                signed=f"{header}.{claims}".encode(),
                signature=_decoded("signature", signature),
            )
        case [_, _, _, _, _]:
            raise DoesNotCount("the token is encrypted (five parts, a JWE); send a signed one, which has three")
        case parts:
            raise DoesNotCount(f"a token has three parts (header.claims.signature), and this has {len(parts)}")


def algorithm(header: Mapping[str, object], accepted: Sequence[str]) -> str:
    """The accepted algorithm that a header names; refused is a header that sets rules or brings a key of its own."""
    if found := [name for name in ("crit", "b64") if name in header]:
        raise DoesNotCount(f"the token's header asks for an extension ({found[0]}); none is understood here")
    if found := [name for name in OWN_KEYS if name in header]:
        raise DoesNotCount(f"the token brings a key of its own ({found[0]}); only keys known beforehand count")
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in accepted:
        raise DoesNotCount(f"the token's algorithm is {quoted(alg)}; accepted are {', '.join(accepted)}")
    return alg


def check_signature(jws: Jws, alg: str, jwk: Mapping[str, object]) -> None:
    """Raise `DoesNotCount` unless this public key made the signature, by an algorithm that is this key's own."""
    if (jwk.get("kty"), jwk.get("crv")) != KINDS[alg]:
        raise DoesNotCount(f"the token says {alg}, which is no algorithm for the key it names")
    [model] = [cast("JWSAlgModel", each) for each in JWS_ALGORITHMS if each.name == alg]
    try:
        key = import_key(cast("dict[str, str | list[str]]", dict(jwk)))
        model.check_key(key)
        genuine = model.verify(jws.signed, jws.signature, key)
    except KeyParameterError:
        raise DoesNotCount(f"the key that the token names is not meant to verify {alg} signatures") from None
    except (JoseError, ValueError, TypeError, KeyError):
        raise DoesNotCount("the key that the token names cannot be used; have it replaced") from None
    if not genuine:
        raise DoesNotCount("the signature does not match: the token was changed, or another key made it")


def check_times(claims: Mapping[str, object], at: datetime) -> tuple[int, int]:
    """Raise `DoesNotCount` unless the token was in force at a moment; return its own `iat` and `exp`."""
    now, made, until = int(at.timestamp()), _seconds(claims, "iat"), _seconds(claims, "exp")
    if made > now + SKEW or ("nbf" in claims and _seconds(claims, "nbf") > now + SKEW):
        raise DoesNotCount("the token is from the future; look at the clock of the computer that made it")
    if now >= until + SKEW:
        raise DoesNotCount("the token has expired; make a new one and answer again")
    if now >= made + LONGEST + SKEW:
        raise DoesNotCount("the token was made more than an hour ago; make a new one and answer again")
    return made, until


def _seconds(claims: Mapping[str, object], name: str) -> int:
    """A moment among the claims, in whole seconds since 1970."""
    value = claims.get(name)
    if type(value) is not int:  # a bool is an int, too
        raise DoesNotCount(f"the token has no {name}, or one that is no whole number of seconds")
    return value


def quoted(value: object) -> str:
    """What a token says, made safe for people; only texts are repeated."""
    return f"“{show(value, 60)}”" if isinstance(value, str) else "missing or no text"


def _object(name: str, part: str) -> Mapping[str, object]:
    try:
        found = strict_json(_decoded(name, part))
    except NotStrict as wrong:
        raise DoesNotCount(f"the token's {name} {show(str(wrong), 120)}") from None
    if not isinstance(found, dict):
        raise DoesNotCount(f"the token's {name} is no JSON object")
    return cast("dict[str, object]", found)


def _decoded(name: str, part: str) -> bytes:
    """Base64url of exactly one spelling: no padding, no other alphabet, no bits left over at the end."""
    padded = part + "=" * (-len(part) % 4)
    content = base64.urlsafe_b64decode(padded) if BASE64URL.fullmatch(part) and len(part) % 4 != 1 else None
    if content is None or base64.urlsafe_b64encode(content).decode() != padded:
        raise DoesNotCount(f"the token's {name} is not base64url")
    return content
