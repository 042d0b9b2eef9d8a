"""Working time: how long a wait is, and when it is over for people who go home at night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from domain.values import Frozen

Unit = Literal["second", "minute", "hour", "day"]
SPAN = re.compile(r"([1-9][0-9]{0,8}) (business )?(second|minute|hour|day)s?")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = timedelta(days=1000)
SHORTEST_DAY = timedelta(hours=1)
"""Opening hours a day at the least, so that every wait ends within lifetimes."""


class Span(Frozen):
    """How long to wait: `48 hours`, or `2 business days` of the calendar of whoever is asked."""

    count: Annotated[int, Field(ge=1, le=LONGEST // timedelta(seconds=1))]
    unit: Unit
    business: bool = False

    @model_validator(mode="after")
    def _sensible(self) -> Span:
        if self.business and self.unit not in ("hour", "day"):
            raise ValueError("business time is counted in hours or days")
        if self.length > LONGEST:
            raise ValueError(f"a wait is at most {LONGEST.days} days")
        return self

    @property
    def length(self) -> timedelta:
        """The wait on the wall clock; of business time it is only the figure, not the time it takes."""
        return timedelta(**{f"{self.unit}s": self.count})

    def __str__(self) -> str:
        """The span as it is written in a table."""
        return f"{self.count} {'business ' * self.business}{self.unit}{'s' * (self.count != 1)}"


def span(text: str) -> Span:
    """Read `48 hours`, `1 day`, `2 business days` or `6 business hours`; raise ValueError saying what is accepted."""
    read = SPAN.fullmatch(text)
    if read is None:
        raise ValueError(
            f'{text!r} is no wait; write "48 hours", "30 minutes", "2 business days" or "6 business hours"'
        )
    if read[2] and read[3] not in ("hour", "day"):
        raise ValueError(f'{text!r}: business time is counted in hours or days, such as "6 business hours"')
    unit: Unit = read[3]  # pyright: ignore[reportAssignmentType] - the pattern says so
    if timedelta(**{f"{unit}s": int(read[1])}) > LONGEST:
        raise ValueError(f"{text!r} is too long; a wait is at most {LONGEST.days} days")
    return Span(count=int(read[1]), unit=unit, business=bool(read[2]))


class Calendar(Frozen):
    """Opening hours in a time zone; a clock time that summer time repeats is its first, one it skips the hour after."""

    zone: str = Field(description="an IANA name, such as Europe/Berlin")
    opens: time
    closes: time
    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(description="working days, Monday is 0")
    holidays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _sensible(self) -> Calendar:
        try:
            ZoneInfo(self.zone)
        except (LookupError, ValueError, OSError):
            raise ValueError(f"zone {self.zone!r} is no IANA time zone, such as Europe/Berlin") from None
        if self.opens.tzinfo or self.closes.tzinfo:
            raise ValueError("opens and closes are clock times without a zone of their own")
        if datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens) < SHORTEST_DAY:
            raise ValueError(f"closes ({self.closes}) must be at least an hour after opens ({self.opens})")
        if not self.days or len(set(self.days)) != len(self.days):
            raise ValueError("days must name at least one day of the week, and none twice")
        if len(set(self.holidays)) != len(self.holidays):
            raise ValueError("a holiday stands there twice")
        return self

    def __str__(self) -> str:
        """The hours as a person says them, such as `mon tue wed thu fri, 09:00 to 17:00, Europe/Berlin`."""
        days = " ".join(WEEK[day] for day in self.days)
        return f"{days}, {self.opens:%H:%M} to {self.closes:%H:%M}, {self.zone}"

    def today(self, at: datetime) -> date:
        """The date there at a moment (with a time zone)."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def after(self, start: datetime, wait: Span) -> datetime:
        """When a wait that starts at a moment (with a time zone) is over, in UTC.

        Plain spans are wall-clock time: `1 day` is 24 hours. Business time that starts outside opening hours starts at
        the next opening; closing time itself is outside. `n business hours` end when the place was open that long, at
        closing time rather than at the next opening. `n business days` end at the same clock time, n working days on.
        """
        if start.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        start = start.astimezone(UTC)
        if not wait.business:
            return start + wait.length
        begin = next(max(start, opens) for opens, closes in self._hours(self.today(start)) if start < closes)
        return self._hours_on(begin, wait.length) if wait.unit == "hour" else self._days_on(begin, wait.count)

    def _hours_on(self, begin: datetime, left: timedelta) -> datetime:
        for opens, closes in self._hours(self.today(begin)):
            begin = max(begin, opens)
            if begin + left <= closes:
                return begin + left
            left -= closes - begin
        raise AssertionError  # opening hours have no end

    def _days_on(self, begin: datetime, count: int) -> datetime:
        clock = begin.astimezone(ZoneInfo(self.zone)).time()
        for number, (opens, closes) in enumerate(self._hours(self.today(begin))):
            if number == count:
                return min(max(self._moment(self.today(opens), clock), opens), closes)
        raise AssertionError  # opening hours have no end

    def _hours(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Opening and closing of each working day from a date on."""
        while True:
            opens, closes = self._moment(day, self.opens), self._moment(day, self.closes)
            if day.weekday() in self.days and day not in self.holidays and opens < closes:
                yield opens, closes
            day += timedelta(days=1)

    def _moment(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.zone)).astimezone(UTC)
