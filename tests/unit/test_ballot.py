import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ports import SignalRecord
from domain.spending import Spent, total
from governance.answer import parse_answer
from governance.approval import Amended, Explained, stage_end
from governance.ballot import KEPT, Ballot
from governance.canonical import digest
from governance.people import Handover
from governance.standing import nobody_knows, weigh
from governance.verdict import Rung
from tests.actions import NOW, bill, request, review, subject, verdict
from tests.people import laws

JSON = "json/plain"
DEV = laws("dev")


def heard(
    ballot: Ballot,
    kind: str,
    payload: Any = None,
    *,
    identity: str = "anna@desk",
    late: bool = False,
) -> Ballot:
    """What a ballot is after one signal more, sent a second after the last one."""
    content = b"" if payload is None else json.dumps(payload).encode()
    count = len(ballot.heard) + 1
    at = NOW + timedelta(days=30 if late else 0, seconds=count)
    signal = SignalRecord(event_id=count, name=kind, identity=identity, principal=None, at=at)
    answer = parse_answer(kind, JSON if content else "binary/null", content)
    return ballot.hear(answer, weigh(answer, signal, ballot.standing("run-1"), DEV))


def on(approvers: dict[str, int], **changes: Any) -> Ballot:
    """A ballot on a request that asks these roles."""
    return Ballot(request=request(verdict=verdict(bill(), review=review(approvers, **changes))))


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
    "payload",
    [1, True, ["x"], {"changes": {}}, {"changes": []}, {"note": 5}, {"by": ["anna"]}, [[[[]]]], {"by": {"x": 1}}, 1.5],
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
    named = waiting.model_copy(update={"id": "approval.buyer.invoice-1.post.2"})
    settled = heard(heard(named, "approve"), "reject", "no!")
    assert settled.state == "approved"
    assert settled.heard[1].why_not == "it is for approval.buyer.invoice-1.post.2, which is over: it was approved"
    late = heard(waiting, "approve", late=True)
    told = "it is for a request, which is over: its deadline has passed"
    assert (late.state, late.heard[0].why_not) == ("waiting", told)


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
    assert (len(flooded.heard), flooded.record.unrecorded) == (KEPT, 5)
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


def test_two_places_take_two_people_and_one_person_counts_once() -> None:
    once = heard(on({"finance": 2}), "approve", {"by": "fay"})
    assert (once.state, once.missing(NOW)) == ("waiting", {"finance": 1})
    twice = heard(once, "approve", {"by": "fay@desk"})
    assert twice.heard[-1].why_not == "fay has answered already"
    done = heard(twice, "approve", {"by": "lena"})
    assert (done.state, done.decision(NOW).by, done.decision(NOW).assurance) == ("approved", "fay, lena", "claimed")


def test_who_approved_cannot_then_reject_and_anybody_else_who_may_decide_can() -> None:
    once = heard(on({"finance": 2}), "approve", {"by": "fay"})
    assert heard(once, "reject", {"by": "fay", "reason": "no"}).heard[-1].why_not == "fay has answered already"
    assert heard(once, "reject", {"by": "lena", "reason": "no"}).state == "rejected"


def test_somebody_who_has_no_part_in_it_can_neither_approve_nor_reject() -> None:
    for kind, word in (("approve", "note"), ("reject", "reason")):
        after = heard(on({"finance": 1}), kind, {"by": "bea", word: "so there"})
        assert (after.state, after.heard[0].counted) == ("waiting", False)
        assert "none of the roles" in (after.heard[0].why_not or "")


def test_an_approval_that_fills_no_open_place_does_not_count() -> None:
    once = heard(on({"finance": 1, "buyer": 1}), "approve", {"by": "fay"})
    after = heard(once, "approve", {"by": "lena"})
    assert "it fills no place that is open: 1 from buyer" in (after.heard[-1].why_not or "")
    assert heard(after, "approve", {"by": "bea"}).state == "approved"


