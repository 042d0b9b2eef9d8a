"""Trying a changed table on what was decided before, without deciding anything."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.table import Table as Grid

from commands.approvals import quotable
from commands.console import UserError, command, out, plain
from commands.desk import open_desk
from commands.tables import read_table
from governance.backtest import Backtest, Flip, Recorded, Ruling, backtest
from governance.policy import Table
from integrations.temporal.verdicts import HistoryVerdicts, Unknown

MANY = 1_000
EXAMPLES = 3
RECORDS = TypeAdapter(tuple[Recorded, ...])


@command
async def backtest_table(
    policy: Annotated[str, typer.Option(help="The table to try: a name, or a file such as new.toml.")],
    process: Annotated[str | None, typer.Option(help="Only cases of this process; by default the table's own.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many cases, the newest first.")] = MANY,
    facts: Annotated[
        Path | None, typer.Option(help="A file of verdicts that --save wrote, instead of the server's histories.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the verdicts that were read, for --facts.")] = None,
) -> int:
    """Judge all recorded facts again with another table: which decisions would flip, and the money at stake."""
    table = await read_table(policy)
    records, unknown = await _read(facts) if facts else await _recorded(process or table.policy, limit)
    if save:
        await asyncio.to_thread(save.write_bytes, RECORDS.dump_json(tuple(records), indent=1))
    told(table, backtest(table, records), unknown)
    return 0


async def _recorded(process: str, limit: int) -> tuple[list[Recorded], int]:
    """The verdicts on record, and how many are of a shape that is not today's."""
    desk = await open_desk()
    query = f'Process="{quotable(process)}" AND WorkflowType!="Approval"'
    found = [each async for each in HistoryVerdicts(desk.client).recorded(query, limit)]
    records = [each for each in found if isinstance(each, Recorded)]
    return records, sum(isinstance(each, Unknown) for each in found)


async def _read(file: Path) -> tuple[list[Recorded], int]:
    try:
        return list(RECORDS.validate_json(await asyncio.to_thread(file.read_bytes))), 0
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"{file}: {where}: {first['msg']}; write such a file with --save.") from None


def told(table: Table, found: Backtest, unknown: int) -> None:
    """Print what would flip, grouped, and what nobody can say."""
    out.print(
        f"[bold]{plain(table.policy)} {plain(table.version)}[/bold]: {found.judged} decisions judged again, "
        f"{len(found.flips)} would flip"
    )
    if found.flips:
        out.print(_grid(found.flips))
    for direction in ("looser", "stricter", "other people"):
        flips = [flip for flip in found.flips if flip.direction == direction]
        if flips:
            out.print(f"{direction}: {len(flips)} decisions, at stake {_at_stake(flips)}")
    for line, count in Counter(f"{each.action}: {each.why}" for each in found.unjudged).items():
        out.print(f"{count} cannot be judged: {plain(line, 300)}")
    if unknown:
        out.print(f"{unknown} verdicts were recorded in another shape and are left out.")


def _grid(flips: Iterable[Flip]) -> Grid:
    grid = Grid(header_style="bold")
    for column in ("action", "was", "would be", "decisions", "at stake", "such as"):
        grid.add_column(column, overflow="fold")
    for (action, before, after), group in _grouped(flips):
        cases = ", ".join(flip.case for flip in group[:EXAMPLES])
        grid.add_row(*map(plain, (action, _said(before), _said(after), len(group), _at_stake(group), cases)))
    return grid


def _grouped(flips: Iterable[Flip]) -> Iterator[tuple[tuple[str, Ruling, Ruling], list[Flip]]]:
    """The largest groups first."""
    groups: dict[tuple[str, Ruling, Ruling], list[Flip]] = defaultdict(list)
    for flip in flips:
        groups[flip.action, flip.before, flip.after].append(flip)
    yield from sorted(groups.items(), key=lambda group: -len(group[1]))


def _said(ruling: Ruling) -> str:
    who = f" by {ruling.people}" if ruling.people else ""
    return f"{ruling.then}{who} ({ruling.row or 'no row'})"


def _at_stake(flips: Iterable[Flip]) -> str:
    """The amounts of the actions, a currency each."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for flip in flips:
        if flip.amount is not None:
            sums[flip.currency or ""] += flip.amount
    return " and ".join(f"{amount:,.2f} {currency}".strip() for currency, amount in sorted(sums.items())) or "no amount"
