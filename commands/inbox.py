"""The inbox: what waits, who is still needed for it, by when, where to look and what to type."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

import typer
from temporalio.client import WorkflowExecution

from commands.console import TYPED, UserError, command, out, plain
from commands.desk import Desk, open_desk
from commands.moments import until
from commands.waiting import MANY, WAITING, Pending, due_of, enclosed, pendings, quotable, roles_of, waiting
from domain.text import show
from governance.card import places
from governance.people import Directory, Person
from governance.rates import Rates
from integrations.policy_folder import PolicyFolder
from workflows import attributes

Query = Annotated[
    str | None, typer.Option(help='Only these: a query of Temporal, such as Amount < 500 AND ApproverRole="ap".')
]


@command
async def inbox(
    role: Annotated[str | None, typer.Option(help="Only what this role decides.")] = None,
    query: Query = None,
    mine: Annotated[str | None, typer.Option(help="Only what this person of people.toml may answer now.")] = None,
) -> int:
    """List the decisions that wait, soonest deadline first."""
    desk = await open_desk()
    wanted = f' AND ApproverRole="{quotable(role)}"' if role else ""
    wanted += f" AND {enclosed(query)}" if query else ""
    if mine:
        return await _print_mine(desk, wanted, mine)
    found, more = await waiting(desk, wanted)
    await print_waiting(desk, found)
    _print_more(more)
    view = f"{desk.ui}/namespaces/{desk.client.namespace}/workflows?query={quote(WAITING + wanted)}"
    out.print(f"The same list in the UI: {view}", soft_wrap=True)
    return 0


async def print_waiting(desk: Desk, waiting: Collection[WorkflowExecution]) -> None:
    """Each decision that waits, soonest deadline first: what is asked, of whom, by when, and what to type."""
    now, known = datetime.now(UTC), await pendings(desk, waiting)
    for each in sorted(waiting, key=lambda one: str(due_of(one))):
        _print_one(desk, each, known.get(each.id), now)
    if not waiting:
        out.print("Nothing waits.")


def needed(found: WorkflowExecution, known: Pending | None, now: datetime) -> str:
    """Who is still needed; the roles asked where no worker says."""
    if known is None:
        return f"{' + '.join(plain(role, 40) for role in roles_of(found))} (no worker says who is still needed)"
    review = known.request.review
    return plain(f"{places(known.ballot.missing(now))}, at least {review.assurance}")


def _print_one(desk: Desk, found: WorkflowExecution, known: Pending | None, now: datetime) -> None:
    due = due_of(found)
    question = known.request.question if known else found.typed_search_attributes.get(attributes.SUBJECT) or ""
    out.print(f"[bold]{plain(question, 300)}[/bold]", soft_wrap=True)
    out.print(f"  {needed(found, known, now)}; until {until(due, now) if due else 'nobody knows when'}", soft_wrap=True)
    out.print(f"  {desk.link(plain(found.id))}", soft_wrap=True, style="dim")
    out.print(f"  {TYPED} approve {plain(found.id)}\n", soft_wrap=True)


def _print_more(more: int) -> None:
    if more:
        out.print(f"{more:,} more wait than the {MANY} that were read; narrow it with --role or --query.")


async def _print_mine(desk: Desk, wanted: str, name: str) -> int:
    """What one person may answer, and of what their roles are asked the rest with the reason why not."""
    folder = PolicyFolder(desk.settings.policies)
    directory, rates, now = await folder.directory(), await folder.rates(), datetime.now(UTC)
    person = directory.known_as(name)
    if person is None:
        raise UserError(f"{desk.settings.policies / 'people.toml'} knows nobody as {show(name, 80)}.")
    held = held_roles(directory, person, now)
    handed = {role for giver in directory.people if person.id in giver.delegates for role in giver.roles}
    either = " OR ".join(f'ApproverRole="{quotable(role)}"' for role in sorted(held | handed))
    found, more = await waiting(desk, f"{wanted} AND ({either})") if either else ([], 0)
    known, kept = await pendings(desk, found), 0
    for each in found:
        one = known.get(each.id)
        of_theirs = not held.isdisjoint(roles_of(each))
        why_not = may_not(one, person, directory, rates) if one else "no worker says what it asks"
        if why_not is None:
            _print_one(desk, each, one, now)
            kept += 1
        elif of_theirs:
            out.print(f"[dim]Not {plain(person.id)}'s: {plain(each.id)}: {plain(why_not, 300)}[/dim]", soft_wrap=True)
    out.print(f"{kept} wait for {plain(person.name)} ({plain(person.id)}).")
    _print_more(more)
    return 0


def held_roles(directory: Directory, person: Person, now: datetime) -> frozenset[str]:
    """The roles a person may fill: their own and those that are lent to them now."""
    lent = {role.id for role in directory.roles if any(d.taker == person.id for d in directory.in_force(role.id, now))}
    return frozenset({*person.roles, *lent})


def may_not(asked: Pending, person: Person, directory: Directory, rates: Rates) -> str | None:
    """Why a person may not answer this now; None where they may."""
    if any(vote.person == person.id for vote in asked.ballot.record.votes):
        return "it has this person's vote already"
    standing = asked.ballot.standing(asked.run_id).asked(datetime.now(UTC))
    mandates = directory.mandates(person, standing, rates)
    return mandates if isinstance(mandates, str) else None
