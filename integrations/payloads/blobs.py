"""Where large payloads are kept: every one under the SHA-256 of its bytes, as documents are."""

from __future__ import annotations

import asyncio

from domain.documents import DocumentRef
from domain.errors import Unreadable
from integrations.bucket import KeptDocuments
from integrations.payloads.errors import Unopened


class Blobs:
    """Bytes by their SHA-256 in hex, in a folder or in a bucket."""

    def __init__(self, kept: KeptDocuments) -> None:
        self._kept = kept

    async def put(self, content: bytes) -> str:
        """Store bytes whole or not at all; returns their digest. Raise `Unavailable` where that cannot be done now."""
        return await asyncio.to_thread(self._kept.keep, content)

    async def get(self, digest: str) -> bytes:
        """The bytes of this digest; raise `Unopened` where they are absent, or others than were stored."""
        name = f"the payload {digest}"
        try:
            return await self._kept.get(DocumentRef(digest=digest, size=0, media_type="application/x", name=name))
        except Unreadable as error:
            raise Unopened(
                f"A large payload cannot be read: {error.detail} Restore it from a backup; no restart is needed, and "
                "what waits goes on."
            ) from None
