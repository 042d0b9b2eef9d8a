"""Proof of who answered, in the answer itself: a token signed with a person's own key, or an OIDC id token.

Either is bound to one answer to one request in one run, so that it is worth nothing anywhere else.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey
from joserfc.jws import serialize_compact
from pydantic import JsonValue

from domain.values import Frozen, Sha256
from governance import oidc
from governance.canonical import WRITER, digest
from governance.jws import LONGEST, DoesNotCount, Jws, algorithm, check_signature, check_times, quoted, read
from governance.people import Directory, Person, PublicKey

TYPE = "signalbox-answer+jwt"
"""The `typ` of our own tokens: nothing else signed with the same key can pass for an answer (RFC 8725 §3.11)."""
ALGORITHMS = ("Ed25519", "EdDSA")
"""RFC 9864's name, and the older one of RFC 8037 for the same signature."""
HEADER = {"alg", "kid", "typ"}
VALID = timedelta(minutes=15)
NAMES: Mapping[str, str] = {
    "request": "request",
    "run_id": "run of the approval",
    "answer": "kind of answer",
    "note": "note",
    "changes": "set of changes",
    "person": "person to decide",
}
"""What people call the fields of a binding."""


class Binding(Frozen):
    """What a token is for: exactly this answer to this request in this run."""

    request: Sha256
    run_id: str
    """The approval's own run: a reset makes a new one, for which nobody has signed anything."""
    answer: str
    """approve, reject, comment or delegate."""
    note: str | None
    """The note, reason or text exactly as it is sent; None for none."""
    changes: dict[str, JsonValue] | None
    person: str | None
    """To whom a decision is handed on, as it is sent."""

    def digest(self) -> Sha256:
        """The SHA-256 of all of it: the `answer` of a signed token, the nonce of an id token."""
        return digest(self)

    def parts(self) -> dict[str, str]:
        """A short digest of each field, by which a difference can be named without repeating what was said."""
        fields = self.model_dump(mode="json")
        return {name: hashlib.sha256(WRITER.encode(each).encode()).hexdigest()[:16] for name, each in fields.items()}


class Proven(Frozen):
    """Who gave an answer, beyond doubt."""

    person: str
    assurance: Literal["signed", "step-up"]
    how: str


def signed_answer(  # noqa: PLR0913 - each by its name
    binding: Binding, *, person: str, key: Ed25519PrivateKey, kid: str, at: datetime, valid: timedelta = VALID
) -> str:
    """Sign an answer with a person's own key; the token counts from `at` for as long as `valid`, at most an hour."""
    lasts = int(valid.total_seconds())
    if not 0 < lasts <= LONGEST:
        raise ValueError(f"a signed answer is valid for 1 to {LONGEST} seconds, not {lasts}")
    made = int(at.timestamp())
    claims = {
        "sub": person,
        "answer": binding.digest(),
        "parts": binding.parts(),
        "iat": made,
        "exp": made + lasts,
        "jti": secrets.token_hex(16),
    }
    header = {"alg": ALGORITHMS[0], "kid": kid, "typ": TYPE}
    return serialize_compact(header, WRITER.encode(claims), OKPKey.import_key(key), algorithms=ALGORITHMS)


def prove(token: str, binding: Binding, directory: Directory, *, at: datetime, principal: str | None) -> Proven | str:
    """Say whom a token proves to have given this answer, or in a sentence why it does not count; never raises.

    `at` is the time of the signal's event and `principal` the caller that the server authenticated, if it did. A key
    of one's own beside that caller is two proofs and so a step-up; an id token is one only by its `acr`, since it and
    the caller may well stem from the same log-in.
    """
    try:
        return _proven(read(token), binding, directory, at=at, principal=principal)
    except DoesNotCount as reason:
        return str(reason)


def _proven(jws: Jws, binding: Binding, directory: Directory, *, at: datetime, principal: str | None) -> Proven:
    own = jws.header.get("typ") == TYPE
    if own:
        person, how = _signer(jws, binding, directory, at=at)
        stepped = False
    else:
        person, how, stepped = oidc.bearer(jws, _digest(binding), directory, at=at)
    caller = directory.by_principal(principal) if principal else None
    if caller and caller.id != person.id:
        raise DoesNotCount(f"the token is of {person.id}, and the caller is {caller.id}")
    if own and caller:
        stepped, how = True, f"{how}, and the server authenticated the caller"
    return Proven(person=person.id, assurance="step-up" if stepped else "signed", how=how)


def _signer(jws: Jws, binding: Binding, directory: Directory, *, at: datetime) -> tuple[Person, str]:
    alg = algorithm(jws.header, ALGORITHMS)
    if unknown := sorted(jws.header.keys() - HEADER):
        raise DoesNotCount(f"the token's header says {quoted(unknown[0])}, which that of a signed answer never does")
    person, key = _key(jws.header.get("kid"), directory)
    check_signature(jws, alg, {"kty": "OKP", "crv": "Ed25519", "x": key.x})
    day = at.astimezone(UTC).date()
    if day < key.since or (key.until and day > key.until):
        raise DoesNotCount(f"the key {key.kid} is in force from {key.since} until {key.until or 'further notice'}")
    if jws.claims.get("sub") != person.id:
        raise DoesNotCount(f"the token says it is of {quoted(jws.claims.get('sub'))}, and {person.id}'s key signed it")
    made, until = check_times(jws.claims, at)
    if until - made > LONGEST:
        raise DoesNotCount("the token is valid for more than an hour; make one that is valid for less")
    _check_answer(jws.claims, binding)
    return person, f"signed with key {key.kid}"


def _key(kid: object, directory: Directory) -> tuple[Person, PublicKey]:
    """Whose key this is: the key says who signs, whatever the token says."""
    for person in directory.people:
        for key in person.keys:
            if key.kid == kid:
                return person, key
    raise DoesNotCount(f"the directory knows no key with the id {quoted(kid)}")


def _check_answer(claims: Mapping[str, object], binding: Binding) -> None:
    if claims.get("answer") == _digest(binding):
        return
    signed = claims.get("parts")
    signed = cast("dict[str, object]", signed) if isinstance(signed, dict) else {}
    other = [f"another {NAMES[name]}" for name, part in binding.parts().items() if signed.get(name) != part]
    raise DoesNotCount(f"the token was signed for {' and '.join(other) or 'another answer'}; sign this one")


def _digest(binding: Binding) -> Sha256:
    try:
        return binding.digest()
    except ValueError:
        raise DoesNotCount(
            "the answer has text or changes that cannot be signed: broken characters, or too deep"
        ) from None
