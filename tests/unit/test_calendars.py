from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.calendars import Calendar, Span, span

TICK = timedelta(minutes=15)
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
OFFICE = Calendar(
    zone="Europe/Berlin",
    opens=time(9),
    closes=time(17),
    days=(0, 1, 2, 3, 4),
    holidays=(date(2026, 12, 25), date(2026, 4, 6)),
)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"))


def quarters(low: int, high: int) -> st.SearchStrategy[time]:
    return st.integers(low * 4, high * 4 - 1).map(lambda number: time(number // 4, number % 4 * 15))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    opens = draw(quarters(5, 12))
    closes = draw(quarters(14, 23))
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    near = st.dates(date(2026, 3, 20), date(2026, 4, 20)) | st.dates(date(2026, 10, 15), date(2026, 11, 15))
    return Calendar(
        zone=draw(st.sampled_from(ZONES)),
        opens=opens,
        closes=closes,
        days=tuple(sorted(days)),
        holidays=tuple(draw(st.sets(near, max_size=4))),
    )


around_changes = st.integers(0, 24 * 4 * 20).map(lambda n: datetime(2026, 3, 20, tzinfo=UTC) + n * TICK) | st.integers(
    0, 24 * 4 * 25
).map(lambda n: datetime(2026, 10, 15, tzinfo=UTC) + n * TICK)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
waits = st.builds(Span, count=st.integers(1, 12), unit=st.sampled_from(["hour", "day"]), business=st.booleans())
business = waits.map(lambda wait: wait.model_copy(update={"business": True}))


def is_open(calendar: Calendar, at: datetime) -> bool:
    there = at.astimezone(ZoneInfo(calendar.zone))
    working = there.weekday() in calendar.days and there.date() not in calendar.holidays
    return working and calendar.opens <= there.time() < calendar.closes


def by_the_tick(calendar: Calendar, start: datetime, wait: Span) -> datetime:
    """A quarter of an hour after the other: no arithmetic with dates at all."""
    at = start
    while not is_open(calendar, at):
        at += TICK
    if wait.unit == "hour":
        left = wait.count * 4
        while left:
            left -= is_open(calendar, at)
            at += TICK
        return at
    begin, seen = at.astimezone(ZoneInfo(calendar.zone)), set[date]()
    while True:
        there = at.astimezone(ZoneInfo(calendar.zone))
        if is_open(calendar, at):
            seen.add(there.date())
            if len(seen) == wait.count + 1 and there.time() == begin.time():
                return at
        at += TICK


@pytest.mark.parametrize(
    ("text", "count", "unit", "working"),
    [
        ("48 hours", 48, "hour", False),
        ("1 day", 1, "day", False),
        ("30 minutes", 30, "minute", False),
        ("5 seconds", 5, "second", False),
        ("2 business days", 2, "day", True),
        ("6 business hours", 6, "hour", True),
        ("1 business day", 1, "day", True),
        ("1000 days", 1000, "day", False),
    ],
)
def test_a_span_is_read_and_written_as_people_say_it(text: str, count: int, unit: str, *, working: bool) -> None:
    read = span(text)
    assert (read.count, read.unit, read.business) == (count, unit, working)
    assert str(read) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "48",
        "hours",
        "0 hours",
        "-1 hours",
        "1.5 days",
        "2 weeks",
        "2 Business days",
        " 2 days",
        "2  days",
        "\u0663 days",
    ],
)
def test_what_is_no_span_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match='"2 business days" or "6 business hours"'):
        span(text)


@pytest.mark.parametrize("text", ["30 business minutes", "5 business seconds"])
def test_business_time_is_counted_in_hours_or_days(text: str) -> None:
    with pytest.raises(ValueError, match="in hours or days"):
        span(text)


@pytest.mark.parametrize("text", ["1001 days", "999999999 days", "24001 business hours", "86400001 seconds"])
def test_a_wait_of_years_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at most 1000 days"):
        span(text)


