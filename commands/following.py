"""Things that are looked at again and again: what is new about them is printed once."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable
from datetime import UTC, datetime

from temporalio.client import WorkflowExecution, WorkflowExecutionStatus

from commands.console import out, plain
from commands.desk import Desk
from commands.dossier import Dossier, counted, dossier
from commands.moments import until
from commands.outcomes import outcome_of, told
from commands.timeline import Line, ended_as, lines_of
from commands.waiting import MANY, described_approval, quotable, waiting
from workflows import attributes


class Printed:
    """Prints a line once, however often it is seen."""

    def __init__(self) -> None:
        self._marks: set[Hashable] = set()

    def lines(self, lines: Iterable[Line], about: str = "") -> None:
        """Print what has not been printed yet about this."""
        for line in lines:
            if (mark := (about, line.mark)) not in self._marks:
                self._marks.add(mark)
                self.say(line.at, f"[dim]{plain(about)}[/dim]  {line.text}" if about else line.text)

    def say(self, at: datetime, text: str) -> None:
        """Print when and what."""
        out.print(f"{at:%d %b %H:%M:%S}  {text}", soft_wrap=True)


class FollowedApproval:
    """One approval, until it has ended."""

    def __init__(self, desk: Desk, approval_id: str, printed: Printed, *, named: bool = False) -> None:
        self._desk, self._id, self._printed = desk, approval_id, printed
        self._about = approval_id if named else ""
        self._found: Dossier | None = None
        self._events = 0

    async def look(self) -> bool:
        """Print what is new about it; whether it has ended."""
        described = await described_approval(self._desk, self._id)
        known = self._found
        if known and (known.run_id, known.status) == (described.run_id, described.status):
            if described.history_length == self._events:
                return False
            found = await counted(self._desk, known)
        else:
            found = await dossier(self._desk, self._id)
        self._printed.lines((_asks(found), *lines_of(found.ballot), *_state(found)), self._about)
        self._found, self._events = found, described.history_length
        return not found.open


class FollowedInbox:
    """Every approval that waits, from when it is seen to its end."""

    def __init__(self, desk: Desk, printed: Printed) -> None:
        self._desk, self._printed = desk, printed
        self._followed: dict[str, FollowedApproval] = {}

    async def look(self) -> bool:
        """Print what is new anywhere; an inbox has no end."""
        for each in (await waiting(self._desk))[0]:
            new = FollowedApproval(self._desk, each.id, self._printed, named=True)
            self._followed.setdefault(each.id, new)
        await look_at_all(self._followed)
        return False


class FollowedCase:
    """One run of a case, with all the approvals that it asks for."""

    def __init__(self, desk: Desk, case: WorkflowExecution, printed: Printed) -> None:
        self._desk, self._printed, self._case = desk, printed, case
        self._followed: dict[str, FollowedApproval] = {}
        self._known: set[str] = set()
        self._stood = ""

    async def look(self) -> bool:
        """Print what is new of its approvals, then where it stands."""
        handle = self._desk.client.get_workflow_handle(self._case.id, run_id=self._case.run_id)
        described = await handle.describe()
        query = f'WorkflowType="Approval" AND ParentWorkflowId="{quotable(self._case.id)}"'
        async for each in self._desk.client.list_workflows(query, limit=MANY):
            if each.parent_run_id == self._case.run_id and each.id not in self._known:
                self._known.add(each.id)
                self._followed[each.id] = FollowedApproval(self._desk, each.id, self._printed, named=True)
        await look_at_all(self._followed)
        running = described.status == WorkflowExecutionStatus.RUNNING
        stands = _stands(described) if running else await self._end(described.status)
        if stands != self._stood:
            self._printed.say(described.close_time or datetime.now(UTC), stands)
            self._stood = stands
        return not running

    async def _end(self, status: WorkflowExecutionStatus | None) -> str:
        if status != WorkflowExecutionStatus.COMPLETED:
            return f"[red]{status.name.lower() if status else 'ended'}[/red] without an outcome"
        state, said = told(await outcome_of(self._desk, self._case))
        return f"[bold]{state}[/bold]: {plain(said, 600)}"


async def look_at_all(followed: dict[str, FollowedApproval]) -> None:
    """Look at each and let go of those that have ended."""
    ended = await asyncio.gather(*(each.look() for each in followed.values()))
    for name, over in zip(tuple(followed), ended, strict=True):
        if over:
            del followed[name]


def _asks(found: Dossier) -> Line:
    request = found.ballot.request
    due = f", until {until(request.subject.expires, datetime.now(UTC))}" if found.open else ""
    text = f"asks {plain(request.needed, 200)}{due}: [bold]{plain(request.question, 300)}[/bold]"
    return Line(("asks", request.digest), found.started, text)


def _state(found: Dossier) -> Iterable[Line]:
    """That it has ended and how, or that no worker says what it has come to."""
    now = datetime.now(UTC)
    if not found.open:
        undecided = f"[red]{found.state}[/red] without a decision"
        text = ended_as(found.ballot) if found.state == found.ballot.state else undecided
        yield Line(("ended", found.run_id), found.closed or now, text)
    elif found.unheard is not None:
        yield Line(("unheard", found.run_id), now, "[red]no worker answers[/red]: what came is not counted yet")


def _stands(found: WorkflowExecution) -> str:
    said = found.typed_search_attributes
    state, owner, subject = (
        said.get(attributes.CASE_STATE),
        said.get(attributes.OWNER_ROLE),
        said.get(attributes.SUBJECT),
    )
    stands = f"[bold]{plain(state or 'running')}[/bold]" + (f", with {plain(owner)}" if owner else "")
    return f"{stands}: {plain(subject, 300)}" if subject else stands
