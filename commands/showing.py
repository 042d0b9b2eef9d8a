"""Printing an approval: the card, who may answer now, and everything on record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from commands.console import out, plain
from commands.desk import Desk
from commands.dossier import Dossier, dossier
from commands.moments import until
from commands.timeline import Line, ended_as, lines_of, mark_of
from governance.card import card
from governance.people import Directory, Mandate
from governance.rates import Rates
from integrations.policy_folder import PolicyFolder


async def print_dossier(desk: Desk, approval_id: str) -> int:
    """The card, who may answer now, and the record."""
    found = await dossier(desk, approval_id)
    out.print(f"[bold]{plain(found.id)}[/bold]  {found.state}  {desk.link(plain(found.id))}", soft_wrap=True)
    print_card(found)
    if found.open:
        await _print_who(desk, found)
    out.print("\n[bold]Record[/bold] (UTC)")
    for line in _record(found):
        out.print(f"  {line.at:%d %b %H:%M:%S}  {line.text}", soft_wrap=True)
    if not found.open:
        ended = ended_as(found.ballot) if found.state == found.ballot.state else _ended(found)
        out.print(f"  {found.closed or found.started:%d %b %H:%M:%S}  {ended}", soft_wrap=True)
    return 0


def _record(found: Dossier) -> list[Line]:
    """Everything in order of time; the notices of this run tell of its reminders and escalations."""
    known = len(found.ballot.request.record.climbed)
    told = {mark_of(rung) for rung in found.ballot.record.climbed[known:]}
    lines = [line for line in lines_of(found.ballot) if line.mark not in told]
    return sorted((*lines, *found.notices), key=lambda line: line.at)


def print_card(found: Dossier) -> None:
    """The card as the UI shows it, without its fence."""
    out.print(card(found.ballot).strip("`").removeprefix("text").rstrip(), markup=False, soft_wrap=True)
    if found.unheard is not None and found.open:
        out.print(f"[red]No worker answers[/red]: {found.unheard} answers that came are not in this yet.")


def _ended(found: Dossier) -> str:
    return f"[red]{found.state}[/red]: it ended without a decision, and nothing was allowed by it"


async def _print_who(desk: Desk, found: Dossier) -> None:
    """The people of the roles who may answer now, by people.toml as it is here."""
    folder, now = PolicyFolder(desk.settings.policies), datetime.now(UTC)
    directory, rates = await folder.directory(), await folder.rates()
    request = found.ballot.request
    out.print(f"\n[bold]Who may answer[/bold] until {until(request.subject.expires, now)}")
    if request.verdict.profile == "dev":
        out.print("  [yellow]anybody: the profile dev authenticates nobody; in production it would be[/yellow]")
    for line in _who(found, directory, rates, now):
        out.print(f"  {line}", soft_wrap=True)


def _who(found: Dossier, directory: Directory, rates: Rates, now: datetime) -> Iterator[str]:
    """For each role that is asked, the people who may fill it."""
    standing = found.ballot.standing(found.run_id).asked(now)
    voted = {vote.person for vote in found.ballot.record.votes}
    nobody = "[red]nobody[/red] of people.toml, for this amount and requester"
    for role in standing.roles:
        only = standing.model_copy(update={"roles": (role,)})
        may = {person.id: directory.mandates(person, only, rates) for person in directory.people}
        names = [_named(name, each, name in voted) for name, each in may.items() if not isinstance(each, str)]
        yield f"{plain(role, 60)}: {', '.join(names) or nobody}"


def _named(name: str, mandates: tuple[Mandate, ...], voted: bool) -> str:
    """`ines (in place of greta)`: by their own authority where they have it."""
    own = any(each.on_behalf_of is None for each in mandates)
    marks = [] if own else [f"in place of {each.on_behalf_of}" for each in mandates]
    marks += ["has answered"] if voted else []
    return plain(name, 60) + (f" ({plain(', '.join(marks), 200)})" if marks else "")
