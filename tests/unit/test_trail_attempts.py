"""Attempts of the journal as records of a trail: each once, its end by whoever can know it, never invented."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.trail import conventions as c
from governance.trail.assembly import assembled, tree
from governance.trail.attempts import Attempt, AttemptEnd, with_attempts
from governance.trail.entries import final
from governance.trail.identity import record_id
from governance.trail.page import page
from governance.trail.record import Record
from governance.trail.spans import spans_of
from governance.trail.wording import outline
from tests.journal_contract import attempt, ended
from tests.trails import (
    NOON,
    RUN,
    STORED,
    completed,
    event,
    history,
    only,
    ran,
    reset,
    scheduled,
    started,
    stored,
)


def tried(number: int = 1, seconds: int = 3, **said: Any) -> Attempt:
    """A try of the activity that `scheduled` tells of, begun so many seconds after noon."""
    return attempt(number, run=RUN, activity="1", begun=NOON + timedelta(seconds=seconds), **said)


def drawn(*told: Any, attempts: tuple[Attempt, ...]) -> tuple[Record, ...]:
    return with_attempts(assembled([history(started(), *told)]), attempts)


def numbered(records: tuple[Record, ...], number: int = 1) -> Record:
    [found] = [record for record in records if record.attributes.get(c.ATTEMPT) == number]
    return found


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


DONE = (scheduled(2), ran(8, 2, attempt=2), completed(9, 2))
FAILURE = {"message": "no", "applicationFailureInfo": {"type": "Refused"}}


def test_an_attempt_is_beneath_its_activity_with_an_id_that_anybody_derives_again() -> None:
    records = drawn(*DONE, attempts=(tried(2),))
    record = numbered(records, 2)
    assert record.id == record_id(RUN, "attempt", "1.2")
    assert (record.parent, record.trace) == (only(records, "activity").id, only(records, "run").trace)
    assert (record.kind, record.name, record.events) == ("attempt", "post_bill", ())
    assert record.attributes[c.WORKER] == "1@desk"


def test_how_the_last_attempt_of_a_closed_activity_ended_is_what_the_history_says() -> None:
    for journaled in (tried(2), ended(tried(2), seconds=99), ended(tried(2), "failed", "X", 4)):
        record = numbered(drawn(*DONE, attempts=(journaled,)), 2)
        assert (record.status, record.until) == ("ok", at(9))
        assert record.attributes[c.ATTEMPT_OUTCOME] == "completed"
        assert c.ERROR_TYPE not in record.attributes


@pytest.mark.parametrize(
    ("end", "outcome", "error"),
    [("ACTIVITY_TASK_FAILED", "failed", "Refused"), ("ACTIVITY_TASK_CANCELED", "cancelled", None)],
)
def test_a_last_attempt_that_a_worker_gave_up_says_so(end: str, outcome: str, error: str | None) -> None:
    told = {"failure": FAILURE} if error else {}
    story = scheduled(2), ran(8, 2), event(9, end, scheduledEventId="2", **told)
    record = numbered(drawn(*story, attempts=(tried(),)))
    assert (record.status, record.until, record.attributes.get(c.ERROR_TYPE)) == ("error", at(9), error)
    assert record.attributes[c.ATTEMPT_OUTCOME] == outcome


def test_a_begin_without_an_end_is_unknown_everywhere() -> None:
    records = drawn(*DONE, attempts=(tried(), tried(2, 5)))
    record = numbered(records)
    assert (record.status, record.until) == ("unknown", at(9))
    assert record.attributes[c.UNKNOWN] is True
    assert not record.routine
    line = "attempt 1: OUTCOME UNKNOWN; begun 12:00:03 by worker 1@desk"
    assert line in "\n".join(outline(tree(records)))
    assert line.split(": ")[1] in page(records)
    [span] = [span for span in spans_of(records) if span.span_id == record.id]
    assert (span.name, span.status, span.attributes[c.UNKNOWN]) == ("attempt post_bill", "UNSET", True)
    assert span.parent_span_id == only(records, "activity").id
    assert '"status":"unknown"' in record.model_dump_json()


def test_an_earlier_attempt_ended_as_the_journal_says_and_stays_final_when_its_activity_closes() -> None:
    failed = ended(tried(), "failed", "Unavailable", 4)
    before = numbered(drawn(scheduled(2), attempts=(failed, tried(2, 5))))
    after = numbered(drawn(*DONE, attempts=(failed, tried(2, 5))))
    assert before == after
    assert (after.status, after.until, after.attributes[c.ERROR_TYPE]) == ("error", at(4), "Unavailable")
    assert final(before, closed=False)
    assert "attempt 1: failed; Unavailable; begun 12:00:03 by worker 1@desk" in "\n".join(
        outline(tree(drawn(*DONE, attempts=(failed,))))
    )


@pytest.mark.parametrize("outcome", ["completed", "failed"])
def test_the_last_attempt_is_not_final_before_its_activity_is_since_the_history_says_when_it_ended(
    outcome: str,
) -> None:
    journaled = ended(tried(), outcome, None, 4)
    before = numbered(drawn(scheduled(2), attempts=(journaled,)))
    assert (before.status, before.attributes[c.ATTEMPT_OUTCOME]) == (
        "ok" if outcome == "completed" else "error",
        outcome,
    )
    assert not final(before, closed=False)
    closed = scheduled(2), ran(8, 2), completed(9, 2)
    assert numbered(drawn(*closed, attempts=(journaled,))) == numbered(drawn(*closed, attempts=(tried(),)))


def test_attempts_that_went_well_are_routine() -> None:
    records = drawn(*DONE, attempts=(tried(2),))
    assert "attempt 2" not in "\n".join(outline(tree(records)))
    assert "attempt 2" in "\n".join(outline(tree(records), routine=True))
    assert f"run {RUN}: attempts, journal" in page(records)
    assert not [span for span in spans_of(records) if span.name.startswith("attempt")]


def test_while_an_activity_goes_on_so_does_its_last_attempt_and_the_one_before_is_not_known() -> None:
    records = drawn(scheduled(2), attempts=(tried(), tried(2, 5)))
    assert {numbered(records, number).status for number in (1, 2)} == {"open"}
    assert not [number for number in (1, 2) if final(numbered(records, number), closed=False)]
    said = "\n".join(outline(tree(records)))
    assert "attempt 1: OUTCOME UNKNOWN so far: a later attempt has begun; begun 12:00:03" in said
    assert "attempt 2: goes on; begun 12:00:05" in said
    assert "post_bill: goes on; 2 attempts" in said


def test_a_timed_out_last_attempt_is_unknown_unless_its_worker_told_the_journal() -> None:
    story = scheduled(2), ran(8, 2), event(9, "ACTIVITY_TASK_TIMED_OUT", scheduledEventId="2")
    assert numbered(drawn(*story, attempts=(tried(),))).status == "unknown"
    late = numbered(drawn(*story, attempts=(ended(tried(), seconds=20),)))
    assert (late.status, late.until) == ("ok", at(20))


def test_an_attempt_of_a_terminated_run_ends_unknown_with_its_run() -> None:
    over = event(9, "WORKFLOW_EXECUTION_TERMINATED")
    for story in ((scheduled(2), over), (over,)):
        record = numbered(drawn(*story, attempts=(tried(),)))
        assert (record.status, record.until, final(record, closed=False)) == ("unknown", at(9), False)
        assert final(record, closed=True)


def test_an_attempt_after_a_reset_belongs_to_the_new_run_before_and_after_its_activity_ends() -> None:
    earlier = [started(originalExecutionRunId="old", firstExecutionRunId="old"), scheduled(2)]
    task = event(3, "WORKFLOW_TASK_SCHEDULED"), reset(4, 3, new=RUN, base="old")
    failed = ended(tried(), "failed", "Unavailable", 6)
    for rest in ((), (ran(8, 2, attempt=2), completed(9, 2))):
        records = with_attempts(assembled([history(*earlier, *task, *rest, run_id=RUN)]), (failed, tried(2, 7)))
        record = numbered(records)
        assert (record.run, record.parent) == (RUN, record_id(RUN, "activity", "1"))
        assert (record.status, record.until) == ("error", at(6))
        assert "attempt 1" in "\n".join(outline(tree(records)))


def test_a_worker_whose_clock_is_behind_begins_nothing_before_it_was_scheduled() -> None:
    record = numbered(drawn(*DONE, attempts=(tried(2, -500),)), 2)
    assert (record.at, record.until) == (at(2), at(9))
    ahead = numbered(drawn(*DONE, attempts=(tried(2, 500),)), 2)
    assert ahead.at == ahead.until == at(500)


def test_the_same_attempt_twice_is_one_record() -> None:
    twice = drawn(*DONE, attempts=(tried(), tried(worker="2@desk"), tried(2)))
    assert numbered(twice).attributes[c.WORKER] == "1@desk"


def test_an_attempt_beyond_those_that_the_history_counts_is_shown_and_changes_no_count() -> None:
    records = drawn(*DONE, attempts=(tried(2), tried(7)))
    assert only(records, "activity").attributes[c.ATTEMPTS] == 2
    assert (numbered(records, 7).status, numbered(records, 7).until) == ("unknown", at(9))


def test_a_trail_without_attempts_is_what_it_was() -> None:
    records = assembled([history(started(), *DONE)])
    assert with_attempts(records, ()) == records


@pytest.mark.parametrize("wrong", [{"number": 0}, {"begun": "2026-11-23T12:00:00"}, {"run": None}])
def test_an_attempt_that_cannot_be_is_refused_where_it_is_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Attempt.model_validate(tried().model_dump(mode="json") | wrong)


FILES = sorted(STORED.glob("*.json"))
TRAILS = {file: assembled([stored(file)]) for file in FILES}
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(NOON.tzinfo))  # noqa: DTZ001
ENDS = st.builds(AttemptEnd, outcome=st.sampled_from(["completed", "failed"]), at=MOMENTS, error=st.none() | st.text())


@st.composite
def trails(draw: st.DrawFn) -> tuple[Path, list[Attempt]]:
    """A stored history, and attempts of its activities, of others, and of other runs."""
    file = draw(st.sampled_from(FILES))
    runs = sorted({record.run for record in TRAILS[file]})
    ids = sorted({str(record.attributes[c.ACTIVITY_ID]) for record in TRAILS[file] if record.kind == "activity"})
    made = st.builds(
        Attempt,
        case=st.sampled_from([record.case for record in TRAILS[file][:1]]) | st.text(),
        run=st.sampled_from(runs) | st.text(),
        activity=st.sampled_from([*ids, "none"]) | st.text(),
        number=st.integers(1, 3) | st.integers(1),
        name=st.text(),
        worker=st.text(),
        begun=MOMENTS,
        end=st.none() | ENDS,
    )
    return file, draw(st.lists(made, max_size=12))


@settings(max_examples=60)
@given(trails())
def test_any_attempts_on_any_history_are_each_in_one_record_and_harm_no_other(
    drawn: tuple[Path, list[Attempt]],
) -> None:
    file, attempts = drawn
    before, after = TRAILS[file], with_attempts(TRAILS[file], attempts)
    made = Counter(record.id for record in after if record.kind == "attempt")
    assert made == Counter({record_id(one.run, "attempt", f"{one.activity}.{one.number}") for one in attempts})
    assert len({record.id for record in after}) == len(after)
    assert {record.id for record in after} - made.keys() == {record.id for record in before}
    assert all(record.until is None or record.until >= record.at for record in after if record.kind == "attempt")
    one_each = list({one.key: one for one in reversed(attempts)}.values())
    again = with_attempts(before, one_each)
    assert {record.id: record for record in again} == {record.id: record for record in after}
    lines = list(outline(tree(after), routine=True))
    assert len(lines) >= len(made)
    assert page(after)
    assert spans_of(after, routine=True)


def test_with_no_trail_at_all_an_attempt_still_is_a_record() -> None:
    [record] = with_attempts((), (tried(),))
    assert (record.status, record.until, record.case) == ("open", None, "invoice-1")
