import time as clock
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from governance.calendars import Calendar, Span
from governance.ladder import review_of
from governance.policy import ReviewRow, Silence
from tests.rules import AT, directory

WEEK = Calendar(zone="Europe/Berlin", opens=time(9), closes=time(17), days=(0, 1, 4))


def row(deadline: Span, silence: Silence = "refuse") -> ReviewRow:
    return ReviewRow({"finance": 1}, "principal", deadline, ("legal",), silence)


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own clock is set to the time of New York."""
    with monkeypatch.context() as away:
        away.setenv("TZ", "America/New_York")
        clock.tzset()
        yield
    clock.tzset()


@pytest.mark.parametrize("silence", ["refuse", "allow"])
def test_what_silence_means_is_what_the_row_says(silence: Silence) -> None:
    asked = review_of(row(Span(count=1, unit="day"), silence), "here", at=AT, directory=None, profile="production")
    assert asked.silence == silence


@pytest.mark.usefixtures("far_away")
@pytest.mark.parametrize(("unit", "business"), [("day", False), ("day", True), ("hour", True)])
def test_every_rung_is_a_moment_in_utc_wherever_the_machine_stands(unit: str, *, business: bool) -> None:
    deadline = Span.model_validate({"count": 2, "unit": unit, "business": business})
    asked = review_of(row(deadline), "here", at=AT, directory=directory(), profile="production")
    assert len(asked.ladder) == 6
    assert {rung.at.utcoffset() for rung in asked.ladder} == {timedelta(0)}


def test_a_plain_wait_is_as_long_for_people_with_a_calendar_as_without() -> None:
    wait = row(Span(count=36, unit="hour"))
    with_people = review_of(wait, "here", at=AT, directory=directory(), profile="production")
    assert with_people.ladder == review_of(wait, "here", at=AT, directory=None, profile="production").ladder


def test_the_hours_of_a_calendar_are_said_as_people_say_them() -> None:
    assert str(WEEK) == "mon tue fri, 09:00 to 17:00, Europe/Berlin"


def test_a_wait_begins_at_a_moment_and_not_at_a_clock_time_somewhere() -> None:
    nowhere = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match=r"^a moment needs a time zone$"):
        WEEK.after(nowhere, Span(count=1, unit="hour"))
