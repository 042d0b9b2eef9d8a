"""All that is on record of one approval, open or closed: its request, its notices and what it has come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar, cast

from temporalio.api.common.v1 import Payloads
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.service import RPCError

from commands.console import plain
from commands.desk import Desk
from commands.timeline import Line
from commands.waiting import NO_WORKER, ballot_of, described_approval
from domain.notice import Notice
from governance.approval import ApprovalRequest, Decision, Explained, Record
from governance.ballot import Ballot
from workflows.approval import Approval

T = TypeVar("T")
NOTIFY, EXPLAIN = "notify", "explain"


@dataclass(frozen=True)
class Dossier:
    """An approval as its history and, where it waits, its worker tell it."""

    id: str
    run_id: str
    status: WorkflowExecutionStatus
    started: datetime
    closed: datetime | None
    ballot: Ballot
    notices: tuple[Line, ...] = ()
    unheard: int | None = None
    """Signals that nobody has counted yet, where no worker answers; None where one does."""

    @property
    def open(self) -> bool:
        """Whether it waits."""
        return self.status == WorkflowExecutionStatus.RUNNING

    @property
    def state(self) -> str:
        """One word for it."""
        ended = self.status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
        return self.ballot.state if ended else self.status.name.lower()


async def dossier(desk: Desk, approval_id: str) -> Dossier:
    """Read an approval; a closed one needs no worker. Raise `UserError` where there is none of that id."""
    described = await described_approval(desk, approval_id)
    handle = desk.client.get_workflow_handle_for(Approval.run, approval_id, run_id=described.run_id)
    history = await _read(desk, handle)
    found = Dossier(
        id=approval_id,
        run_id=described.run_id,
        status=described.status or WorkflowExecutionStatus.RUNNING,
        started=described.start_time,
        closed=described.close_time,
        ballot=Ballot.on(history.request),
        notices=tuple(history.notices),
        unheard=history.signals,
    )
    if found.status == WorkflowExecutionStatus.COMPLETED:
        return replace(found, ballot=_settled(history, await handle.result()), unheard=None)
    return await counted(desk, found)


async def counted(desk: Desk, found: Dossier) -> Dossier:
    """The same with what its worker has counted by now, where one answers."""
    try:
        return replace(found, ballot=await ballot_of(desk, found.id, found.run_id), unheard=None)
    except WorkflowQueryFailedError:
        return found
    except RPCError as error:
        if error.status not in NO_WORKER:
            raise
        return found


@dataclass
class _History:
    """What the history of one run says."""

    request: ApprovalRequest
    notices: list[Line]
    explained: list[Explained]
    signals: int = 0


async def _read(desk: Desk, handle: WorkflowHandle[Approval, Decision]) -> _History:
    events = [event async for event in handle.fetch_history_events()]
    names = {event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name for event in events}
    given = events[0].workflow_execution_started_event_attributes.input
    read = _History(await _decoded(desk, given, ApprovalRequest), [], [])
    for event in events:
        scheduled, completed = (
            event.activity_task_scheduled_event_attributes,
            event.activity_task_completed_event_attributes,
        )
        if scheduled.activity_type.name == NOTIFY:
            at = event.event_time.ToDatetime(tzinfo=UTC)
            notice = await _decoded(desk, scheduled.input, Notice)
            read.notices.append(Line(("notice", event.event_id), at, _notice_as(notice)))
        elif names.get(completed.scheduled_event_id) == EXPLAIN:
            read.explained.append(await _decoded(desk, completed.result, Explained))
        read.signals += event.HasField("workflow_execution_signaled_event_attributes")
    return read


async def _decoded(desk: Desk, given: Payloads, kind: type[T]) -> T:
    [value] = await desk.client.data_converter.decode(given.payloads, [kind])
    return cast("T", value)


def _settled(history: _History, decision: Decision) -> Ballot:
    """The ballot that led to a decision, as far as its result and the history of its last run tell."""
    request, before = history.request, history.request.record
    by = next((each for each in reversed(decision.heard) if each.event_id == decision.event_id), None)
    record = Record(
        heard=decision.heard,
        unrecorded=decision.unrecorded,
        votes=decision.votes,
        handed=tuple(each.handed for each in decision.heard if each.counted and each.handed),
        explained=(*before.explained, *history.explained),
        climbed=before.climbed,
    )
    return Ballot(request=request, state=decision.state, settled_by=by, amended=decision.amended, record=record)


def _notice_as(notice: Notice) -> str:
    return f"[dim]{notice.kind}: the people of {plain(' + '.join(notice.roles), 200)} are told[/dim]"