def test_people_without_a_name_are_one_person() -> None:
    once = heard(on({"finance": 2}), "approve", identity="")
    assert heard(once, "approve", identity="").heard[-1].why_not == "somebody has answered already"


def test_a_decision_handed_on_is_another_person_s_and_handing_it_on_twice_is_once() -> None:
    ballot = heard(on({"buyer": 2}), "delegate", {"by": "bea", "person": "cleo"})
    assert ballot.record.handed == (Handover(giver="bea", taker="cleo"),)
    again = heard(ballot, "delegate", {"by": "bea", "person": "cleo"})
    assert (again.record.handed, again.heard[-1].counted) == (ballot.record.handed, False)
    for_bea = heard(ballot, "approve", {"by": "cleo"})
    assert heard(for_bea, "approve", {"by": "bea"}).missing(NOW) == {"buyer": 1}


def test_a_ballot_goes_on_with_votes_handovers_reminders_and_explanations() -> None:
    ballot = heard(on({"buyer": 2}), "delegate", {"by": "bea", "person": "cleo"})
    ballot = heard(ballot, "approve", {"by": "cleo"}).climb(Rung(at=NOW, does="remind"))
    ballot = ballot.explained(Explained(event_id=1, agent="x", provider="y", answer="because"))
    assert Ballot.on(ballot.carried()).record == ballot.record
    assert Ballot.on(ballot.carried()).missing(NOW) == {"buyer": 1}


def changed(ballot: Ballot, asked: dict[str, int] | None) -> Ballot:
    """The ballot after bea has put the due date off, which these roles then decide on."""
    action = bill(due_date=bill().due_date + timedelta(days=7))
    then = verdict(action, review=review(asked)) if asked else verdict(action, then="allow")
    content = json.dumps({"by": "bea", "changes": {"due_date": str(action.due_date)}}).encode()
    answer = parse_answer("approve", JSON, content)
    signal = SignalRecord(event_id=9, name="approve", identity="", principal=None, at=NOW)
    weighed = weigh(answer, signal, ballot.standing("run-1"), DEV)
    return ballot.hear(answer, weighed, Amended(subject=subject(action), verdict=then))


def test_a_change_that_takes_nobody_else_settles_and_is_bound_to_the_action_as_changed() -> None:
    for asked in (None, {"buyer": 1}):
        decision = changed(on({"buyer": 1}), asked).decision(NOW)
        assert (decision.state, decision.by) == ("approved", "bea")
        assert decision.amended
        assert decision.digest == digest(decision.amended.subject) != request().digest


def test_a_change_that_takes_others_is_asked_anew_and_votes_for_the_old_action_are_gone() -> None:
    ballot = heard(on({"buyer": 2}), "approve", {"by": "stranger"})
    decision = changed(ballot, {"buyer": 2}).decision(NOW)
    assert (decision.state, [vote.person for vote in decision.votes]) == ("amended", ["bea"])


def test_a_change_that_cannot_be_is_recorded_and_decides_nothing(waiting: Ballot) -> None:
    answer = parse_answer("approve", JSON, b'{"by": "bea", "changes": {"account": "mine"}}')
    signal = SignalRecord(event_id=9, name="approve", identity="", principal=None, at=NOW)
    after = waiting.hear(answer, weigh(answer, signal, waiting.standing("run-1"), DEV), "account cannot be changed")
    assert (after.state, after.heard[0].why_not) == ("waiting", "account cannot be changed")
    assert after.heard[0].changes == {"account": "mine"}


SIGNALS = st.tuples(
    st.sampled_from(["approve", "reject", "comment", "delegate", "aprove"]),
    st.sampled_from(["fay", "lena", "bea", "stranger", "other", "mailroom", ""]),
    st.sampled_from([None, "text", 7, {"x": 1}]),
    st.booleans(),
)


