"""Payloads as only the holders of the keyring can read them: compressed where that pays, then AES-256-GCM.

What is encrypted is the whole payload, its own metadata too. The result says `binary/encrypted` and the key's id; its
data is version ‖ nonce ‖ ciphertext and tag, and the namespace is authenticated with it, so that a payload that was
copied from another one does not open.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from integrations.payloads.errors import Unopened
from integrations.payloads.live_keyring import LiveKeyring

ENCRYPTED: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
VERSION = b"\x01"
NONCE = 12
"""Bytes, random; a key is good for 2³² payloads (NIST SP 800-38D, 8.3)."""
PLAIN, DEFLATED = b"\x00", b"\x01"
WORTH_IT = 0.9
"""Compressed is kept what is smaller than this share of what it was."""
SHORT = 96
"""Bytes that are never worth compressing."""
LARGEST = 64 * 1024 * 1024
"""Bytes of one payload, before and after: what inflates to more is no payload of ours."""
HEAVY = 128 * 1024
"""Bytes from which on a thread does it: the event loop has other work."""


class EncryptingCodec(PayloadCodec):
    """Encrypts for one namespace. Plain payloads pass: the UI and other people's clients send them.

    What says that it is encrypted, and was not by this keyring for this namespace or is no longer what it was, passes
    as it is, too: whoever wants its value gets an error from the converter, and whoever only records it can go on.
    """

    def __init__(self, keys: LiveKeyring, namespace: str) -> None:
        self._keys = keys
        self._namespace = namespace

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each with the key that is current now."""
        return [await _weighed(self._sealed, each) for each in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt each; raise `Unopened` where the keyring here lacks the key of one."""
        return [await _weighed(self._opened, each) if is_encrypted(each) else each for each in payloads]

    def _sealed(self, payload: Payload) -> Payload:
        content = payload.SerializeToString()
        if len(content) > LARGEST:
            raise ValueError(f"A payload of {len(content)} bytes is larger than {LARGEST}; give a reference instead.")
        key, nonce = self._keys.ring.encrypting, os.urandom(NONCE)
        sealed = AESGCM(key.content).encrypt(nonce, _packed(content), self._bound_to(key.kid))
        return Payload(metadata={"encoding": ENCRYPTED, KEY_ID: key.kid.encode()}, data=VERSION + nonce + sealed)

    def _opened(self, payload: Payload) -> Payload:
        kid = key_id_of(payload)
        key = self._keys.find(kid)
        if key is None:
            if self._keys.ring.vouches(kid):
                raise Unopened(
                    f"A payload was encrypted with the key {kid}, which the keyring here does not have: put the newest "
                    "keyring in place (SIGNALBOX_KEYRING); no restart is needed, and what waits goes on."
                )
            return payload
        data = payload.data
        if data[:1] != VERSION:
            return payload
        try:
            packed = AESGCM(key.content).decrypt(data[1 : NONCE + 1], data[NONCE + 1 :], self._bound_to(kid))
        except (InvalidTag, ValueError):  # too short for a nonce or a tag
            return payload
        return Payload.FromString(_unpacked(packed))

    def _bound_to(self, kid: str) -> bytes:
        return b"\x00".join((b"signalbox payload", VERSION, kid.encode(), self._namespace.encode()))


def is_encrypted(payload: Payload) -> bool:
    """Whether it says so."""
    return payload.metadata.get("encoding") == ENCRYPTED


def key_id_of(payload: Payload) -> str:
    """The key that a payload names; what is no text has no key."""
    return payload.metadata.get(KEY_ID, b"").decode(errors="replace")


async def _weighed(change: Callable[[Payload], Payload], payload: Payload) -> Payload:
    if len(payload.data) > HEAVY:
        return await asyncio.to_thread(change, payload)
    return change(payload)


def _packed(content: bytes) -> bytes:
    if len(content) > SHORT:
        deflated = zlib.compress(content, 6)
        if len(deflated) < len(content) * WORTH_IT:
            return DEFLATED + deflated
    return PLAIN + content


def _unpacked(packed: bytes) -> bytes:
    if packed[:1] == PLAIN:
        return packed[1:]
    inflating = zlib.decompressobj()
    content = inflating.decompress(packed[1:], LARGEST)
    if not inflating.eof:
        raise Unopened(f"A payload inflates to more than {LARGEST} bytes, or is not whole; it was not made here.")
    return content
