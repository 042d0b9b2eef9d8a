"""What happened in a case, drawn up from its history: as a tree, as records for programs, or as a page to keep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from commands.cases import one_case
from commands.console import UserError, command, err, out, plain
from commands.desk import open_desk
from commands.journaled import Drawn, drawn
from governance.trail.assembly import Branch, assembled, tree
from governance.trail.conventions import markdown
from governance.trail.figures import clock, evidence, several_days, spent, took
from governance.trail.history import History
from governance.trail.page import page
from governance.trail.record import Record
from governance.trail.wording import label, phrases, visible
from integrations.settings import Settings
from integrations.temporal.histories import Histories, read_file

COLOURS = {"error": "red", "unknown": "bold red", "open": "yellow", "ok": "bold"}


@command
async def trail(  # noqa: PLR0913 - an option each
    case: Annotated[
        str | None, typer.Argument(help="A case id or the beginning of one, or the id of an approval.")
    ] = None,
    *,
    file: Annotated[
        list[Path] | None,
        typer.Option(help="A history exported by `temporal workflow show --output json`; several make one trail."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page that needs nothing else, to read or to print.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records.")] = False,
    routine: Annotated[bool, typer.Option("--all", help="Show workflow tasks and search attributes too.")] = False,
    attributes: Annotated[bool, typer.Option("--attributes", help="Print the names that records use.")] = False,
) -> int:
    """Show what happened in a case: when, by whom, why, what it cost, and which events prove it."""
    if attributes:
        typer.echo(markdown(), nl=False)
        return 0
    if (case is None) == (not file):
        raise UserError("Name a case, or files with --file, not both. `starter.py list` shows the cases.")
    if file:
        histories = tuple(read_file(each) for each in file)
        found = Drawn(assembled(histories), None)
    else:
        histories = await _histories(case or "")
        found = await drawn(Settings(), histories)
    records, lacking = found.records, missing_in(histories)
    if found.lack:
        err.print(escape(found.lack), soft_wrap=True)
    if as_json:
        typer.echo(json.dumps([record.model_dump(mode="json") for record in records], indent=1))
    elif html:
        _write(html, page(records, missing=(*lacking, *filter(None, [found.lack]))))
    else:
        _print(records, histories, routine=routine)
    return 1 if lacking else 0


async def _histories(case: str) -> tuple[History, ...]:
    desk = await open_desk()
    found = case if case.startswith("approval.") else (await one_case(desk, case)).id
    return await Histories(desk.client).case(found)


def _print(records: Sequence[Record], histories: Sequence[History], *, routine: bool) -> None:
    first = records[0]
    out.print(f"[bold]{plain(first.case)}[/bold]  {first.at:%d %b %Y} UTC  trace {first.trace}", soft_wrap=True)
    events = sum(len(history.events) for history in histories)
    out.print(f"{len(histories)} runs, {events} events, {len(records)} records; {escape(spent(records))}")
    for lack in missing_in(histories):
        out.print(f"[red]{plain(lack, 300)}[/red]")
    for branch in visible(tree(records), routine=routine):
        _print_branch(branch, ("", ""), routine=routine, dated=several_days(records))


def _print_branch(branch: Branch, lines: tuple[str, str], *, routine: bool, dated: bool) -> None:
    """A record a line, those within it beneath it; `lines` are drawn to its left, and to the left of those."""
    record = branch.record
    said = "".join(f"  {escape(phrase)}" for phrase in phrases(record))
    colour = COLOURS[record.status]
    proof = f"  [dim]{evidence(record)}[/dim]"
    when = f"{clock(record, dated=dated)} {took(record):>9}"
    name = f"[{colour}]{escape(label(record))}[/{colour}]"
    out.print(f"[dim]{when}[/dim]  {lines[0]}{name}{said}{proof}", soft_wrap=True)
    branches = visible(branch.below, routine=routine)
    for each in branches:
        own, further = ("└ ", "  ") if each is branches[-1] else ("├ ", "│ ")
        _print_branch(each, (lines[1] + own, lines[1] + further), routine=routine, dated=dated)


def missing_in(histories: Sequence[History]) -> tuple[str, ...]:
    """Which events are not there, run by run."""
    return tuple(
        f"The history of {history.workflow_id}, run {history.run_id}, lacks events "
        f"{', '.join(f'{one} to {other}' for one, other in history.gaps[:5])}: this trail is not complete."
        for history in histories
        if history.gaps
    )


def _write(target: Path, content: str) -> None:
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise UserError(f"{target} is there already; name another with --html.") from None
    out.print(f"{plain(target)}: open it in any browser; it loads nothing and runs nothing.")