@given(st.lists(SIGNALS, max_size=12))
def test_any_sequence_of_signals_ends_as_a_simple_model_says(signals: list[tuple[str, str, Any, bool]]) -> None:
    """The model: two of finance in the dev profile; a stranger passes for anybody, a known person is what they are."""
    ballot, state, voted = on({"finance": 2}), "waiting", set[str]()
    for kind, name, data, late in signals:
        identity = f"{name}@desk" if name else ""
        ballot = heard(ballot, kind, data, identity=identity, late=late)
        may = name in ("fay", "lena", "stranger", "other", "") and not late and state == "waiting"
        readable = data == "text" or (kind == "approve" and data is None)
        if may and readable and name not in voted:
            if kind == "reject":
                state = "rejected"
            elif kind == "approve":
                voted.add(name)
                state = "approved" if len(voted) == 2 else state
    assert ballot.state == state
    assert len(ballot.heard) == len(signals)
    assert all(one.counted != bool(one.why_not) for one in ballot.heard)
    assert len(ballot.record.votes) == len(voted)


@given(
    st.sampled_from(["approve", "reject", "comment", "delegate", "other"]), st.text(max_size=12), st.binary(max_size=60)
)
def test_any_bytes_of_any_encoding_are_heard_without_an_error(kind: str, encoding: str, content: bytes) -> None:
    for named in (encoding, JSON, "binary/null", "json/protobuf"):
        answer = parse_answer(kind, named, content)
        signal = SignalRecord(event_id=1, name=kind, identity="x", principal=None, at=NOW)
        ballot = Ballot(request=request())
        after = ballot.hear(answer, weigh(answer, signal, ballot.standing("run-1"), DEV))
        assert len(after.heard) == 1
        assert Ballot.model_validate_json(after.model_dump_json()) == after


def test_an_answer_at_the_deadline_is_late() -> None:
    ballot = Ballot(request=request(subject(bill(), expires=NOW + timedelta(seconds=1))))
    assert heard(ballot, "approve").heard[0].why_not == "it is for a request, which is over: its deadline has passed"


def test_who_has_voted_may_still_comment() -> None:
    after = heard(heard(on({"finance": 2}), "approve", {"by": "fay"}), "comment", {"by": "fay", "text": "and paid?"})
    assert (after.heard[1].counted, after.state) == (True, "waiting")


def test_silence_changes_nothing_that_is_decided_already(waiting: Ballot) -> None:
    settled = heard(waiting, "approve")
    assert settled.expire() == settled


def test_reminders_and_explanations_are_kept_in_the_order_in_which_they_came(waiting: Ballot) -> None:
    rungs = (Rung(at=NOW, does="remind"), Rung(at=NOW, does="escalate", role="finance"))
    answers = tuple(Explained(event_id=number, agent="x", provider="y", answer="because") for number in (1, 2))
    ballot = waiting.climb(rungs[0]).climb(rungs[1]).explained(answers[0]).explained(answers[1])
    assert (ballot.record.climbed, ballot.record.explained) == (rungs, answers)


def test_a_waiting_ballot_has_no_decision(waiting: Ballot) -> None:
    with pytest.raises(ValueError, match=r"^a waiting ballot has no decision$"):
        waiting.decision(NOW)


def test_a_decision_says_who_settled_it_how_surely_when_and_by_which_event() -> None:
    once = heard(on({"finance": 2}), "approve", {"by": "fay"})
    refused = heard(once, "reject", {"by": "lena", "reason": "no"}).decision(NOW)
    assert (refused.state, refused.by, refused.assurance) == ("rejected", "lena", "claimed")
    assert (refused.event_id, refused.at) == (2, NOW + timedelta(seconds=2))
    silent = once.expire().decision(NOW)
    assert (silent.state, silent.by, silent.assurance, silent.event_id, silent.at) == ("expired", None, None, None, NOW)
    assert [vote.person for vote in silent.votes] == ["fay"]


def test_an_approval_is_as_sure_as_the_least_sure_vote_and_not_as_the_last() -> None:
    least = heard(on({"finance": 2}), "approve", identity="")
    assert heard(least, "approve", {"by": "fay"}).decision(NOW).assurance == "anonymous"


