"""Whether the trail of a case is complete: history, journal and ledger held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.console import UserError, command, out, plain
from commands.desk import Desk, open_desk
from commands.stop import store
from commands.verifying import Chains, Sources, examined, spool, spooled
from commands.verifying_files import opened
from domain.errors import Unavailable
from governance.reconciliation.reconcile import Reconciled
from governance.trail.figures import counted
from verifier.verify import exported

SHOWN = 900
COLOURS = {"unread": "yellow", "unknown": "yellow", "note": "dim"}
WORDS = {"unread": "not checked", "unknown": "outcome unknown", "note": "note", "ledger": "ledger"} | {
    each: each for each in ("missing", "extra", "altered")
}


@dataclass
class Total:
    """What was said so far."""

    cases: int = 0
    records: int = 0
    entries: int = 0
    damage: int = 0
    unknown: int = 0
    wrong: int = 0
    """Cases in which something is."""
    unread: int = 0
    """Cases of which not everything could be read."""

    def add(self, found: Reconciled) -> None:
        """Count a case."""
        self.cases += 1
        self.records += found.records
        self.entries += found.entries
        self.damage += len(found.damage)
        self.unknown += len(found.unknown)
        self.wrong += bool(found.damage)
        self.unread += bool(found.unread)


@command
async def verify(
    what: Annotated[
        str | None, typer.Argument(help="A case id or the beginning of one; or an evidence pack or exported ledger.")
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every case on the server and in the ledger.")] = False,
    alone: Annotated[
        bool, typer.Option("--offline", help="Without the server: ledger, journal and archived histories alone.")
    ] = False,
    checkpoints: Annotated[Path | None, typer.Option(help="A folder of statements that were kept elsewhere.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="The id of a key to trust, told by other means.")] = None,
) -> int:
    """Check that no record is missing, extra or altered; exit code 1 where one is, 2 where not all could be checked."""
    if (what is None) != every:
        raise UserError("Name a case or a file, or say --all, not both. `starter.py list` shows the cases.")
    elsewhere = exported(checkpoints) if checkpoints else []
    if file := _path(what):
        return await _file(file, key or (), elsewhere)
    return await _kept(what, (key or (), elsewhere), asking=not alone)


async def verify_all() -> int:
    """Every case, with a line for each; returns the exit code."""
    return await _kept(None, ((), []), asking=True)


def _path(what: str | None) -> Path | None:
    """The file or folder, where it is one."""
    return Path(what) if what and Path(what).exists() else None


async def _kept(what: str | None, trusted: tuple[Sequence[str], list[tuple[str, bytes]]], *, asking: bool) -> int:
    """One case or all, from where they are kept."""
    total, check = Total(), examined(*trusted)
    async with store() as ours:
        sources = Sources(ours, await _desk() if asking else None)
        if what:
            _say(await sources.case(await sources.named(what), check), total)
            return _sum(total)
        with spooled() as lines:
            now = datetime.now(UTC)
            await spool(ours, lines)
            chains = Chains(check(lines.all()), lines.cases)
            _ledger(chains, total)
            async for found in sources.every(lines, now):
                _say(found.with_ledger(chains.of(found.case)), total)
    return _sum(total)


async def _file(file: Path, key: Sequence[str], elsewhere: list[tuple[str, bytes]]) -> int:
    """A pack or an exported ledger: no server is asked, and no store is opened."""
    total, now = Total(), datetime.now(UTC)
    with opened(file, key, elsewhere) as content:
        _ledger(content.chains, total)
        for found in content.cases(now):
            _say(found, total)
    if not (total.cases or total.damage):
        raise UserError(f"{file} holds no case; give a pack of `starter.py evidence`, or a file of `ledger export`.")
    return _sum(total)


async def _desk() -> Desk:
    """The server; say what can be done without it."""
    try:
        return await open_desk()
    except Unavailable as error:
        raise UserError(
            f"{error} Or add --offline: ledger, journal and archived histories are compared alone."
        ) from None


def _ledger(chains: Chains, total: Total) -> None:
    """What is wrong with the ledger as a whole, or with cases that it no longer has."""
    for sentence in chains.rest:
        total.damage += 1
        out.print(f"[red]{plain(sentence, SHOWN)}[/red]", soft_wrap=True)
    for sentence in chains.report.notes:
        out.print(f"[dim]{plain(sentence, SHOWN)}[/dim]", soft_wrap=True)


def _say(found: Reconciled, total: Total) -> None:
    """A line for the case, and beneath it what was found, a sentence a line."""
    total.add(found)
    much = f"{counted(found.runs, 'run')}, {counted(found.records, 'record')}, {found.entries} ledger entries"
    out.print(f"{plain(found.case)}  {_verdict(found)}  [dim]{much}[/dim]", soft_wrap=True)
    for finding in found.findings:
        colour = COLOURS.get(finding.what, "red")
        out.print(f"  [{colour}]{WORDS[finding.what]}: {plain(finding.said, SHOWN)}[/{colour}]", soft_wrap=True)


def _verdict(found: Reconciled) -> str:
    if found.damage:
        return f"[red]{counted(len(found.damage), 'thing')} wrong[/red]"
    unknown = f", [yellow]{counted(len(found.unknown), 'outcome')} unknown[/yellow]" if found.unknown else ""
    return f"{'[yellow]not all checked[/yellow]' if found.unread else '[green]complete[/green]'}{unknown}"


def _sum(total: Total) -> int:
    """The last line; returns the exit code."""
    said = f"{counted(total.cases, 'case')}, {counted(total.records, 'record')}, {total.entries} ledger entries"
    unknown = f" {counted(total.unknown, 'outcome')} unknown, listed above." if total.unknown else ""
    if total.damage:
        wrong = f"{counted(total.damage, 'thing')} wrong, in {counted(total.wrong, 'case')}"
        unread = f" {counted(total.unread, 'case')} could not all be checked." if total.unread else ""
        out.print(f"[red]{said}: not complete; {wrong}.[/red]{unread}{unknown}", soft_wrap=True)
        return 1
    if total.unread:
        much = f"{counted(total.unread, 'case')} could not all be checked, listed above"
        out.print(
            f"[yellow]{said}: {much}; nothing else is missing, extra or altered.[/yellow]{unknown}", soft_wrap=True
        )
        return 2
    out.print(f"[green]{said}: complete; nothing is missing, extra or altered.[/green]{unknown}", soft_wrap=True)
    return 0
