"""The public keys of an identity provider, from the JWKS file that was pinned beside people.toml (RFC 7517)."""

from __future__ import annotations

from typing import cast

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry
from pydantic import JsonValue

from domain.strict_json import NotStrict, strict_json
from domain.text import show

SECRET = ("d", "p", "q", "dp", "dq", "qi", "oth", "k", "r", "t")
"""Members of a JWK that hold what nobody but the owner may know (RFC 7518, section 6)."""
KINDS = ("RSA", "EC", "OKP")
LEAST_RSA = 256
"""Bytes of a modulus: 2,048 bits (RFC 7518, section 3.3)."""
JWK = dict[str, JsonValue]


def public_keys(content: bytes) -> tuple[JWK, ...]:
    """Read a JWKS file; raise ValueError with what is wrong."""
    try:
        read = cast("JWK", strict_json(content))
    except NotStrict as wrong:
        raise ValueError(f"{wrong}; save what the provider's jwks_uri answers") from None
    keys = read.get("keys") if isinstance(read, dict) else None  # pyright: ignore[reportUnnecessaryIsInstance]
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ValueError('holds no keys; it must read {"keys": [ … ]}')
    found = tuple(cast("JWK", key) for key in keys)
    for number, key in enumerate(found, start=1):
        _examine(f"key {number} ({show(str(key.get('kid', 'no kid')), 60)})", key)
    kids = [key.get("kid") for key in found]
    if len(found) > 1 and (None in kids or len({str(kid) for kid in kids}) < len(kids)):
        raise ValueError("holds several keys, so each needs a kid of its own")
    return found


def _examine(name: str, key: JWK) -> None:
    if key.get("kty") == "oct":
        raise ValueError(f"{name} is a shared secret, with which anybody could sign; pin public keys alone")
    if secret := [member for member in SECRET if member in key]:
        raise ValueError(f"{name} holds a private key (member {secret[0]}); remove it, and replace that key pair")
    if key.get("kty") not in KINDS:
        raise ValueError(f"{name} is of no kind known here ({', '.join(KINDS)}); leave it out")
    if key.get("kty") == "RSA" and len(str(key.get("n", ""))) * 3 // 4 < LEAST_RSA:
        raise ValueError(f"{name} has a modulus of less than 2048 bits; the provider needs a longer key")
    try:
        _ = JWKRegistry.import_key(cast("dict[str, str | list[str]]", key)).public_key  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType, reportAttributeAccessIssue]
    except (JoseError, ValueError, LookupError, TypeError):
        raise ValueError(f"{name} is no sound {key['kty']} key; save the provider's keys again") from None