LADDER = (
    Rung(at=NOW + timedelta(seconds=1), does="escalate", role="finance-head"),
    Rung(at=NOW + timedelta(hours=48), does="end"),
)


def test_a_role_that_was_asked_since_fills_a_place_and_one_not_asked_yet_does_not() -> None:
    settled = heard(on({"finance": 1}, ladder=LADDER), "approve", {"by": "hedda"})
    assert (settled.state, settled.decision(NOW).by) == ("approved", "hedda")
    late = (LADDER[0].model_copy(update={"at": NOW + timedelta(seconds=2)}), LADDER[1])
    assert heard(on({"finance": 1}, ladder=late), "approve", {"by": "hedda"}).state == "waiting"


def test_a_change_by_somebody_of_a_role_asked_since_settles_what_that_role_may_decide() -> None:
    asked = Ballot(request=request(verdict=verdict(bill(), review=review({"finance": 1}, ladder=LADDER))))
    answer = parse_answer("approve", JSON, b'{"by": "hedda", "changes": {"due_date": "2026-12-24"}}')
    signal = SignalRecord(event_id=9, name="approve", identity="", principal=None, at=NOW + timedelta(seconds=1))
    weighed = weigh(answer, signal, asked.standing("run-1"), DEV)
    action = bill(due_date=bill().due_date + timedelta(days=7))
    then = verdict(action, review=review({"finance": 1}, ladder=LADDER))
    assert asked.hear(answer, weighed, Amended(subject=subject(action), verdict=then)).state == "approved"


def test_every_place_that_is_open_is_said_to_whom_fills_none() -> None:
    once = heard(on({"buyer": 1, "finance": 1, "legal": 1}), "approve", {"by": "fay"})
    assert heard(once, "approve", {"by": "finn"}).heard[1].why_not == (
        "it fills no place that is open: 1 from buyer, 1 from legal (one person and one authority fill one place)"
    )


def test_people_see_the_next_stage_s_end_and_in_the_last_one_the_deadline() -> None:
    reminded = review(ladder=(Rung(at=NOW, does="remind"), *LADDER))
    first, last = (rung.at for rung in LADDER)
    assert stage_end(reminded, NOW - timedelta(hours=1)) == first
    assert stage_end(reminded, first) == last
    assert stage_end(reminded, last) == last


def test_a_request_whose_subject_was_changed_on_the_way_is_not_intact() -> None:
    assert request().intact()
    other = subject(bill(payable=bill().payable + 1))
    assert not request().model_copy(update={"subject": other}).intact()


def test_the_record_says_who_how_and_what_of_an_answer(waiting: Ballot) -> None:
    payload = {"by": "bea", "person": "cleo", "note": "I am away"}
    [one] = heard(waiting, "delegate", payload, identity="bea@desk").heard
    assert (one.by, one.identity, one.handed, one.text) == (
        "bea",
        "bea@desk",
        Handover(giver="bea", taker="cleo"),
        "I am away",
    )
    [refused] = heard(waiting, "x" * 50, identity="").heard
    assert (len(refused.kind), refused.by) == (40, None)
    answer = parse_answer("approve", JSON, b'{"by": "bea"}')
    signal = SignalRecord(event_id=3, name="approve", identity="", principal="sso|bea", at=NOW)
    proven = waiting.hear(answer, weigh(answer, signal, waiting.standing("run-1"), DEV))
    assert proven.heard[0].how == "the server authenticated the caller"


