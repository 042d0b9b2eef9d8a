import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ports import SignalRecord
from governance.ballot import KEPT, Ballot, parse_answer
from tests.actions import NOW, request

JSON = "json/plain"


def heard(ballot: Ballot, kind: str, payload: Any = None, *, identity: str = "anna@desk", late: bool = False) -> Ballot:
    content = b"" if payload is None else json.dumps(payload).encode()
    at = NOW + timedelta(days=30 if late else 0)
    signal = SignalRecord(event_id=7, name=kind, identity=identity, principal=None, at=at)
    return ballot.hear(parse_answer(kind, JSON if content else "binary/null", content), signal)


@pytest.fixture
def waiting() -> Ballot:
    return Ballot(request=request())


@pytest.mark.parametrize(
    "payload", [None, "", "fine", {}, {"note": "fine"}, {"by": "anna"}, {"by": None, "note": None}]
)
def test_approve_takes_nothing_a_note_or_an_object(waiting: Ballot, payload: Any) -> None:
    settled = heard(waiting, "approve", payload)
    assert settled.state == "approved"
    assert settled.decision(NOW).state == "approved"


@pytest.mark.parametrize(
    "payload", [1, True, ["x"], {"changes": {}}, {"note": 5}, {"by": ["anna"]}, [[[[]]]], {"by": {"x": 1}}, 1.5]
)
def test_approve_of_another_shape_is_recorded_and_does_not_count(waiting: Ballot, payload: Any) -> None:
    after = heard(waiting, "approve", payload)
    assert after.state == "waiting"
    assert after.heard[0].why_not


def test_a_rejection_needs_a_reason(waiting: Ballot) -> None:
    without = heard(waiting, "reject")
    assert (without.state, without.heard[0].counted) == ("waiting", False)
    blank = heard(waiting, "reject", "   ")
    assert blank.state == "waiting"
    settled = heard(waiting, "reject", "wrong price")
    assert (settled.state, settled.decision(NOW).note) == ("rejected", "wrong price")


def test_a_comment_is_recorded_and_settles_nothing(waiting: Ballot) -> None:
    after = heard(waiting, "comment", "asked the supplier")
    assert (after.state, after.heard[0].counted) == ("waiting", True)


@pytest.mark.parametrize("identity", ["mailroom@host", "MAILROOM"])
def test_who_asked_cannot_decide_however_the_name_is_written(waiting: Ballot, identity: str) -> None:
    after = heard(waiting, "approve", identity=identity)
    assert after.state == "waiting"
    assert after.heard[0].why_not == "the person who asked cannot decide"
    named = heard(waiting, "approve", {"by": " Mailroom "})
    assert named.state == "waiting"


def test_an_answer_after_the_decision_or_the_deadline_is_recorded_and_does_not_count(waiting: Ballot) -> None:
    settled = heard(heard(waiting, "approve"), "reject", "no!")
    assert settled.state == "approved"
    assert settled.heard[1].why_not == "it came after the request was approved"
    late = heard(waiting, "approve", late=True)
    assert (late.state, late.heard[0].why_not) == ("waiting", "it came after the deadline")


def test_silence_refuses(waiting: Ballot) -> None:
    decision = waiting.expire().decision(NOW)
    assert (decision.state, decision.by) == ("expired", None)


def test_an_unknown_signal_is_recorded(waiting: Ballot) -> None:
    after = heard(waiting, "aprove", "typo")
    assert "is no answer" in (after.heard[0].why_not or "")


def test_a_flood_is_counted_and_not_kept_and_a_decision_still_gets_through(waiting: Ballot) -> None:
    flooded = waiting
    for _ in range(KEPT + 5):
        flooded = heard(flooded, "comment", "x")
    assert (len(flooded.heard), flooded.unrecorded) == (KEPT, 5)
    assert heard(flooded, "approve").state == "approved"


def test_a_long_note_is_cut_and_says_so(waiting: Ballot) -> None:
    note = heard(waiting, "approve", "x" * 1_000_000).heard[0].text
    assert note is not None
    assert len(note) < 2_100
    assert "more characters" in note


def test_a_further_run_goes_on_with_what_was_heard(waiting: Ballot) -> None:
    before = heard(waiting, "comment", "asked the supplier")
    after = Ballot.on(before.carried())
    assert (after.state, after.heard) == ("waiting", before.heard)
    assert len(heard(after, "approve").decision(NOW).heard) == 2


@given(st.sampled_from(["approve", "reject", "comment", "other"]), st.text(max_size=12), st.binary(max_size=60))
def test_any_bytes_of_any_encoding_are_heard_without_an_error(kind: str, encoding: str, content: bytes) -> None:
    for named in (encoding, JSON, "binary/null", "json/protobuf"):
        answer = parse_answer(kind, named, content)
        signal = SignalRecord(event_id=1, name=kind, identity="x", principal=None, at=NOW)
        after = Ballot(request=request()).hear(answer, signal)
        assert len(after.heard) == 1
        assert Ballot.model_validate_json(after.model_dump_json()) == after
