"""Which build takes new cases: what each version still has open, letting another one take over, and going back."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from integrations.temporal.deployments import Deployment, Rollout, Version
from workflows.registered import NAMES

app = typer.Typer(
    help="Versions of the workers: which builds there are, and which of them takes new cases.", no_args_is_help=True
)
WHOLE = 100
Build = Annotated[str, typer.Argument(help="The build, as `rollout status` names it.")]


@app.command()
@command
async def status() -> int:
    """Show the versions of the workers, what is open on each, and whether somebody goes on with it."""
    rollout = await _deployment(await open_desk()).rollout()
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("build", "state", "workers", "open cases", "open approvals"):
        grid.add_column(column, no_wrap=True)
    for each in rollout.versions:
        counts = str(each.workers), str(each.cases), str(each.approvals)
        grid.add_row(plain(each.build), _state(each, rollout), *counts)
    out.print(grid)
    wrong = _wrong(rollout)
    for sentence in wrong:
        out.print(f"[yellow]![/yellow] {plain(sentence, 600)}", soft_wrap=True)
    return 1 if wrong else 0


@app.command()
@command
async def promote(
    build: Build,
    percent: Annotated[
        float, typer.Option(min=0, max=WHOLE, help="Only so much of the new cases; all of them by default.")
    ] = WHOLE,
) -> int:
    """Let a build take new cases; open ones that are not pinned go on with it at their next step."""
    deployment = _deployment(await open_desk())
    version = _known(await deployment.rollout(), build)
    if percent < WHOLE:
        if not percent:
            raise UserError("--percent 0 promotes nothing; `starter.py rollout rollback` ends a ramp.")
        await deployment.ramp(version.build, percent)
        out.print(f"{percent:g} % of new cases start on {plain(build)}; `starter.py rollout rollback` takes it back.")
        return 0
    await deployment.make_current(version.build)
    out.print(f"New cases start on {plain(build)}. What is pinned to an earlier build stays there until it ends:")
    out.print("keep its workers until `starter.py rollout status` says that it is drained.")
    return 0


@app.command()
@command
async def rollback(
    build: Annotated[str | None, typer.Argument(help="The build to go back to; the one before by default.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also where open cases have gone through patches it does not know.")
    ] = False,
) -> int:
    """Go back to the build before, or end a ramp; cases that are pinned to the newer one stay there."""
    deployment = _deployment(await open_desk())
    rollout = await deployment.rollout()
    leaving = rollout.ramping or rollout.current
    if rollout.ramping and build is None:
        target = rollout.current
    else:
        back = _known(rollout, build) if build else rollout.before
        if back is None:
            raise UserError("No other build has taken new cases before; name the one to go back to.")
        target = back.build
    if leaving and target and not force:
        await _refuse_unknown_patches(deployment, leaving, target)
    if rollout.ramping:
        await deployment.ramp("", 0)
    if target and target != rollout.current:
        await deployment.make_current(target)
    out.print(f"New cases start on {plain(target or 'workers without a version')}; open ones go on with it, unless")
    out.print(f"they are pinned to {plain(leaving or 'another build')}: keep its workers until those have ended.")
    return 0


def _deployment(desk: Desk) -> Deployment:
    name = desk.settings.deployment
    if name is None:
        raise UserError(
            "SIGNALBOX_DEPLOYMENT is not set, so workers have no versions: set it for workers and commands alike, "
            "such as SIGNALBOX_DEPLOYMENT=signalbox."
        )
    return Deployment(desk.client, name, desk.queue, NAMES)


def _known(rollout: Rollout, build: str) -> Version:
    version = rollout.version(build)
    if version is None:
        known = ", ".join(each.build for each in rollout.versions)
        raise UserError(f"There is no build {plain(build)}: {plain(known, 600)} have polled so far.")
    return version


async def _refuse_unknown_patches(deployment: Deployment, leaving: str, target: str) -> None:
    """A case that has gone through a patch cannot go on with code that lacks it."""
    gone_through = await deployment.patches(leaving, running=True)
    if not gone_through:
        return
    known = await deployment.patches(target, running=False)
    unknown = {patch: number for patch, number in gone_through.items() if patch not in known}
    if unknown:
        named = ", ".join(f"{plain(patch)} ({number})" for patch, number in sorted(unknown.items()))
        raise UserError(
            f"Open cases have gone through patches on {plain(leaving)} that no case on {plain(target)} has: {named}. "
            "If that build lacks them, those cases stand still there. Let them end first, or say --force."
        )


def _state(version: Version, rollout: Rollout) -> str:
    return f"ramping {rollout.percent:g} %" if version.build == rollout.ramping else version.state


def _wrong(rollout: Rollout) -> list[str]:
    said = [
        f"Nobody goes on with what is open on {each.build}: no worker of that build polls. Start one until they end."
        for each in rollout.versions
        if each.is_stranded
    ]
    if rollout.current is None:
        said.append("No build is current, so only workers without a version take new cases: promote one.")
    return said
