"""Where large payloads are kept: every one under the SHA-256 of its bytes, in a folder or in a bucket."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from obstore.exceptions import BaseError
from obstore.store import S3Store

from domain.documents import DocumentRef
from domain.errors import DomainError, Unavailable, Unreadable
from integrations.documents import FolderDocuments
from integrations.payloads.errors import Unopened

PATIENCE = timedelta(seconds=10)
RESTORE = "Restore it from a backup; no restart is needed, and what waits goes on."


class BadPayloadStore(DomainError):
    """The store for large payloads cannot be used."""


class Blobs(Protocol):
    """Bytes by their SHA-256 in hex."""

    async def put(self, content: bytes) -> str:
        """Store bytes whole or not at all; returns their digest. Raise `Unavailable` where that cannot be done now."""
        ...

    async def get(self, digest: str) -> bytes:
        """The bytes of this digest; raise `Unopened` where they are absent, or others than were stored."""
        ...


def open_blobs(where: str) -> Blobs:
    """A folder, or `s3://bucket/prefix` with the usual AWS_* variables; raise `BadPayloadStore` for anything else."""
    if "://" not in where:
        return FolderBlobs(Path(where))
    if not where.startswith("s3://") or not where.removeprefix("s3://").split("/")[0]:
        raise BadPayloadStore(f"SIGNALBOX_PAYLOADS is {where!r}; give a folder, or s3://bucket/prefix.")
    return BucketBlobs(where)


class FolderBlobs:
    """Files in one folder, kept as documents are."""

    def __init__(self, folder: Path) -> None:
        self._kept = FolderDocuments(folder)

    async def put(self, content: bytes) -> str:
        """As `Blobs` says."""
        return await asyncio.to_thread(self._kept.keep, content)

    async def get(self, digest: str) -> bytes:
        """As `Blobs` says."""
        name = f"the payload {digest}"
        try:
            return await self._kept.get(DocumentRef(digest=digest, size=0, media_type="application/x", name=name))
        except Unreadable as error:
            raise Unopened(f"A large payload cannot be read: {error.detail} {RESTORE}") from None


class BucketBlobs:
    """Objects in a bucket that speaks S3; credentials, region and endpoint come from the AWS_* variables."""

    def __init__(self, url: str) -> None:
        self._url = url
        plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"  # options of the client make it forget this one
        try:
            self._store = S3Store.from_url(
                url,
                client_options={"timeout": PATIENCE, "allow_http": plain},
                retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
            )
        except (BaseError, ValueError) as error:
            raise BadPayloadStore(f"SIGNALBOX_PAYLOADS {url}: {_said(error)}.") from None

    async def put(self, content: bytes) -> str:
        """As `Blobs` says."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            await self._store.put_async(_key(digest), content)
        except (BaseError, OSError, ValueError) as error:
            raise Unavailable(f"The payload store {self._url} cannot be written: {_said(error)}.") from None
        return digest

    async def get(self, digest: str) -> bytes:
        """As `Blobs` says."""
        try:
            content = bytes(await (await self._store.get_async(_key(digest))).bytes_async())
        except FileNotFoundError:
            raise Unopened(f"The payload {digest} is not in {self._url}. {RESTORE}") from None
        except (BaseError, OSError, ValueError) as error:
            raise Unavailable(f"The payload store {self._url} cannot be read: {_said(error)}.") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise Unopened(f"{self._url} holds other bytes than were stored as the payload {digest}. {RESTORE}")
        return content


def _key(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def _said(error: Exception) -> str:
    """The first line: what follows are the client's own structures."""
    return " ".join(str(error).splitlines()[:1])[:300].rstrip(".")
