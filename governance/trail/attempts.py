"""Every try of an activity: a history keeps the last one alone, so the worker writes each into a journal beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import AwareDatetime, Field

from domain.values import Frozen
from governance.trail import conventions as c
from governance.trail.identity import record_id, trace_id
from governance.trail.reading import whole
from governance.trail.record import Record, Status
from governance.trail.values import kept

TOLD_BY_HISTORY: Mapping[str, Status] = {"completed": "ok", "failed": "error", "cancelled": "error"}
"""How the last attempt of an activity ended that ended so: a worker's word, which the server wrote down."""

UNKNOWN_SO_FAR = "unknown so far"
"""The outcome of an attempt without an end, once a later one has begun."""

Outcome = Literal["completed", "failed"]


class AttemptEnd(Frozen):
    """How an attempt ended, by the worker's clock; `error` is the type of what it failed with, never its words."""

    outcome: Outcome
    at: AwareDatetime
    error: str | None


class Attempt(Frozen):
    """One try of one activity, written down before it began; without an end nobody knows what became of it."""

    case: str = Field(description="the id of the workflow that scheduled it")
    run: str
    activity: str = Field(description="the activity's id in its run")
    number: int = Field(ge=1)
    name: str = Field(description="the type of the activity")
    worker: str
    begun: AwareDatetime
    end: AttemptEnd | None

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from every other: run, activity and number."""
        return self.run, self.activity, self.number


class Touched(Frozen):
    """A run in which something went on, and when that was written down last."""

    workflow_id: str
    run_id: str
    at: AwareDatetime


def with_attempts(records: Sequence[Record], attempts: Iterable[Attempt]) -> tuple[Record, ...]:
    """An assembled trail with a record for each attempt of the journal, beneath that of its activity.

    How the last attempt of a closed activity ended is what the history says, even if the journal says so later or
    never. Attempts of runs that are not in the trail stand beside it.
    """
    first = dict[tuple[str, str, int], Attempt]()
    for attempt in attempts:
        first.setdefault(attempt.key, attempt)
    newest = dict[str, int]()
    for attempt in first.values():
        parent = _activity(attempt)
        newest[parent] = max(attempt.number, newest.get(parent, 1))
    known = {record.id: record for record in records}
    made = [_record(attempt, known, records, newest[_activity(attempt)]) for attempt in first.values()]
    told = [_counted(record, newest) for record in records]
    return tuple(sorted((*told, *made), key=lambda record: record.at))


def _counted(record: Record, newest: Mapping[str, int]) -> Record:
    """While an activity goes on, its history does not say how often it was tried."""
    if record.status != "open" or record.id not in newest:
        return record
    return record.model_copy(update={"attributes": record.attributes | {c.ATTEMPTS: newest[record.id]}})


def _activity(attempt: Attempt) -> str:
    """The id of the activity's record, whether or not its history has come so far."""
    return record_id(attempt.run, "activity", attempt.activity)


def _record(attempt: Attempt, known: Mapping[str, Record], records: Sequence[Record], newest: int) -> Record:
    around = known.get(_activity(attempt)) or known.get(record_id(attempt.run, "run"))
    same = around or next((record for record in records if record.case == attempt.case), None)
    begun = max(attempt.begun, around.at) if around else attempt.begun
    end = _end(attempt, around, newest)
    said = {c.ATTEMPT: attempt.number, c.ATTEMPT_OUTCOME: end.outcome, c.ACTIVITY_ID: attempt.activity}
    more = {c.WORKER: whole(attempt.worker), c.ERROR_TYPE: end.error, c.UNKNOWN: end.status == "unknown" or None}
    return Record(
        id=record_id(attempt.run, "attempt", f"{attempt.activity}.{attempt.number}"),
        trace=same.trace if same else trace_id("default", attempt.case, attempt.run),
        case=attempt.case,
        run=attempt.run,
        kind="attempt",
        name=attempt.name,
        at=begun,
        until=max(begun, end.until) if end.until else None,
        status=end.status,
        parent=_activity(attempt),
        events=(),
        attributes=kept(said | more),
    )


class _End(NamedTuple):
    """How an attempt ended, as far as anybody knows."""

    status: Status
    outcome: str
    until: datetime | None
    error: str | None = None


def _end(attempt: Attempt, around: Record | None, newest: int) -> _End:
    """By the history or the journal; `around` is the attempt's activity, or the run where there is none yet."""
    over = around.until if around else None
    if around and over and (told := _last(attempt, around)):
        failed = str(around.attributes.get(c.ERROR_TYPE, "")) if told == "error" else ""
        return _End(told, str(around.attributes[c.ENDED]), over, failed or None)
    if end := attempt.end:
        last = around and not over and attempt.number == newest  # the history is still to say when it ended
        return _End("ok" if end.outcome == "completed" else "error", end.outcome, None if last else end.at, end.error)
    if over:
        return _End("unknown", "unknown", over)
    return _End("open", "open" if attempt.number == newest else UNKNOWN_SO_FAR, None)


def _last(attempt: Attempt, activity: Record) -> Status | None:
    """The status of the last attempt of an activity, where its history says how that ended."""
    if activity.kind != "activity" or activity.attributes.get(c.ATTEMPTS) != attempt.number:
        return None
    return TOLD_BY_HISTORY.get(str(activity.attributes.get(c.ENDED)))
