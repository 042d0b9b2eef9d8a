"""Places for the ledger's statements that who can write the ledger should not be able to write."""

from __future__ import annotations

import asyncio
import os
import tempfile
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from domain.errors import Refused, Unavailable
from integrations.temporal.connection import is_loopback

SECONDS = 30
TRANSIENT = frozenset({408, 409, 425, 429})
FORKED = "is there already and says something else: it is another ledger's, or this ledger was written again."


class Elsewhere(Protocol):
    """Takes files and never changes one that it has."""

    name: str

    async def keep(self, file: str, content: bytes) -> bool:
        """Keep a file; False where it was there already. Raise `Refused` where it has another content."""
        ...


def elsewhere(said: str) -> Elsewhere:
    """A folder, or an https:// address below which files are PUT; `ValueError` for another kind of address."""
    return Address(said) if "://" in said else Folder(Path(said))


class Folder:
    """A folder: on another machine's disk, a medium that is written once, a repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    async def keep(self, file: str, content: bytes) -> bool:
        """Write a file whole or not at all."""
        return await asyncio.to_thread(self._keep, self._folder / file, content)

    def _keep(self, file: Path, content: bytes) -> bool:
        if not file.exists() and self._written(file, content):
            return True
        if file.read_bytes() != content:
            raise Refused(f"{file} {FORKED}")
        return False

    def _written(self, file: Path, content: bytes) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".") as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            try:
                os.link(draft.name, file)  # which never replaces
            except FileExistsError:
                return False
        opened = os.open(self._folder, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)
        return True


class Address:
    """A server that takes PUT below an address, and refuses to replace what is there where asked so."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if not parts.hostname or not (parts.scheme == "https" or _on_this_machine(parts.scheme, parts.hostname)):
            raise ValueError(f"{parts.scheme}://{parts.hostname or ''} is no https:// address")
        self._parts = parts
        self.name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"  # without what may be secret

    async def keep(self, file: str, content: bytes) -> bool:
        """PUT a file where there is none."""
        target = urlunsplit(self._parts._replace(path=f"{self._parts.path.rstrip('/')}/{file}"))
        headers = {"If-None-Match": "*", "Content-Type": "application/json"}
        status, _ = await self._asked("PUT", target, content, headers)
        if status != HTTPStatus.PRECONDITION_FAILED:
            self._judge(status)
            return True
        status, there = await self._asked("GET", target)
        self._judge(status)
        if there != content:
            raise Refused(f"{self.name}: {file} {FORKED}")
        return False

    async def _asked(
        self, method: str, target: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=SECONDS)) as session,
                session.request(method, target, data=content, headers=headers, allow_redirects=False) as answer,
            ):
                return answer.status, await answer.content.read(-1 if method == "GET" else 0)
        except (ClientError, TimeoutError, OSError) as error:  # their words quote the address
            raise Unavailable(f"{self.name} cannot be reached ({type(error).__name__}).") from None

    def _judge(self, status: int) -> None:
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if status in TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unavailable(f"{self.name} answered {status}.")
        raise Refused(f"{self.name} answered {status}; it must take PUT with If-None-Match: *.")


def _on_this_machine(scheme: str, host: str) -> bool:
    return scheme == "http" and is_loopback(f"{host}:0")
