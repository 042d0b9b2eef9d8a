"""The document store as a bucket that speaks S3, for workers on several machines."""

from __future__ import annotations

import asyncio
import hashlib
import os
from datetime import timedelta
from pathlib import Path

from obstore import get_async, put
from obstore.exceptions import BaseError
from obstore.store import S3Store

from domain.documents import DocumentRef
from domain.errors import DomainError, Unavailable, Unreadable
from domain.text import show
from integrations.documents import FolderDocuments
from integrations.settings import Settings

PATIENCE = timedelta(seconds=10)


class BadBucket(DomainError):
    """The place to keep things cannot be used."""


class BucketDocuments:
    """Content-addressed objects under a prefix; credentials, region and endpoint come from the AWS_* variables."""

    def __init__(self, url: str) -> None:
        """Ask nothing of the bucket yet; raise `BadBucket` for an address or variables that mean none."""
        self._url = url
        plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"  # options of the client make it forget this one
        try:
            self._store = S3Store.from_url(
                url,
                client_options={"timeout": PATIENCE, "allow_http": plain},
                retry_config={"max_retries": 2, "retry_timeout": PATIENCE},
            )
        except (BaseError, ValueError) as error:
            raise BadBucket(f"{url}: {_said(error)}.") from None

    async def put(self, content: bytes, *, name: str, media_type: str) -> DocumentRef:
        """Store bytes and return where they are; raise `Unavailable` where that cannot be done now."""
        digest = await asyncio.to_thread(self.keep, content)
        return DocumentRef(digest=digest, size=len(content), media_type=media_type, name=show(name, 200))

    def keep(self, content: bytes) -> str:
        """Store bytes before returning, for whoever is on a thread already; returns their SHA-256 in hex."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            put(self._store, _key(digest), content)
        except (BaseError, OSError, ValueError) as error:
            raise Unavailable(f"The bucket {self._url} cannot be written: {_said(error)}.") from None
        return digest

    async def get(self, ref: DocumentRef) -> bytes:
        """Return the bytes, or raise `Unreadable` if they are absent or no longer hash to the reference."""
        try:
            content = bytes(await (await get_async(self._store, _key(ref.digest))).bytes_async())
        except FileNotFoundError:
            raise Unreadable(f"{show(ref.name, 80)}: it is not in the bucket {self._url}.") from None
        except (BaseError, OSError, ValueError) as error:
            raise Unavailable(f"The bucket {self._url} cannot be read: {_said(error)}.") from None
        if hashlib.sha256(content).hexdigest() != ref.digest:
            raise Unreadable(f"{show(ref.name, 80)}: the bucket {self._url} holds other bytes than were put there.")
        return content


KeptDocuments = FolderDocuments | BucketDocuments


def documents_at(where: str, setting: str) -> KeptDocuments:
    """A folder, or `s3://bucket/prefix`; raise `BadBucket` naming the setting for anything else."""
    if "://" not in where:
        return FolderDocuments(Path(where))
    if not where.startswith("s3://") or not where.removeprefix("s3://").split("/")[0]:
        raise BadBucket(f"{setting} is {where!r}; give a folder, or s3://bucket/prefix.")
    return BucketDocuments(where)


def documents_of(settings: Settings) -> KeptDocuments:
    """The document store of these settings."""
    if settings.document_store is None:
        return FolderDocuments(settings.documents)
    return documents_at(settings.document_store, "SIGNALBOX_DOCUMENT_STORE")


def _key(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def _said(error: Exception) -> str:
    """The first line: what follows are the client's own structures."""
    return " ".join(str(error).splitlines()[:1])[:300].rstrip(".")
