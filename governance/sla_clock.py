"""The clocks of a ticket: when its promises are nearly used up and when broken, in open time without pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from domain.errors import BadPolicy
from domain.support import Queue
from domain.ticket_terms import Promise
from domain.values import Frozen, Ratio
from governance.calendars import Calendar
from governance.people import Directory

ClockName = Literal["first_reply", "resolution"]


class Pause(Frozen):
    """A time in which we waited for the customer; `until` is None while we still do."""

    since: AwareDatetime
    until: AwareDatetime | None


class Clock(Frozen):
    """When one promise is nearly used up and when it is broken, in UTC; both None while the clock stands."""

    name: ClockName
    warn_at: AwareDatetime | None
    breach_at: AwareDatetime | None


class OpenTime(Calendar):
    """A calendar that counts open time to the second."""

    def after_open(self, start: datetime, length: timedelta) -> datetime:
        """When the place has been open that long since a moment, in UTC; closing time rather than the next opening."""
        start = start.astimezone(UTC)
        begin = next(max(start, opens) for opens, closes in self._hours(self.today(start)) if start < closes)
        return self._hours_on(begin, length)

    def open_between(self, start: datetime, end: datetime) -> timedelta:
        """How long the place is open between two moments; nothing where the end is not after the start."""
        start, end, total = start.astimezone(UTC), end.astimezone(UTC), timedelta(0)
        for opens, closes in self._hours(self.today(start)):
            if opens >= end:
                return total
            total += max(min(closes, end) - max(opens, start), timedelta(0))
        raise AssertionError  # opening hours have no end


def calendar_of(queue: Queue, directory: Directory) -> OpenTime:
    """The calendar that a queue's clocks run by: one of people.toml, or that of a role there; else `BadPolicy`."""
    calendar = directory.calendars.get(queue.calendar)
    if calendar is None and directory.role(queue.calendar) is None:
        known = ", ".join(directory.calendars)
        raise BadPolicy(
            f"The queue {queue.name} runs by the calendar {queue.calendar!r}, and people.toml has neither a calendar "
            f"nor a role of that name; calendars are {known}. Correct the queue, or add the calendar."
        )
    return OpenTime.model_validate(dict(calendar or directory.calendar_of(queue.calendar)))


def clocks(
    promise: Promise, calendar: OpenTime, since: datetime, *, warn_at: Ratio, pauses: Sequence[Pause] = ()
) -> tuple[Clock, Clock]:
    """Both clocks of a ticket that came in at a moment; the pauses must be in order and not overlap."""
    lengths: tuple[tuple[ClockName, timedelta], ...] = (
        ("first_reply", promise.first_reply),
        ("resolution", promise.resolution),
    )
    first, second = (
        Clock(
            name=name,
            warn_at=_reached(calendar, since, _part(length, warn_at), pauses),
            breach_at=_reached(calendar, since, length, pauses),
        )
        for name, length in lengths
    )
    return first, second


def _part(length: timedelta, share: Ratio) -> timedelta:
    """A share of a length, in whole seconds."""
    return timedelta(seconds=int(share * int(length.total_seconds())))


def _reached(calendar: OpenTime, since: datetime, length: timedelta, pauses: Sequence[Pause]) -> datetime | None:
    """When the clock has run that long; None where that cannot be said before a pause ends."""
    for start, end in _running(since, pauses):
        run = None if end is None else calendar.open_between(start, end)
        if run is None or length <= run:
            return calendar.after_open(start, length)
        length -= run
    return None


def _running(since: datetime, pauses: Sequence[Pause]) -> Iterator[tuple[datetime, datetime | None]]:
    """The stretches in which the clock runs; the last has no end unless the clock stands."""
    start: datetime = since
    for pause in pauses:
        if pause.since > start:
            yield start, pause.since
        if pause.until is None:
            return
        start = max(start, pause.until)
    yield start, None
