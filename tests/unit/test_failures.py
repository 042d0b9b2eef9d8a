"""What a failed activity still says: what it used, and whether anybody knows what it did."""

from typing import Any

import pytest
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, RetryState, TimeoutType
from temporalio.exceptions import TimeoutError as TimedOut

from domain.spending import Spent
from tests.actions import bill
from workflows.authority import Acted
from workflows.failures import spent_by

SPENT = Spent(turns=2, input_tokens=300, unpriced=1)
TOLD = SPENT.model_dump(mode="json")
KINDS = {"type": TimeoutType.HEARTBEAT}


def failed(*causes: FailureError) -> ActivityError:
    error = ActivityError(
        "It failed.",
        scheduled_event_id=1,
        started_event_id=2,
        identity="worker",
        activity_type="think",
        activity_id="1",
        retry_state=RetryState.TIMEOUT,
    )
    outer: BaseException = error
    for cause in causes:
        outer.__cause__ = cause
        outer = cause
    return error


@pytest.mark.parametrize(
    "causes",
    [
        (ApplicationError("No.", TOLD),),
        (TimedOut("Lost.", last_heartbeat_details=[TOLD], **KINDS),),
        (TimedOut("Late.", last_heartbeat_details=[], **KINDS), ApplicationError("No.", TOLD)),
    ],
    ids=["refused", "lost", "out of time"],
)
def test_what_was_used_is_found_in_the_failure_or_in_the_last_sign_of_life(causes: tuple[Any, ...]) -> None:
    assert spent_by(failed(*causes)) == SPENT


def test_a_failure_that_says_nothing_of_it_says_nothing() -> None:
    assert spent_by(failed(ApplicationError("No."))) is None


def test_an_effect_that_nobody_knows_of_fails_its_case_and_any_other_does_not() -> None:
    refused = Acted(bill(), None, "policy", "no")
    assert refused.known() is refused
    unknown = failed(ApplicationError("Gone."))
    with pytest.raises(ActivityError) as raised:
        Acted(bill(), None, "whatever performs it", "gone", unknown).known()
    assert raised.value is unknown
