"""Reading and testing the rules, before they decide anything."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table as Grid

from commands.console import UserError, command, out, plain
from commands.tables import examples_of, names, read_table
from domain.actions import STATED_FACTS
from governance.cells import FactType, FactValue
from governance.policy import Facts, Table
from governance.policy_check import check
from governance.policy_text import COLUMNS, explanation, markdown, rows_of
from governance.rates import Rates
from governance.stated import state
from integrations.policy_folder import RATES, PolicyFolder
from integrations.settings import Settings

app = typer.Typer(help="Read, check and test the policy tables.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(help="A table by name, such as invoice, or a file.")]


@app.command(name="show")
@command
async def show_table(
    which: Which = "invoice", as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False
) -> int:
    """Print a table as a table."""
    table = await read_table(which)
    if as_markdown:
        typer.echo(markdown(table))
        return 0
    out.print(f"[bold]{table.policy} {table.version}[/bold]  amounts in {table.currency}, first matching row decides")
    grid = Grid(show_lines=True, header_style="bold")
    for column in COLUMNS:
        grid.add_column(column, overflow="fold")
    for row in rows_of(table):
        grid.add_row(*(plain(cell, 600) for cell in row))
    out.print(grid)
    return 0


@app.command(name="check")
@command
async def check_tables(
    which: Annotated[list[str] | None, typer.Argument(help="Tables; all by default.")] = None,
) -> int:
    """Try every case a table can tell apart: rows that nothing reaches, rows that cannot be decided, and gaps."""
    sound = True
    for name in which or names():
        table = await read_table(name)
        try:
            report = check(table, STATED_FACTS)
        except ValueError as error:
            raise UserError(f"{name}: {error}") from None
        sound &= report.sound
        out.print(f"[bold]{plain(name)}[/bold]: {len(table.rows)} rows, {report.cases} cases tried")
        for row in report.unreachable:
            out.print(f"  [red]row {plain(row)} is never reached: the rows above it take all that it matches[/red]")
        for row in report.undecided:
            out.print(f"  [red]{plain(row)}[/red]")
        for action, count in report.gaps.items():
            out.print(f"  {plain(action)}: {count} cases match no row, so they are denied, such as")
            out.print(
                "".join(
                    f"    {plain(each)}\n"
                    for each in report.examples
                    if each.partition(", ")[0] == f"action = {action}"
                ),
                end="",
            )
    return 0 if sound else 1


@app.command()
@command
async def explain(
    which: Which, facts: Annotated[list[str], typer.Argument(help="Facts as name=value; sets with commas.")]
) -> int:
    """Say which row decides on these facts, and why no row above it does."""
    table = await read_table(which)
    for line in explanation(table, state(table, _facts(table, facts), await _rates(), datetime.now(UTC).date())):
        out.print(plain(line, 400))
    return 0


@app.command(name="test")
@command
async def run_examples(
    which: Annotated[list[str] | None, typer.Argument(help="Tables; all by default.")] = None,
) -> int:
    """Judge the examples that stand beside each table, and compare with what they expect."""
    wrong = 0
    for name in which or [name for name in names() if examples_of(name).is_file()]:
        table, examples = await read_table(name), _examples(examples_of(name))
        failures = [line for example in examples if (line := _failure(table, example))]
        wrong += len(failures)
        out.print(
            f"[bold]{plain(name)}[/bold]: {len(examples) - len(failures)} of {len(examples)} examples as expected"
        )
        for line in failures:
            out.print(f"  [red]{plain(line, 400)}[/red]")
    return 1 if wrong else 0


async def _rates() -> Rates | None:
    """The rates in force; without a file, amounts in other currencies cannot be compared."""
    folder = Settings().policies
    return await PolicyFolder(folder).rates() if (folder / RATES).is_file() else None


def _failure(table: Table, example: Mapping[str, object]) -> str | None:
    expected = {key: example.get(key) for key in ("row", "then")}
    given = {key: value for key, value in example.items() if key not in ("row", "then", "name")}
    stated = {key: _value(table, key, value) for key, value in given.items()}
    decided = state(table, stated, None, datetime.now(UTC).date()).decided_by(table)
    got = {"row": decided.row.id if decided.row else None, "then": decided.then}
    differs = [
        f"{key} is {got[key]}, expected {value}" for key, value in expected.items() if value not in (None, got[key])
    ]
    if not any(expected.values()):
        differs = ["it expects neither row nor then"]
    return f"{example.get('name', 'an example')}: {'; '.join(differs)}" if differs else None


def _facts(table: Table, said: list[str]) -> Facts:
    pairs = [each.partition("=") for each in said]
    if bare := [name for name, equals, _ in pairs if not equals]:
        raise UserError(f"{bare[0]} is no fact; write name=value, such as amount=1200.")
    return {name: _value(table, name, value) for name, _, value in pairs}


def _value(table: Table, name: str, value: object) -> FactValue:
    if name == "currency":
        return str(value)
    kind = table.facts.get(name)
    if kind is None:
        raise UserError(f"{name} is no fact of {table.policy}; it has {', '.join(table.facts)} and currency.")
    try:
        return _typed(kind, value)
    except ValueError as error:
        raise UserError(f"{name}: {error}") from None


def _typed(kind: FactType, value: object) -> FactValue:
    if kind.kind == "flag":
        return str(value).lower() in ("true", "yes", "1")
    if kind.kind in ("money", "ratio"):
        try:
            return Decimal(str(value))
        except ArithmeticError:
            raise ValueError(f"{value} is not a number") from None
    listed = cast("list[object]", value) if isinstance(value, list) else str(value).split(",")
    said = tuple(str(each).strip() for each in listed if str(each).strip() not in ("", "none"))
    if unknown := sorted(set(said) - set(kind.names)):
        raise ValueError(f"{unknown[0]} is not one of {', '.join(kind.names)}")
    if kind.kind == "choice":
        return said[0] if said else None
    return said


def _examples(file: Path) -> list[dict[str, object]]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"), parse_float=str).get("example", [])
    except FileNotFoundError:
        raise UserError(f"{file} is not there: write examples into it, such as those in policies/.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be used: {error}") from None
