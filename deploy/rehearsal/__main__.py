"""`make cluster-rehearsal`: build, start, trouble, check, report; nothing stays behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from temporalio.service import RPCError

from commands.console import fail, out, plain
from deploy.rehearsal import deciding, ending, restoring, rolling, secrecy, starting, trouble
from deploy.rehearsal.cases import Cases
from deploy.rehearsal.preparing import prepared
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.report import Report, Step
from deploy.rehearsal.scene import Scene
from deploy.rehearsal.toolchain import DEX_SOURCE, Missing, tools
from deploy.rehearsal.versions import before, programs_of
from domain.errors import DomainError, Unavailable

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "signalbox" / "cluster"
STEPS: tuple[tuple[str, Callable[[Scene, Step], Awaitable[None]]], ...] = (
    ("PostgreSQL and the schema job", starting.schema),
    ("people log in at dex", starting.logins),
    ("the Temporal server in five roles", starting.roles),
    ("the namespace job", starting.namespace),
    ("the collector", starting.collector),
    ("three workers of version A", starting.workers),
    ("a worker is killed", trouble.worker_dies),
    ("cases are handed in", deciding.hand_in),
    ("signals with wrong tokens", deciding.strangers),
    ("impostors with good tokens", deciding.impostors),
    ("a comment without the keyring", secrecy.comment_in_clear),
    ("an approval with a login", deciding.decide),
    ("an approval in the UI", deciding.decide_in_the_ui),
    ("history is killed", trouble.history_dies),
    ("matching is killed", trouble.matching_dies),
    ("the frontend restarts", trouble.frontend_restarts),
    ("PostgreSQL restarts", trouble.database_restarts),
    ("workers' tokens run out", trouble.tokens_run_out),
    ("the payloads' key is rotated", secrecy.rotate),
    ("workers roll from A to B", rolling.roll_forward),
    ("figures have arrived", ending.figures),
    ("and back from B to A", rolling.roll_back),
    ("refunds and ticket end", ending.refunds_and_ticket),
    ("no workflow task has failed", ending.no_task_failed),
    ("the list says the same", ending.lists_agree),
    ("nothing is there twice", ending.nothing_twice),
    ("the trail is complete", ending.verify),
    ("spans have arrived", ending.traces),
    ("the server's databases tell nothing", secrecy.nothing_told),
    ("a backup is taken", restoring.back_up),
    ("all is lost and restored", restoring.restore),
    ("restored cases go on", restoring.go_on),
    ("an older server and a newer ledger", restoring.older_server),
)
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def rehearse(
    report: Annotated[Path | None, typer.Option(help="Where the report is written, beside the terminal.")] = None,
    version_a: Annotated[str | None, typer.Option(help="The revision whose workers begin; B is this folder.")] = None,
    cache: Annotated[Path, typer.Option(help="Where built servers are kept.")] = CACHE,
    dex: Annotated[str, typer.Option(help="The git repository of dex, or a folder that has one.")] = DEX_SOURCE,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder with all logs where it is.")] = False,
) -> None:
    """Rehearse the cluster of deploy/ on this machine, without containers; exit code 1 where a step fails."""
    try:
        code = asyncio.run(_interruptible(report, version_a or before(), cache, dex, keep=keep))
    except (Missing, OSError) as error:
        code = fail(str(error).replace(f"{Missing()} ", ""))
    except asyncio.CancelledError:
        code = 130
    raise typer.Exit(code)


async def _interruptible(report: Path | None, version_a: str, cache: Path, dex: str, *, keep: bool) -> int:
    """Ctrl-C and SIGTERM end the step at hand, and then everything that was started."""
    going = asyncio.create_task(_rehearse(report, version_a, cache, dex, keep=keep))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, going.cancel)
    return await going


async def _rehearse(report: Path | None, version_a: str, cache: Path, dex: str, *, keep: bool) -> int:
    built = await tools(cache.expanduser().resolve(), dex, lambda said: out.print(f"[dim]{plain(said)}[/dim]"))
    for missing in built.without:
        out.print(f"[yellow]left out: {plain(missing, 600)}[/yellow]")
    made = Report(programs_of(built, version_a))
    async with AsyncExitStack() as ending_with:
        folder = Path(tempfile.mkdtemp(prefix="signalbox-rehearsal-"))
        folder.chmod(0o711)  # PostgreSQL runs as somebody else and has to pass
        if keep:
            out.print(f"logs: {folder}")
        else:
            ending_with.callback(shutil.rmtree, folder, ignore_errors=True)
        scene_ground = await ending_with.enter_async_context(prepared(folder, built, version_a))
        await _play(Scene(scene_ground, Cases(folder)), made)
    page = made.markdown(datetime.now(UTC))
    if report:
        report.write_text(page)
    sys.stdout.write("\n" + page)
    return 0 if made.passed else 1


async def _play(scene: Scene, made: Report) -> None:
    """One step after the other; what fails ends it, since the next would tell nothing."""
    for name, action in STEPS:
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


if __name__ == "__main__":
    try:
        app()
    except SystemExit as done:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(done.code if isinstance(done.code, int) else 1)  # the interpreter's exit can crash after a client
