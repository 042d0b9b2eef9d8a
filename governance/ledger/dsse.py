"""Signed envelopes: DSSE 1.0 (github.com/secure-systems-lab/dsse) with Ed25519."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.values import Frozen


@dataclass(frozen=True)
class LedgerKey:
    """A key that signs for a ledger: its id (JWK thumbprint), its public half in base64url, and its private half."""

    kid: str
    x: str
    private: Ed25519PrivateKey


class Signature(Frozen):
    """One signature over the envelope's payload and type; `sig` is base64."""

    keyid: str
    sig: str


class Envelope(Frozen):
    """A payload in base64, what it is, and who signed both."""

    payloadType: str  # noqa: N815, RUF100 - the field's name in DSSE
    payload: str
    signatures: tuple[Signature, ...]

    @property
    def content(self) -> bytes:
        """The payload's bytes."""
        return base64.b64decode(self.payload, validate=True)

    @property
    def signed(self) -> bytes:
        """What the signatures cover."""
        return encoded(self.payloadType, self.content)


def encoded(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: type and payload with their lengths, so that neither runs into the other."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sealed(payload_type: str, payload: bytes, keys: Sequence[LedgerKey]) -> Envelope:
    """The payload in an envelope that each of the keys has signed."""
    covered = encoded(payload_type, payload)
    signatures = [Signature(keyid=key.kid, sig=_base64(key.private.sign(covered))) for key in keys]
    return Envelope(payloadType=payload_type, payload=_base64(payload), signatures=tuple(signatures))


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
