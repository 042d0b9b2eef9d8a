"""What happened to an approval, line by line, each with a mark by which it is told apart from all others."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime

from commands.console import plain
from governance.approval import Explained, Heard
from governance.ballot import Ballot
from governance.quorum import Vote
from governance.verdict import Rung

SAID = 600


@dataclass(frozen=True)
class Line:
    """One thing that happened, safe to print."""

    mark: Hashable
    at: datetime
    text: str


def lines_of(ballot: Ballot) -> tuple[Line, ...]:
    """Answers, what the agent explained, reminders and escalations, oldest first; a mark never changes its meaning."""
    return tuple(sorted(_lines(ballot), key=lambda line: line.at))


def _lines(ballot: Ballot) -> Iterator[Line]:
    record = ballot.record
    votes = {vote.event_id: vote for vote in record.votes}
    times = {heard.event_id: heard.at for heard in record.heard}
    for place, heard in enumerate(record.heard):
        vote = votes.get(heard.event_id) if heard.counted and heard.kind == "approve" else None
        yield Line(("heard", place, heard.event_id), heard.at, heard_as(heard, vote))
    for place, told in enumerate(record.explained):
        at = times.get(told.event_id, ballot.request.subject.expires)
        yield Line(("explained", place, told.event_id), at, explained_as(told))
    for rung in record.climbed:
        yield Line(mark_of(rung), rung.at, rung_as(rung))


def mark_of(rung: Rung) -> Hashable:
    """What tells a rung from all others."""
    return "rung", rung.at, rung.does


def heard_as(heard: Heard, vote: Vote | None = None) -> str:
    """`approve by anna (claimed) for finance: “checked”`, or the same with why it did not count."""
    said = f"{plain(heard.kind, 40)} by [bold]{plain(heard.person, 80)}[/bold] ({heard.assurance})"
    if vote:
        said += f" for {plain(' or '.join(_place(vote)), SAID)}"
    if heard.handed:
        said += f", who hands it to {plain(heard.handed.taker, 80)}"
    if heard.changes:
        said += f", changing {plain(json.dumps(heard.changes, ensure_ascii=False), SAID)}"
    if heard.text:
        said += f": “{plain(heard.text, SAID)}”"
    return said if heard.counted else f"[red]not counted[/red]: {said}: {plain(heard.why_not, SAID)}"


def explained_as(told: Explained) -> str:
    """What the agent answered, marked as its claim."""
    said = f"“{plain(told.answer, 2 * SAID)}”" if told.answer else f"no answer: {plain(told.why_not, SAID)}"
    return f"{plain(told.agent, 60)} ({plain(told.provider, 60)}), a claim: {said}"


def rung_as(rung: Rung) -> str:
    """A reminder, or a further role that is asked."""
    return f"[yellow]{plain(rung.role, 60)} is asked too[/yellow]" if rung.role else "[yellow]reminder[/yellow]"


def ended_as(ballot: Ballot) -> str:
    """`approved by anna (claimed)`, or that nobody answered."""
    by = ballot.settled_by
    if by is None:
        return "[bold yellow]expired[/bold yellow]: nobody decided in time"
    colour = {"approved": "green", "rejected": "magenta"}.get(ballot.state, "yellow")
    changed = {"approved": ", with changes", "amended": ": a new request asks about it as it is now"}
    more = changed.get(ballot.state, "") if ballot.amended else ""
    return f"[bold {colour}]{ballot.state}[/bold {colour}] by {plain(by.person, 80)} ({by.assurance}){more}"


def _place(vote: Vote) -> Iterator[str]:
    for each in vote.mandates:
        yield f"{each.role} in place of {each.on_behalf_of}" if each.on_behalf_of else each.role