def test_a_decision_says_by_whom_when_how_sure_and_by_which_event(waiting: Ballot) -> None:
    approved = heard(waiting, "approve", {"by": "bea", "note": "fine"}).decision(NOW + timedelta(days=9))
    assert (approved.by, approved.event_id, approved.at) == ("bea", 1, NOW + timedelta(seconds=1))
    assert (approved.assurance, approved.note) == ("claimed", "fine")
    rejected = heard(heard(on({"finance": 2}), "approve", {"by": "fay"}), "reject", {"by": "lena", "reason": "no"})
    decision = rejected.decision(NOW)
    assert (decision.by, decision.assurance, decision.event_id) == ("lena", "claimed", 2)
    silent = waiting.expire().decision(NOW)
    assert (silent.by, silent.assurance, silent.event_id, silent.at, silent.note) == (None, None, None, NOW, None)
    with pytest.raises(ValueError, match=r"^a waiting ballot has no decision$"):
        waiting.decision(NOW)
    anonymous = heard(waiting, "reject", "no", identity="").decision(NOW)
    assert (anonymous.by, anonymous.assurance) == ("somebody", "anonymous")


def test_a_settled_request_does_not_expire(waiting: Ballot) -> None:
    settled = heard(waiting, "reject", "no")
    assert settled.expire() == settled


def test_who_voted_may_still_comment_and_not_hand_on() -> None:
    ballot = heard(on({"buyer": 2}), "approve", {"by": "bea"})
    assert heard(ballot, "comment", {"by": "bea", "text": "done"}).heard[-1].counted
    assert heard(ballot, "delegate", {"by": "bea", "person": "cleo"}).heard[-1].why_not == "bea has answered already"


def test_the_last_moment_is_too_late(waiting: Ballot) -> None:
    expires = waiting.request.subject.expires
    for at, counts in ((expires - timedelta(microseconds=1), True), (expires, False)):
        signal = SignalRecord(event_id=1, name="approve", identity="x", principal=None, at=at)
        answer = parse_answer("approve", "binary/null", b"")
        after = waiting.hear(answer, weigh(answer, signal, waiting.standing("run-1"), DEV))
        assert after.heard[0].counted is counts


def test_reminders_and_explanations_are_kept_in_order() -> None:
    first, second = Rung(at=NOW, does="remind"), Rung(at=NOW, does="escalate", role="finance-head")
    ballot = on({"buyer": 1}).climb(first).climb(second)
    assert ballot.record.climbed == (first, second)
    told = Explained(event_id=1, agent="x", provider="y", answer="because")
    assert ballot.explained(told).explained(told).record.explained == (told, told)
    assert ballot.explained(told).record.climbed == (first, second)


ESCALATING = (
    Rung(at=NOW + timedelta(hours=1), does="escalate", role="finance-head"),
    Rung(at=NOW + timedelta(hours=48), does="end"),
)


def said_at(ballot: Ballot, by: str, at: Any) -> Ballot:
    answer = parse_answer("approve", JSON, json.dumps({"by": by}).encode())
    signal = SignalRecord(event_id=len(ballot.heard) + 1, name="approve", identity="", principal=None, at=at)
    return ballot.hear(answer, weigh(answer, signal, ballot.standing("run-1"), DEV))


def test_a_further_role_fills_a_place_from_its_moment_on_and_counts_then() -> None:
    ballot = on({"buyer": 1}, ladder=ESCALATING)
    early = said_at(ballot, "hedda", NOW)
    assert (early.state, early.heard[0].counted) == ("waiting", False)
    assert ballot.missing(NOW) == {"buyer": 1}
    late = said_at(ballot, "hedda", NOW + timedelta(hours=1))
    assert (late.state, late.decision(NOW).by) == ("approved", "hedda")


def test_two_of_the_further_role_fill_two_places_and_the_same_one_does_not() -> None:
    ballot = said_at(on({"buyer": 2}, ladder=ESCALATING), "hedda", NOW + timedelta(hours=2))
    assert ballot.missing(NOW + timedelta(hours=2)) == {"buyer": 1}
    assert said_at(ballot, "stranger", NOW + timedelta(hours=2)).state == "approved"


