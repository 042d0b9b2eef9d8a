"""Tokens for programs at the Temporal server: JWTs signed with a key of our own, whose public half the server reads.

The server's default claim mapper takes RS256 and ES256 alone, names the caller by `sub`, and reads what it may from a
list of `namespace:role`, here in `groups`, where an identity provider has people's too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, ValidationError

from domain.errors import DomainError
from integrations.keys import BadKey, secret_content, write_private

PERMISSIONS = "groups"
"""The claim that TEMPORAL_JWT_PERMISSIONS_CLAIM names in deploy/config/temporal/secure.env."""
ROLES = ("read", "write", "admin")
PERMISSION = re.compile(rf"[\w.-]+:({'|'.join(ROLES)})", re.ASCII)
NAME = re.compile(r"[\w.@-]{1,100}", re.ASCII)


class KeySetFile(BaseModel):
    """A JSON Web Key Set (RFC 7517 §5)."""

    keys: list[Mapping[str, object]]


class BadToken(DomainError):
    """The token cannot be made or used."""


def new_service_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """Write a new P-256 key as PKCS #8 PEM that its owner alone can read; raise `BadKey` where there is a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    lock = serialization.NoEncryption()
    write_private(file, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock))
    return key


def read_service_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """A key that `new_service_key` wrote; raise `BadKey` for another file, and for one that others can read."""
    try:
        key = serialization.load_pem_private_key(secret_content(file), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadKey(f"{file}: it is no P-256 key in PEM; `starter.py access key` makes one.")
    return key


def known_keys(file: Path) -> list[Mapping[str, object]]:
    """The keys of a JSON Web Key Set, none where there is no file; raise `BadKey` for a file that is something else."""
    if not file.exists():
        return []
    try:
        return KeySetFile.model_validate_json(file.read_bytes()).keys
    except ValidationError:
        raise BadKey(f"{file}: it is no JSON Web Key Set; name another file.") from None


def key_set(known: Sequence[Mapping[str, object]], added: ec.EllipticCurvePrivateKey) -> str:
    """The JSON Web Key Set that the server reads, with the public half of one more key."""
    entry = {**_named(added).as_dict(private=False), "use": "sig", "alg": "ES256"}
    return json.dumps({"keys": [*known, entry]}, indent=2) + "\n"


def service_token(
    key: ec.EllipticCurvePrivateKey, name: str, permissions: Sequence[str], *, now: datetime, valid: timedelta
) -> str:
    """A token that says who calls and what they may; raise `BadToken` for what the server would misread."""
    if not NAME.fullmatch(name):
        raise BadToken(f"{name!r} is no name for a token; use letters, digits and . _ @ -, such as worker.")
    for each in permissions:
        if not PERMISSION.fullmatch(each):
            raise BadToken(f"{each!r} is no permission; write namespace:role, with a role of {', '.join(ROLES)}.")
    named = _named(key)
    claims = {
        "iss": "signalbox",
        "sub": name,
        PERMISSIONS: list(permissions),
        "iat": int(now.timestamp()),
        "exp": int((now + valid).timestamp()),
    }
    return jwt.encode({"alg": "ES256", "kid": named.kid, "typ": "JWT"}, claims, named)


def _named(key: ec.EllipticCurvePrivateKey) -> ECKey:
    """The key with its thumbprint (RFC 7638) as its id."""
    jwk = ECKey.import_key(key)
    return ECKey.import_key(key, {"kid": jwk.thumbprint()})
