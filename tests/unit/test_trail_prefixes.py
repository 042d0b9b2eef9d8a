"""What is entered early stays true: a sweep may come by after any event, and at any moment of the journal."""

from pathlib import Path

import pytest

from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, AttemptEnd, with_attempts
from governance.trail.entries import body_of, kept
from governance.trail.record import Record
from tests.tampering import attempts_of
from tests.trails import NOON, RUN, STORED, completed, event, history, only, ran, scheduled, started, stored, task
from tests.unit.test_trail import THOUGHT, TURN, UNUSABLE


def early(records: tuple[Record, ...]) -> dict[str, bytes]:
    return {record.id: body_of(record) for record in records if kept(record, closed=False)}


@pytest.mark.parametrize("file", sorted(STORED.glob("*.json")), ids=lambda file: file.stem)
def test_a_record_that_is_entered_after_any_event_of_a_stored_run_is_the_same_at_its_end(file: Path) -> None:
    one = stored(file)
    attempts = attempts_of(assembled([one]))
    whole = {record.id: body_of(record) for record in with_attempts(assembled([one]), attempts)}
    for count in range(1, len(one.events)):
        so_far = one.model_copy(update={"events": one.events[:count]})
        moment = so_far.events[-1].at
        begun = [attempt for attempt in attempts if attempt.begun <= moment]
        ended = [attempt for attempt in begun if attempt.end and attempt.end.at <= moment]
        unended = [attempt.model_copy(update={"end": None}) for attempt in begun if attempt not in ended]
        for known in (begun, [*ended, *unended]):
            assert early(with_attempts(assembled([so_far]), known)).items() <= whole.items()


def test_an_attempt_whose_end_is_journaled_before_the_server_knows_is_not_entered_yet() -> None:
    done = AttemptEnd(outcome="completed", at=NOON, error=None)
    attempt = Attempt(case="c", run=RUN, activity="1", number=1, name="post_bill", worker="w", begun=NOON, end=done)
    before = assembled([history(started(), *task(2), scheduled(5))])
    after = assembled([history(started(), *task(2), scheduled(5), ran(6, 5), completed(7, 5))])
    assert only(with_attempts(before, [attempt]), "attempt").id not in early(with_attempts(before, [attempt]))
    assert only(with_attempts(after, [attempt]), "attempt").id in early(with_attempts(after, [attempt]))


def test_an_agent_is_not_over_while_the_workflow_thinks_about_asking_it_again() -> None:
    """Also where a worker dies over that thought: its task is then on record as failed."""
    asked = (started(), scheduled(2, "think", "1", TURN), ran(3, 2), completed(4, 2, UNUSABLE))
    thinking = event(5, "WORKFLOW_TASK_SCHEDULED"), event(6, "WORKFLOW_TASK_STARTED", scheduledEventId="5")
    lost = *thinking, event(7, "WORKFLOW_TASK_TIMED_OUT", scheduledEventId="5", startedEventId="6")
    again = scheduled(11, "think", "2", TURN | {"observations": [{}]}), ran(12, 11), completed(13, 11, THOUGHT)
    whole = only(assembled([history(*asked, *lost, *task(8), *again)]), "agent")
    assert whole.until is not None
    for so_far in ((thinking[0],), thinking, lost, (*lost, *task(8))):
        assert only(assembled([history(*asked, *so_far)]), "agent").until is None
