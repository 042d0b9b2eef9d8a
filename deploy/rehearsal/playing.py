"""Playing the steps of a rehearsal: one after the other, to be interrupted at any time, with a page at the end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import typer
from temporalio.service import RPCError

from commands.console import fail, out, plain
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Report, Step
from deploy.rehearsal.toolchain import Missing
from domain.errors import DomainError, Unavailable

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "signalbox" / "cluster"
S = TypeVar("S")
Steps = tuple[tuple[str, Callable[[S, Step], Awaitable[None]]], ...]
"""What each step is called, and what it does with the scene and sees."""


def told(said: str) -> None:
    """Say what goes on."""
    out.print(f"[dim]{plain(said)}[/dim]")


def rehearsed(rehearsal: Coroutine[Any, Any, int]) -> None:
    """Run a rehearsal and end with its exit code."""
    try:
        code = asyncio.run(_interruptible(rehearsal))
    except (Missing, OSError) as error:
        code = fail(str(error).replace(f"{Missing()} ", ""))
    except asyncio.CancelledError:
        code = 130
    raise typer.Exit(code)


def ended(app: typer.Typer) -> None:
    """Run a command and leave at once: the interpreter's own exit can crash after a client."""
    try:
        app()
    except SystemExit as done:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(done.code if isinstance(done.code, int) else 1)


@asynccontextmanager
async def workplace(*, keep: bool) -> AsyncGenerator[Path]:
    """A folder for all that runs; it is gone in the end, unless somebody wants to read the logs."""
    folder = Path(tempfile.mkdtemp(prefix="signalbox-rehearsal-"))
    folder.chmod(0o711)  # PostgreSQL runs as somebody else and has to pass
    if keep:
        out.print(f"logs: {folder}")
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


async def play(steps: Steps[S], scene: S, made: Report) -> None:
    """One step after the other; what fails ends it, since the next would tell nothing."""
    for name, action in steps:
        step = Step(name)
        made.steps.append(step)
        began = time.monotonic()
        try:
            await action(scene, step)
        except (DomainError, Unavailable, RPCError, RuntimeError) as error:
            step.result = "failed"
            step.saw(str(error).removeprefix(f"{Failed()} "))
        step.seconds = time.monotonic() - began
        colour = {"passed": "green", "failed": "red"}.get(step.result, "yellow")
        out.print(f"[{colour}]{step.result:9}[/{colour}] {step.seconds:6.1f} s  {name}")
        for seen in step.seen:
            out.print(f"{'':20}[dim]{plain(seen, 1500)}[/dim]", soft_wrap=True)
        if step.result == "failed":
            return


async def _interruptible(rehearsal: Coroutine[Any, Any, int]) -> int:
    """Ctrl-C and SIGTERM end the step at hand, and then everything that was started."""
    going = asyncio.create_task(rehearsal)
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, going.cancel)
    return await going
