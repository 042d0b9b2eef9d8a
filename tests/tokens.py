"""Tokens for tests, genuine and forged: one of each kind, changed where a test says so."""

import base64
import functools
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from joserfc.jwa import JWS_ALGORITHMS
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from governance.people import Directory, Issuer, OidcSubject, Person, PublicKey
from governance.tokens import TYPE, Binding, Proven, prove, signed_answer

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
ISSUER = "https://login.example"
AUDIENCE = "signalbox"
BINDING = Binding(
    request="a" * 64, run_id="run-1", answer="approve", note="checked", changes={"due_date": "2026-12-24"}, person=None
)
Header = Mapping[str, Any]


@functools.cache
def key(name: str) -> OKPKey:
    """A key of one's own; the same for the same name."""
    return OKPKey.derive_key(name)


@functools.cache
def issuer_keys() -> Mapping[str, Key]:
    return {
        "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
        "ES256": ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
        "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed", "alg": "EdDSA"}),
        "ES384": ECKey.generate_key("P-384", {"kid": "ec384"}),
    }


def point(own: OKPKey) -> str:
    return str(own.as_dict(private=False)["x"])


def person(name: str, *keys: PublicKey, subject: str | None = None) -> Person:
    return Person(
        id=name,
        name=name.title(),
        email=None,
        roles=("finance",),
        limit=None,
        principals=(f"user:{name}",),
        oidc=(OidcSubject(issuer=ISSUER, subject=subject),) if subject else (),
        keys=keys,
        delegates=(),
    )


def public(name: str, since: date = date(2026, 1, 1), until: date | None = None) -> PublicKey:
    return PublicKey(kid=f"{name}-key", x=point(key(name)), since=since, until=until)


def issuer(**changes: Any) -> Issuer:
    fields: dict[str, Any] = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "keys": tuple(each.as_dict(private=False) for each in issuer_keys().values()),
        "login_audiences": (),
        "jwks_uri": None,
        "step_up_acr": ("mfa", "phr"),
        "step_up_minutes": 10,
    }
    return Issuer(**{**fields, **changes})


def directory(*people: Person, **changes: Any) -> Directory:
    fields: dict[str, Any] = {
        "version": "1",
        "file_digest": "f" * 64,
        "people": people or (person("nora", public("nora"), subject="n-1"), person("otto", public("otto"))),
        "roles": (),
        "calendars": {},
        "delegations": (),
        "issuers": (issuer(),),
    }
    return Directory(**{**fields, **changes})


def genuine(binding: Binding = BINDING, name: str = "nora", **changes: Any) -> str:
    own = key(name).private_key
    fields: dict[str, Any] = {"person": name, "key": own, "kid": f"{name}-key", "at": AT}
    return signed_answer(binding, **{**fields, **changes})


def own_claims(**changes: Any) -> dict[str, Any]:
    claims = {"sub": "nora", "answer": BINDING.digest(), "parts": BINDING.parts(), "iat": NOW, "exp": NOW + 900}
    return _changed({**claims, "jti": "1"}, changes)


def own_header(**changes: Any) -> dict[str, Any]:
    return _changed({"alg": "Ed25519", "kid": "nora-key", "typ": TYPE}, changes)


def forged(header: object = None, claims: object = None, *, by: Key | None = None, alg: str = "Ed25519") -> str:
    """An answer that says anything at all, properly signed by nora unless another key is given."""
    return compact(own_header() if header is None else header, own_claims() if claims is None else claims, by, alg)


def id_claims(**changes: Any) -> dict[str, Any]:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "n-1", "nonce": BINDING.digest(), "iat": NOW, "exp": NOW + 300}
    return _changed(claims, changes)


def id_token(alg: str = "RS256", header: Mapping[str, Any] | None = None, by: Key | None = None, **claims: Any) -> str:
    """An id token for nora's approval, with the claims changed that are named; `...` leaves one out."""
    own = by or issuer_keys()["RS256" if alg == "PS256" else alg]
    return compact(_changed({"alg": alg, "kid": own.kid}, header or {}), id_claims(**claims), own, alg)


def compact(header: object, claims: object, by: Key | None, alg: str) -> str:
    signed = f"{part(header)}.{part(claims)}"
    return f"{signed}.{encoded(signature(alg, by or key('nora'))(signed.encode()))}"


def signature(alg: str, by: Key) -> Callable[[bytes], bytes]:
    [model] = [each for each in JWS_ALGORITHMS if each.name == alg]
    return lambda content: model.sign(content, by)  # type: ignore[arg-type]


def with_secret(header: object, claims: object, shared: bytes) -> str:
    signed = f"{part(header)}.{part(claims)}"
    return f"{signed}.{encoded(hmac.digest(shared, signed.encode(), 'sha256'))}"


def part(content: object) -> str:
    return encoded(content if isinstance(content, bytes) else json.dumps(content).encode())


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def proven(token: str, binding: Binding = BINDING, **changes: Any) -> Proven | str:
    given: dict[str, Any] = {"directory": directory(), "at": AT, "principal": None}
    return prove(token, binding, **{**given, **changes})


def why_not(token: str, binding: Binding = BINDING, **changes: Any) -> str:
    reason = proven(token, binding, **changes)
    assert isinstance(reason, str), reason
    return reason


def later(**duration: float) -> datetime:
    return AT + timedelta(**duration)


def _changed(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**fields, **changes}.items() if value is not ...}
