"""When records begin and end, by the clocks that can be trusted: the server's and the workflow's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from governance.trail.families import PARTS, part_of
from governance.trail.group import Group, local
from governance.trail.history import History
from governance.trail.reading import number
from governance.trail.record import Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POINTS = frozenset({"signal", "cancel", "listing", "memo", "patch", "marker", "setting", "other"})
"""Kinds of records that are one event and take no time."""


@dataclass(frozen=True)
class Frame:
    """What all records of a history share."""

    history: History
    trace: str
    closed: datetime | None
    began: dict[int, datetime]
    """When each workflow task was started, by the event of its end."""

    @classmethod
    def of(cls, history: History, trace: str) -> Frame:
        """Read it from a history."""
        return cls(history, trace, _closed(history), _tasks(history))


def times(group: Group, frame: Frame, before: Record | None) -> tuple[datetime, datetime | None]:
    """From when to when; what is pending at the end of its run ends with it."""
    if group.kind == "local":
        return _local_times(group, frame, before)
    begun = group.first.at
    if group.kind in POINTS:
        return begun, begun
    over = any(part_of(event).status for event in group.events)
    return begun, max(begun, group.last.at if over else frame.closed or begun)


def _local_times(group: Group, frame: Frame, before: Record | None) -> tuple[datetime, datetime]:
    """By the workflow's clock: from the start of its task, or the end of the local activity before it."""
    task = number(group.all, "workflowTaskCompletedEventId") or 0
    until = _moment(group) or group.first.at
    since = frame.began.get(task, until)
    if before and before.kind == "local" and before.until:
        since = max(since, before.until)
    return min(since, until), until


def _moment(group: Group) -> datetime | None:
    told = local(group)
    seconds, nanos = number(told, "complete_time", "seconds"), number(told, "complete_time", "nanos")
    if seconds is None:
        return None
    try:
        return EPOCH + timedelta(seconds=seconds, microseconds=(nanos or 0) // 1000)
    except OverflowError:
        return None


def _tasks(history: History) -> dict[int, datetime]:
    started = {event.id: event.at for event in history.events if event.type == "WORKFLOW_TASK_STARTED"}
    ended = [event for event in history.events if event.type == "WORKFLOW_TASK_COMPLETED"]
    began = ((event.id, started.get(number(event.attributes, "startedEventId") or 0)) for event in ended)
    return {end: start for end, start in began if start}


def _closed(history: History) -> datetime | None:
    ends = (event for event in reversed(history.events) if (part := PARTS.get(event.type)) and part.kind == "run")
    last = next(ends, None)
    return last.at if last and part_of(last).status else None
