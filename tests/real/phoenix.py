"""Arize Phoenix in an environment of its own; `python -m tests.real.phoenix` takes its picture for the docs."""

import asyncio
import os
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession

from governance.trail.assembly import assembled
from governance.trail.spans import Span, spans_of
from integrations.settings import Settings
from integrations.telemetry import outlets
from integrations.temporal.dev_server import free_port
from tests import apart
from tests.collector import environment
from tests.conftest import ROOT
from tests.real.ui import chromium
from tests.trails import scene

PINNED = ROOT / "tests" / "real" / "phoenix.txt"
PICTURE = ROOT / "docs" / "pictures" / "phoenix.png"
START_SECONDS, ARRIVAL_SECONDS = 120, 60


def installed() -> Path:
    """Its Python: 625 MB from the package index on the first call."""
    return apart.installed("phoenix", PINNED)


@dataclass(frozen=True)
class Phoenix:
    """A running server."""

    http: str
    grpc: str
    session: ClientSession

    def variables(self, protocol: str) -> dict[str, str]:
        """How spans get there."""
        endpoint = self.grpc if protocol == "grpc" else self.http
        return {"OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}

    async def take(self, spans: Iterable[Span], protocol: str) -> None:
        """Send it spans as a worker does."""
        with environment(self.variables(protocol)):
            async with outlets(Settings()) as opened:
                [sink] = opened.sinks
                await sink.send(list(spans))

    async def spans(self, at_least: int) -> list[dict[str, Any]]:
        """All that it shows, once it shows so many: it answers before it has stored them."""
        async with asyncio.timeout(ARRIVAL_SECONDS):
            found = await self._spans()
            while len(found) < at_least:
                await asyncio.sleep(0.5)
                found = await self._spans()
        return found

    async def _spans(self) -> list[dict[str, Any]]:
        found, cursor = list[dict[str, Any]](), ""
        while cursor is not None:
            asked = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = await self.get("/v1/projects/default/spans", **asked)
            found += page["data"]
            cursor = page["next_cursor"]
        return found

    async def get(self, path: str, **asked: str) -> Any:
        """What its API answers; nothing is there before the first span."""
        async with self.session.get(f"{self.http}{path}", params=asked) as answer:
            return await answer.json() if answer.status == 200 else {"data": [], "next_cursor": None}


@asynccontextmanager
async def phoenix(python: Path, folder: Path) -> AsyncGenerator[Phoenix]:
    """Start it on the loopback address; it keeps its files in the folder and calls nobody."""
    http, grpc = free_port(), free_port()
    said = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(http),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    log = await asyncio.to_thread((folder / "phoenix.log").open, "wb")
    command = (python, "-m", "phoenix.server.main", "serve")
    process = await asyncio.create_subprocess_exec(*command, env=said, cwd=folder, stdout=log, stderr=log)
    try:
        async with ClientSession() as session:
            server = Phoenix(f"http://127.0.0.1:{http}", f"http://127.0.0.1:{grpc}", session)
            await _started(server, process)
            yield server
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        log.close()


async def _started(server: Phoenix, process: Process) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                async with server.session.get(f"{server.http}/healthz"):
                    return
            except ClientError:
                await asyncio.sleep(0.5)
    raise RuntimeError(f"Phoenix ended with {process.returncode} while it started")


def sample(*names: str) -> tuple[Span, ...]:
    """The spans of stored cases."""
    return tuple(span for name in names for span in spans_of(assembled(scene(name)), content=True))


async def main() -> None:
    """Take a picture of a case that reasons and asks."""
    spans = sample("questioned")
    python = await asyncio.to_thread(installed)
    with tempfile.TemporaryDirectory() as folder:
        async with phoenix(python, Path(folder)) as server, chromium(height=900) as browser:
            await server.take(spans, "grpc")
            await server.spans(len(spans))
            [project] = [each for each in (await server.get("/v1/projects"))["data"] if each["name"] == "default"]
            page = await browser.new_page()
            await page.goto(f"{server.http}/projects/{project['id']}/traces/{spans[0].trace_id}")
            await page.get_by_text("invoke_agent invoice_examiner").first.wait_for()
            await page.wait_for_timeout(3_000)  # panels that slide in
            await page.screenshot(path=PICTURE)


if __name__ == "__main__":
    asyncio.run(main())
