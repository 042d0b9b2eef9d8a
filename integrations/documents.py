"""The document store as a folder: every document under its own digest, written whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path

from domain.documents import DocumentRef
from domain.errors import Unavailable, Unreadable
from domain.text import show


class FolderDocuments:
    """Content-addressed files under one folder; several processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, content: bytes, *, name: str, media_type: str) -> DocumentRef:
        """Store bytes and return where they are; the same bytes twice are stored once.

        Raise `Unavailable` where the folder cannot be written.
        """
        digest = await asyncio.to_thread(self.keep, content)
        return DocumentRef(digest=digest, size=len(content), media_type=media_type, name=show(name, 200))

    def keep(self, content: bytes) -> str:
        """Store bytes before returning, for whoever is on a thread already; returns their SHA-256 in hex.

        Raise `Unavailable` where the folder cannot be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        try:
            _store(self._path(digest), content)
        except OSError as error:
            raise Unavailable(f"The document store {self._root} cannot be written: {error.strerror}.") from None
        return digest

    async def get(self, ref: DocumentRef) -> bytes:
        """Return the bytes, or raise `Unreadable` if they are absent or no longer hash to the reference.

        Raise `Unavailable` where the folder cannot be read just now.
        """
        try:
            content = await asyncio.to_thread(self._path(ref.digest).read_bytes)
        except FileNotFoundError:
            raise Unreadable(f"{show(ref.name, 80)}: it is not in the document store {self._root}.") from None
        except OSError as error:
            raise Unavailable(f"The document store {self._root} cannot be read: {error.strerror}.") from None
        if hashlib.sha256(content).hexdigest() != ref.digest:
            raise Unreadable(f"{show(ref.name, 80)}: the document store holds other bytes than were put there.")
        return content

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:4] / digest


def _store(path: Path, content: bytes) -> None:
    """Write to a draft, force it to the disk, then rename: a reader or a crash sees all of it or nothing."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
    _force_to_disk(path.parent)


def _force_to_disk(folder: Path) -> None:
    """A rename lasts only once its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
