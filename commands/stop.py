"""The stop button: what people suspend does not happen any more, anywhere, until somebody resumes it."""

from __future__ import annotations

import getpass
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Literal

import typer
from rich.table import Table

from commands.console import UserError, command, out, plain
from domain.actions import STATED_FACTS
from integrations.settings import Settings
from integrations.store import Stop, StopKind, Store, open_store
from workflows.registered import AGENTS, PROCESSES

Kind = Annotated[StopKind, typer.Argument(help="What it is.", show_choices=True)]
Name = Annotated[str, typer.Argument(help="Its name, such as invoice_reader, erp.post_bill or invoice.")]
By = Annotated[str | None, typer.Option(help="Who says so. You, by default.")]
Reason = Annotated[str, typer.Option(help="Why; it is on record and required.")]


@command
async def suspend(kind: Kind, name: Name, reason: Reason, by: By = None) -> int:
    """Stop an agent, an action or a process from the next attempt on, on every worker."""
    stop = _entry(kind, name, "stopped", reason, by)
    async with store() as opened:
        known = await opened.stops.suspend(stop)
    if known is not stop:
        out.print(f"It was suspended already: {plain(known, 600)}", soft_wrap=True)
        return 0
    out.print(plain(stop, 600), soft_wrap=True)
    out.print(f"What waits goes to people. `starter.py resume {kind} {plain(name)} --reason …` lets it go on.")
    return 0


@command
async def resume(kind: Kind, name: Name, reason: Reason, by: By = None) -> int:
    """Let a suspended agent, action or process go on."""
    stop = _entry(kind, name, "resumed", reason, by)
    async with store() as opened:
        ended = await opened.stops.resume(stop)
    if ended is None:
        raise UserError(f"The {kind} {name} is not suspended. `starter.py suspended` shows what is.")
    out.print(f"{plain(stop, 600)} Before that: {plain(ended, 600)}", soft_wrap=True)
    return 0


@command
async def suspended(
    everything: Annotated[bool, typer.Option("--all", help="The whole log, oldest first.")] = False,
) -> int:
    """Show what is suspended, by whom, since when and why."""
    async with store() as opened:
        entries = await (opened.stops.log() if everything else opened.stops.in_force())
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("kind", "name", "state", "by", "at (UTC)", "reason"):
        grid.add_column(column, no_wrap=column != "reason")
    for each in entries:
        said = plain(each.by, 60), f"{each.at:%Y-%m-%d %H:%M}", plain(each.reason, 300)
        grid.add_row(each.kind, plain(each.name), each.state, *said)
    out.print(grid if entries else "Nothing is suspended." if not everything else "Nothing was ever suspended.")
    return 0


@asynccontextmanager
async def store() -> AsyncGenerator[Store]:
    """The project's own database, as the settings name it."""
    url = Settings().store_url
    async with AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(open_store(url))
        except ValueError as error:
            raise UserError(f"SIGNALBOX_STORE: {error}") from None
        yield opened


def names(kind: StopKind) -> tuple[str, ...]:
    """Everything of a kind that can be stopped."""
    known: dict[StopKind, set[str]] = {
        "agent": {name for name, _ in AGENTS},
        "action": set(STATED_FACTS),
        "process": {process.policy for process in PROCESSES},
    }
    return tuple(sorted(known[kind]))


def _entry(kind: StopKind, name: str, state: Literal["stopped", "resumed"], reason: str, by: str | None) -> Stop:
    known = names(kind)
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(known)}."
        raise UserError(f"There is no {kind} {name}. {hint}")
    if not reason.strip():
        raise UserError("--reason is empty: say why, for whoever asks later.")
    person = by or getpass.getuser()
    return Stop(kind=kind, name=name, state=state, by=person[:200], at=datetime.now(UTC), reason=reason[:1000])
