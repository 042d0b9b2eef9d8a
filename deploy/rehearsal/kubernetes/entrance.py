"""TLS in front of the Temporal server, as an ingress or a mesh has it: KEDA shows a token to nobody without."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass, field

from deploy.rehearsal.kubernetes.certificates import Authority
from deploy.rehearsal.processes import free_ports

CHUNK = 64 * 1024


@dataclass
class Entrance:
    """Whoever comes in is led to the frontend; where that is away, they are sent home."""

    authority: Authority
    frontend: str
    port: int = field(default_factory=lambda: free_ports(1)[0])
    _server: asyncio.Server | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self.port}"

    async def open(self) -> None:
        """Let people in."""
        mine = self.authority.identity("entrance")
        secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secured.load_cert_chain(mine.certificate, mine.key)
        secured.set_alpn_protocols(["h2"])
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port, ssl=secured)

    async def close(self) -> None:
        """Let nobody in any more."""
        if self._server:
            self._server.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self.frontend.split(":")
        try:
            inner, answer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        ways = [asyncio.create_task(_carried(*way)) for way in ((reader, answer), (inner, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for each in (writer, answer):
                each.close()


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while content := await reader.read(CHUNK):
            writer.write(content)
            await writer.drain()
