"""Reading and checking who may decide what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table as Grid

from commands.console import command, out, plain
from commands.tables import names, read_table
from governance.people import Directory, Person
from governance.people_check import Office, Unmet
from integrations.policy_folder import PolicyFolder
from integrations.settings import Settings

app = typer.Typer(help="Read and check who may decide what.", no_args_is_help=True)
NAMED = 6
"""Requesters that one finding names."""


@app.command(name="check")
@command
async def check_people(
    which: Annotated[list[str] | None, typer.Argument(help="Tables by name; all by default.")] = None,
) -> int:
    """Say which rows of the tables today's people cannot meet, whoever asks; exit code 1 where there are any."""
    folder = PolicyFolder(Settings().policies)
    office = Office(await folder.directory(), await folder.rates(), datetime.now(UTC))
    found = 0
    for name in which or names():
        table = await read_table(name)
        asking = sum(row.review is not None for row in table.rows)
        unmet = list(office.unmet(table))
        found += len(unmet)
        rows = len({each.row for each in unmet})
        out.print(f"[bold]{plain(table.policy)}[/bold]: {asking - rows} of {asking} rows that ask people can be met")
        for each in unmet:
            out.print(f"  [red]{plain(_said(each), 600)}[/red]")
    return 1 if found else 0


@app.command(name="show")
@command
async def show_people() -> int:
    """Print people.toml as tables: people, what is lent just now, and how each role works."""
    directory = await PolicyFolder(Settings().policies).directory()
    now = datetime.now(UTC)
    out.print(f"[bold]people {plain(directory.version)}[/bold]  sha256 {directory.file_digest[:12]}")
    _print(("id", "name", "roles", "limit", "proves by"), [_row_of(person) for person in directory.people])
    if directory.delegations:
        _print(("lends", "to", "roles", "from", "to the end of", "now"), _lent(directory, now))
    _print(("role", "people now", "mailbox", "works"), _roles(directory, now))
    return 0


def _said(unmet: Unmet) -> str:
    if not unmet.requesters:
        return f"row {unmet.row}: {unmet.why}"
    said = ", ".join(unmet.requesters[:NAMED]) + ", …" * (len(unmet.requesters) > NAMED)
    return f"row {unmet.row}: {unmet.why}, when the one who asked is {said}"


def _row_of(person: Person) -> tuple[str, ...]:
    proofs = (
        *person.principals,
        *(f"key {key.kid[:8]}" for key in person.keys),
        *(each.issuer for each in person.oidc),
    )
    return person.id, person.name, ", ".join(person.roles), str(person.limit or "unlimited"), ", ".join(proofs)


def _lent(directory: Directory, now: datetime) -> list[tuple[str, ...]]:
    return [
        (each.giver, each.taker, ", ".join(each.roles), str(each.since), str(each.until), "yes" if in_force else "no")
        for each in directory.delegations
        for in_force in [any(each in directory.in_force(role, now) for role in each.roles)]
    ]


def _roles(directory: Directory, now: datetime) -> list[tuple[str, ...]]:
    return [
        (
            role.id,
            ", ".join(person.id for person in directory.who(role.id, now)) or "nobody",
            role.mailbox or "",
            f"{role.calendar}: {directory.calendars[role.calendar]}",
        )
        for role in directory.roles
    ]


def _print(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    grid = Grid(header_style="bold")
    for column in head:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(plain(cell, 400) for cell in row))
    out.print(grid)
