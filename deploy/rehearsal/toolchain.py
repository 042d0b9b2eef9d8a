"""Building real servers from their sources, once: Temporal, its UI and the collector as Go modules; dex from git."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import DomainError

GO = Path(__file__).parent / "go"
TEMPORAL = "1.32.0"
COLLECTOR = "0.161.0"
UI = "2.54.1"
DEX = "2.45.1"
DEX_SOURCE = "https://github.com/dexidp/dex"
"""Dex is no Go module that can be had by its version, so it is built from a checkout."""
PARALLEL = 2
"""Packages compiled at a time: the machine may have others on it."""
SPOKEN = 4
"""Lines of a failed build that are shown."""


class Missing(DomainError):
    """Something that only the system can give is not there:"""  # noqa: D415 - what it is follows


@dataclass(frozen=True)
class Tools:
    """The folders of the programs, and why one that can be done without is missing."""

    temporal: Path
    collector: Path | None
    ui: Path | None
    dex: Path | None
    without: tuple[str, ...]


@dataclass(frozen=True)
class Build:
    """What is made of which source, in which folder of the cache."""

    folder: Path
    programs: tuple[str, ...]
    make: Callable[[Path], Awaitable[None]]

    async def done(self, say: Callable[[str], None]) -> Path:
        """Make it where it is not there; returns its folder."""
        if all((self.folder / program).exists() for program in self.programs):
            return self.folder
        say(f"building {self.folder.name}, once")
        making = self.folder.with_name(f".{self.folder.name}.{os.getpid()}")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        try:
            await self.make(making)
            shutil.rmtree(self.folder, ignore_errors=True)
            making.rename(self.folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return self.folder


async def built_temporal(cache: Path, say: Callable[[str], None]) -> Path:
    """The folder of the Temporal server and its SQL tool."""
    programs = ("temporal-server", "temporal-sql-tool")
    return await Build(cache / f"temporal-{TEMPORAL}", programs, _make_temporal).done(say)


async def tools(cache: Path, dex_source: str, say: Callable[[str], None]) -> Tools:
    """The programs, built where the cache lacks them; raise `Missing` without Go or where Temporal cannot be built."""
    temporal = await built_temporal(cache, say)
    without: list[str] = []

    async def if_possible(build: Build) -> Path | None:
        try:
            return await build.done(say)
        except Missing as missing:
            without.append(f"{build.folder.name}: {missing}")
            return None

    async def make_dex(folder: Path) -> None:
        await _make_dex(folder, dex_source)

    parts = hashlib.sha256((GO / "collector" / "manifest.yaml").read_bytes()).hexdigest()[:8]
    collector = await if_possible(Build(cache / f"otelcol-{COLLECTOR}-{parts}", ("otelcol",), _make_collector))
    ui = await if_possible(Build(cache / f"temporal-ui-{UI}", ("temporal-ui", "config/docker.yaml"), _make_ui))
    dex = await if_possible(Build(cache / f"dex-{DEX}", ("dex",), make_dex))
    return Tools(temporal, collector, ui, dex, tuple(without))


async def _make_temporal(folder: Path) -> None:
    for name, package in (("temporal-sql-tool", "cmd/tools/sql"), ("temporal-server", "cmd/server")):
        await step(GO / "temporal", go(), "build", "-o", str(folder / name), f"go.temporal.io/server/{package}")


async def _make_collector(folder: Path) -> None:
    sources = folder / "sources"
    shutil.copytree(GO / "collector", sources)
    await step(sources, go(), "tool", "builder", "--config", "manifest.yaml", environ={"GOFLAGS": "-mod=mod"})
    (sources / "build" / "otelcol").rename(folder / "otelcol")
    shutil.rmtree(sources)


async def _make_ui(folder: Path) -> None:
    module = "github.com/temporalio/ui-server/v2"
    await step(GO / "ui", go(), "build", "-o", str(folder / "temporal-ui"), f"{module}/cmd/server")
    sources = await step(GO / "ui", go(), "list", "-m", "-f", "{{.Dir}}", module)
    config = folder / "config"
    config.mkdir()
    for name in ("base.yaml", "docker.yaml"):
        (config / name).write_bytes((Path(sources) / "config" / name).read_bytes())


async def _make_dex(folder: Path, source: str) -> None:
    sources = folder / "sources"
    clone = ("git", "-c", "advice.detachedHead=false", "clone", "--quiet", "--depth", "1", "--branch", f"v{DEX}")
    await step(folder, *clone, source, str(sources))
    await step(sources, go(), "build", "-o", str(folder / "dex"), "./cmd/dex", environ={"CGO_ENABLED": "0"})
    shutil.rmtree(sources)


def go() -> str:
    """The Go toolchain; raise `Missing` where there is none."""
    found = _found()
    if found is None:
        raise Missing(
            "there is no Go toolchain. Install Go 1.26 or newer (https://go.dev/dl/, or your system's package) so that "
            "`go` is on the PATH; the servers are built once and kept."
        )
    return found


def _found() -> str | None:
    return shutil.which("go") or shutil.which("/usr/local/go/bin/go")


async def step(folder: Path, *command: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a step of a build and return what it says; raise `Missing` with its last words where it fails."""
    given = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **(environ or {})}
    going = {**given, "GOFLAGS": f"{given.get('GOFLAGS', '')} -p={PARALLEL}".strip()}
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", "10", *command),
        cwd=folder,
        env=going,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        raise
    if process.returncode:
        words = "; ".join(said.decode(errors="replace").strip().splitlines()[-SPOKEN:])
        raise Missing(f"`{' '.join(command[:3])}` fails: {words}")
    return said.decode(errors="replace").strip()