def test_a_change_by_somebody_of_the_further_role_settles_a_request_whose_roles_they_may_stand_in_for() -> None:
    ballot = on({"buyer": 1}, ladder=ESCALATING)
    action = bill(due_date=bill().due_date + timedelta(days=7))
    amended = Amended(subject=subject(action), verdict=verdict(action, review=review({"buyer": 1}, ladder=ESCALATING)))
    answer = parse_answer("approve", JSON, b'{"by": "hedda", "changes": {"due_date": "2026-12-08"}}')
    signal = SignalRecord(event_id=1, name="approve", identity="", principal=None, at=NOW + timedelta(hours=1))
    after = ballot.hear(answer, weigh(answer, signal, ballot.standing("run-1"), DEV), amended)
    assert after.state == "approved"


def test_a_change_is_taken_although_it_would_fill_no_place_of_the_old_request() -> None:
    """What the changer may decide on is the action as changed."""
    ballot = heard(on({"buyer": 1, "legal": 1}), "approve", {"by": "bea"})
    after = changed(ballot, {"buyer": 1})
    assert (after.state, after.amended is not None) == ("approved", True)


def test_a_flood_leaves_room_for_a_rejection_and_counts_a_handing_on_that_it_does_not_keep(waiting: Ballot) -> None:
    flooded = waiting
    for _ in range(KEPT):
        flooded = heard(flooded, "comment", "x")
    rejected = heard(flooded, "reject", "no")
    assert (rejected.state, len(rejected.heard), rejected.record.unrecorded) == ("rejected", KEPT + 1, 0)
    handed = heard(flooded, "delegate", {"by": "bea", "person": "cleo"})
    assert (len(handed.heard), handed.record.unrecorded, len(handed.record.handed)) == (KEPT, 1, 1)


def test_the_places_that_are_open_are_named_with_how_many() -> None:
    once = heard(on({"finance": 1, "buyer": 1, "legal": 1}), "approve", {"by": "fay"})
    said = heard(once, "approve", {"by": "finn@desk"}).heard[-1].why_not or ""
    assert said.startswith(("it fills no place that is open: 1 from buyer, 1 from legal (", "the limit"))


def test_an_answer_is_held_against_amount_and_currency_of_the_action() -> None:
    standing = on({"buyer": 1}).standing("run-7")
    assert (standing.amount, standing.currency, standing.run_id) == (bill().payable, "EUR", "run-7")
    assert (standing.requester, standing.request) == ("mailroom", request().digest)


def test_the_decision_of_a_flooded_request_is_kept_all_the_same(waiting: Ballot) -> None:
    flooded = waiting
    for _ in range(KEPT):
        flooded = heard(flooded, "comment", "x")
    for kind, data in (("approve", None), ("reject", "no")):
        settled = heard(flooded, kind, data)
        assert (len(settled.heard), settled.heard[-1].kind) == (KEPT + 1, kind)
    assert len(heard(flooded, "approve", 5).heard) == KEPT, "what does not count is only counted"


def test_an_answer_is_recorded_under_the_name_that_is_known_or_else_the_one_it_gives(waiting: Ballot) -> None:
    assert heard(waiting, "comment", "x", identity="fay@desk").heard[0].by == "fay"
    answer = parse_answer("comment", JSON, b'{"by": "ghost", "text": "boo"}')
    signal = SignalRecord(event_id=1, name="comment", identity="", principal=None, at=NOW)
    assert waiting.hear(answer, nobody_knows(signal, "people.toml is broken")).heard[0].by == "ghost"


def test_a_decision_says_what_the_agent_s_explanations_have_cost(waiting: Ballot) -> None:
    assert heard(waiting, "approve").decision(NOW).spent is None
    cost = Spent(turns=1, input_tokens=300, output_tokens=20, money=Decimal("0.01"), seconds=Decimal(2))
    asked = waiting
    for number in (1, 2):
        said = Explained(event_id=number, agent="x", provider="y", answer="because", spent=cost)
        asked = asked.explained(said)
    assert heard(asked, "approve").decision(NOW).spent == total((cost, cost))
