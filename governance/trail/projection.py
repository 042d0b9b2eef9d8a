"""From a history to records: each event becomes part of exactly one, whatever its type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from governance.trail import conventions as c
from governance.trail.agents import with_agents
from governance.trail.details import details
from governance.trail.families import family_of, part_of
from governance.trail.group import Group, activity_id, name_of
from governance.trail.history import Event, History
from governance.trail.identity import record_id, trace_id
from governance.trail.reading import text
from governance.trail.record import Record, Status
from governance.trail.times import Frame, times


def project(history: History, trace: str | None = None) -> tuple[Record, ...]:
    """The records of one run, in the order in which they began.

    `trace` is the case's where another workflow started this one; by default the one that the history itself tells.
    """
    frame = Frame.of(history, trace or trace_of(history))
    groups = _groups(history)
    reapplied = _reapplied(history)
    records: list[Record] = []
    taken: set[str] = set()
    for group in groups:
        record = _record(group, frame, records[-1] if records else None, taken)
        taken.add(record.id)
        again = {c.REAPPLIED: True} if group.first.id in reapplied else {}
        records.append(record.model_copy(update={"attributes": record.attributes | again}) if again else record)
    return with_agents(tuple(records), closed=frame.closed is not None)


def trace_of(history: History) -> str:
    """The trace of the case that a run belongs to: that of the workflow at the root, where another one started it."""
    root = text(history.started, "rootWorkflowExecution", "runId")
    if root and text(history.started, "parentWorkflowExecution", "runId"):
        case = text(history.started, "rootWorkflowExecution", "workflowId") or history.workflow_id
        return trace_id(history.namespace, case, root)
    return trace_id(history.namespace, history.workflow_id, history.first_run)


def _groups(history: History) -> list[Group]:
    """The events of each record, records in order of their first events."""
    found: dict[tuple[str, str], list[tuple[str, Event]]] = {}
    for run, event in history.by_run():
        found.setdefault(family_of(event), []).append((run, event))
    return [_group(history, owned) for owned in found.values()]


def _group(history: History, owned: Sequence[tuple[str, Event]]) -> Group:
    """A record belongs to the run of its last event; the run itself to this one, a child to where it was started."""
    events = tuple(event for _, event in owned)
    kind = part_of(events[0]).kind
    run = history.run_id if kind == "run" else owned[0][0] if kind == "child" else owned[-1][0]
    return Group(kind, run, events)


def _record(group: Group, frame: Frame, before: Record | None, taken: Iterable[str]) -> Record:
    at, until = times(group, frame, before)
    status = _status(group, frame)
    copied = {c.COPIED: True} if group.run != frame.history.run_id else {}
    unknown = {c.UNKNOWN: True} if status == "unknown" else {}
    return Record(
        id=_id(group, taken),
        trace=frame.trace,
        case=frame.history.workflow_id,
        run=group.run,
        kind=group.kind,
        name=name_of(group),
        at=at,
        until=until if status != "open" else None,
        status=status,
        parent=_parent(group, frame.history),
        events=tuple(event.id for event in group.events),
        attributes=details(group) | copied | unknown,
    )


def _id(group: Group, taken: Iterable[str]) -> str:
    """An activity's from the id its worker knows; from its event where that id is taken, as for everything else."""
    if group.kind == "run":
        return record_id(group.run, "run")
    known = activity_id(group)
    if known and (made := record_id(group.run, "activity", known)) not in taken:
        return made
    return record_id(group.run, "event", str(group.first.id))


def _parent(group: Group, history: History) -> str | None:
    """The run; for a run the child's record of the workflow that started it, or the first run of its chain."""
    if group.kind != "run":
        return record_id(group.run, "run")
    if history.first_run != history.run_id:
        return record_id(history.first_run, "run")
    parent = text(history.started, "parentWorkflowExecution", "runId")
    initiated = text(history.started, "parentInitiatedEventId")
    return record_id(parent, "event", initiated) if parent and initiated else None


def _status(group: Group, frame: Frame) -> Status:
    ends: list[Status] = [status for event in group.events if (status := part_of(event).status)]
    if not ends:
        if frame.closed is None:
            return "open"
        return "ok" if group.kind in ("timer", "task") else "unknown"
    if group.kind == "task" and _reset(group.last):
        return "ok"
    if ends[-1] == "unknown" and _never_ran(group):
        return "error"
    return ends[-1]


def _never_ran(group: Group) -> bool:
    """Whether an activity timed out in the queue, before any worker had it."""
    kind = text(group.last.attributes, "failure", "timeoutFailureInfo", "timeoutType") or ""
    return kind.endswith("SCHEDULE_TO_START") and not group.of("ACTIVITY_TASK_STARTED")


def _reset(event: Event) -> bool:
    return bool(text(event.attributes, "newRunId"))


def _reapplied(history: History) -> frozenset[int]:
    """Signals and updates that a reset sent again: they stand between it and the task that follows."""
    return frozenset(_between(history))


def _between(history: History) -> Iterator[int]:
    resetting = False
    for event in history.events:
        if event.type == "WORKFLOW_TASK_FAILED":
            resetting = _reset(event)
        elif event.type == "WORKFLOW_TASK_SCHEDULED":
            resetting = False
        elif resetting and event.type in ("WORKFLOW_EXECUTION_SIGNALED", "WORKFLOW_EXECUTION_UPDATE_ADMITTED"):
            yield event.id