@pytest.mark.parametrize(
    "fields", [{"count": 0}, {"count": 10**12}, {"unit": "minute", "business": True}, {"count": 1001}]
)
def test_a_span_that_nobody_could_write_cannot_be_made(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Span.model_validate({"count": 1, "unit": "day", "business": False, **fields})


def test_a_plain_day_is_24_hours_even_when_the_clock_changes() -> None:
    start = berlin("2026-10-24T12:00")
    assert OFFICE.after(start, span("1 day")) - start.astimezone(UTC) == timedelta(hours=24)


@pytest.mark.parametrize(
    ("start", "wait", "end"),
    [
        ("2026-11-26T15:00", "2 business days", "2026-11-30T15:00"),  # Thursday to Monday
        ("2026-11-27T18:00", "1 business day", "2026-12-01T09:00"),  # after hours on Friday: from Monday's opening
        ("2026-11-28T12:00", "1 business day", "2026-12-01T09:00"),  # on a Saturday
        ("2026-11-27T17:00", "1 business day", "2026-12-01T09:00"),  # closing time is outside
        ("2026-11-27T16:59", "1 business day", "2026-11-30T16:59"),
        ("2026-11-27T09:00", "1 business day", "2026-11-30T09:00"),
        ("2026-11-27T08:59", "1 business day", "2026-11-30T09:00"),
        ("2026-12-24T10:00", "1 business day", "2026-12-28T10:00"),  # Friday is a holiday
        ("2026-03-27T12:00", "1 business day", "2026-03-30T12:00"),  # the clock changes on Sunday
        ("2026-10-23T12:00", "1 business day", "2026-10-26T12:00"),
        ("2026-11-26T15:00", "2 business hours", "2026-11-26T17:00"),  # at closing, not at the next opening
        ("2026-11-26T15:00", "3 business hours", "2026-11-27T10:00"),
        ("2026-11-27T16:30", "1 business hour", "2026-11-30T09:30"),
        ("2026-11-26T17:00", "1 business hour", "2026-11-27T10:00"),
        ("2026-11-28T12:00", "8 business hours", "2026-11-30T17:00"),
        ("2026-04-03T09:00", "16 business hours", "2026-04-07T17:00"),  # over a weekend and a holiday
    ],
)
def test_business_time_runs_while_somebody_is_there(start: str, wait: str, end: str) -> None:
    assert OFFICE.after(berlin(start), span(wait)) == berlin(end)


def test_a_clock_time_that_summer_time_skips_is_an_hour_later_and_never_outside_opening_hours() -> None:
    nights = Calendar(zone="Europe/Berlin", opens=time(1), closes=time(4), days=tuple(range(7)))
    assert nights.after(berlin("2026-03-28T02:30"), span("1 business day")) == berlin("2026-03-29T03:30")
    short = Calendar(zone="Europe/Berlin", opens=time(2), closes=time(3, 10), days=tuple(range(7)))
    assert short.after(berlin("2026-03-28T02:30"), span("1 business day")) == berlin("2026-03-29T03:10")
    late = Calendar(zone="Europe/Berlin", opens=time(2, 30), closes=time(3, 40), days=tuple(range(7)))
    assert late.after(berlin("2026-03-28T03:05"), span("1 business day")) == berlin("2026-03-29T03:30")
    early = Calendar(zone="Europe/Berlin", opens=time(2), closes=time(3), days=tuple(range(7)))
    assert early.after(berlin("2026-03-28T02:30"), span("1 business day")) == berlin("2026-03-30T02:30")


def test_the_start_must_say_its_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        OFFICE.after(datetime(2026, 1, 1), span("1 day"))  # noqa: DTZ001


@settings(deadline=None, max_examples=150)
@given(calendars(), around_changes, business)
def test_business_time_is_what_counting_quarters_of_an_hour_gives(
    calendar: Calendar, start: datetime, wait: Span
) -> None:
    assert calendar.after(start, wait) == by_the_tick(calendar, start, wait)


@given(calendars(), moments, business)
def test_business_time_ends_within_opening_hours_and_after_it_began(
    calendar: Calendar, start: datetime, wait: Span
) -> None:
    end = calendar.after(start, wait)
    there = end.astimezone(ZoneInfo(calendar.zone))
    assert end > start
    assert end.tzinfo is UTC
    assert there.weekday() in calendar.days
    assert there.date() not in calendar.holidays
    assert calendar.opens <= there.time() <= calendar.closes


@given(calendars(), st.lists(moments, min_size=2, max_size=5), waits)
def test_who_is_asked_later_never_has_to_answer_earlier(calendar: Calendar, starts: list[datetime], wait: Span) -> None:
    ends = [calendar.after(start, wait) for start in sorted(starts)]
    assert ends == sorted(ends)


@given(calendars(), moments, waits)
def test_a_longer_wait_ends_later(calendar: Calendar, start: datetime, wait: Span) -> None:
    ends = [calendar.after(start, wait.model_copy(update={"count": wait.count + more})) for more in range(3)]
    assert all(one < other for one, other in pairwise(ends))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"zone": "Europe/Atlantis"}, "no IANA time zone"),
        ({"zone": "../etc/passwd"}, "no IANA time zone"),
        ({"opens": time(17), "closes": time(9)}, "at least an hour after"),
        ({"opens": time(9), "closes": time(9, 59)}, "at least an hour after"),
        ({"days": ()}, "at least one day"),
        ({"days": (0, 0)}, "none twice"),
        ({"days": (7,)}, "less than or equal to 6"),
        ({"holidays": (date(2026, 1, 1), date(2026, 1, 1))}, "twice"),
        ({"opens": time(9, tzinfo=UTC)}, "without a zone"),
    ],
)
def test_a_calendar_that_makes_no_sense_cannot_be_made(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Calendar.model_validate({**OFFICE.model_dump(), **fields})


def test_the_longest_wait_at_the_rarest_place_ends() -> None:
    rare = Calendar(zone="UTC", opens=time(9), closes=time(10), days=(0,))
    assert rare.after(datetime(2026, 1, 1, tzinfo=UTC), span("1000 business days")).year == 2045
