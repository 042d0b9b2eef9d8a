"""Large payloads stored elsewhere: the history keeps a reference, and whoever opens it checks that nothing has changed.

It comes after the codec, so that what is stored is encrypted. The server's own limits then hold for references alone.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from google.protobuf.json_format import ParseError
from temporalio.api.common.v1 import Payload
from temporalio.api.sdk.v1 import ExternalStorageReference
from temporalio.converter import (
    DataConverter,
    ExternalStorage,
    StorageDriver,
    StorageDriverClaim,
    StorageDriverRetrieveContext,
    StorageDriverStoreContext,
)

from integrations.payloads.blobs import Blobs
from integrations.payloads.codec import LARGEST
from integrations.payloads.errors import Unopened
from integrations.payloads.live_keyring import LiveKeyring

NAME: Final = "signalbox"
DIGEST, MARK = "sha256", "mark"
HEX = re.compile(r"[0-9a-f]{64}")
NEVER = 1 << 62
"""A limit that no payload reaches."""


class BlobDriver(StorageDriver):
    """Stores payloads as blobs; with a keyring, references carry its mark, so that nobody can make one up."""

    def __init__(self, blobs: Blobs | None, keys: LiveKeyring | None, namespace: str) -> None:
        self._blobs = blobs
        self._keys = keys
        self._namespace = namespace

    def name(self) -> str:
        """What references call it."""
        return NAME

    def type(self) -> str:
        """The same for every language."""
        return "signalbox.sha256"

    async def store(self, context: StorageDriverStoreContext, payloads: Sequence[Payload]) -> list[StorageDriverClaim]:
        """Store each under the digest of its bytes."""
        _ = context
        return list(await asyncio.gather(*(self._stored(each) for each in payloads)))

    async def retrieve(
        self, context: StorageDriverRetrieveContext, claims: Sequence[StorageDriverClaim]
    ) -> list[Payload]:
        """Read each again; raise `Unopened` where it is absent or altered."""
        _ = context
        return list(await asyncio.gather(*(self._read(each.claim_data[DIGEST]) for each in claims)))

    def vouches(self, claim: Mapping[str, str]) -> bool:
        """Whether a reference was made here, as far as can be told."""
        digest = claim.get(DIGEST, "")
        if not HEX.fullmatch(digest):
            return False
        if self._keys is None:
            return self._blobs is not None
        return hmac.compare_digest(self._mark(digest).encode(), claim.get(MARK, "").encode())

    async def _stored(self, payload: Payload) -> StorageDriverClaim:
        content = payload.SerializeToString()
        if self._blobs is None:
            raise TypeError("Nothing is stored where there is no store.")
        if len(content) > LARGEST:
            raise ValueError(f"A payload of {len(content)} bytes is larger than {LARGEST}; give a reference instead.")
        digest = await self._blobs.put(content)
        return StorageDriverClaim({DIGEST: digest, MARK: self._mark(digest)} if self._keys else {DIGEST: digest})

    async def _read(self, digest: str) -> Payload:
        if self._blobs is None:
            raise Unopened(f"The payload {digest} is stored elsewhere, and no SIGNALBOX_PAYLOADS says where; set it.")
        return Payload.FromString(await self._blobs.get(digest))

    def _mark(self, digest: str) -> str:
        return self._keys.ring.marked(f"payload {self._namespace} {digest}") if self._keys else ""


@dataclass(frozen=True)
class OwnStorage(ExternalStorage):
    """External storage that leaves a reference alone which nobody here made: else any signal could stop a case."""

    def _decode_reference(self, payload: Payload) -> ExternalStorageReference | None:
        try:
            found = super()._decode_reference(payload)
        except (ParseError, ValueError, TypeError, KeyError, RuntimeError):
            return None
        driver = self.drivers[0]
        if found is None or found.driver_name != NAME or not isinstance(driver, BlobDriver):
            return None
        return found if driver.vouches(found.claim_data) else None


@dataclass(frozen=True)
class OwnConverter(DataConverter):
    """A data converter that takes no payload's word for being an encrypted reference: this SDK writes none yet."""

    async def _decode_reference_payload_sequence(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


def opens_anything(converter: DataConverter) -> bool:
    """Whether payloads may be other than they look."""
    stores = converter.external_storage
    return converter.payload_codec is not None or (stores is not None and stores.payload_size_threshold < NEVER)


def storage(blobs: Blobs | None, keys: LiveKeyring | None, namespace: str, limit: int) -> ExternalStorage:
    """Payloads from `limit` bytes on go to the blobs; without any, nothing does, and only others' references pass."""
    driver = BlobDriver(blobs, keys, namespace)
    return OwnStorage(drivers=[driver], payload_size_threshold=limit if blobs else NEVER)
