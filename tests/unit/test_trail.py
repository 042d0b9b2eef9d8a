"""Every event of a history belongs to exactly one record, whatever the history."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.api.enums.v1 import EventType

from governance.trail import conventions as c
from governance.trail.assembly import assembled, tree
from governance.trail.exported import history_of
from governance.trail.families import PARTS
from governance.trail.history import History
from governance.trail.page import page
from governance.trail.projection import project
from governance.trail.record import Record
from governance.trail.spans import otlp, spans_of
from governance.trail.wording import outline
from tests.trails import (
    EARLIER,
    RUN,
    STORED,
    TREES,
    WRITTEN,
    completed,
    event,
    grown,
    history,
    local,
    only,
    payload,
    payloads,
    ran,
    reset,
    scene,
    scheduled,
    started,
    stored,
    task,
    told,
)

VERDICT = {
    "then": "allow",
    "row": "clean",
    "why": "It is clean.",
    "policy": "invoice",
    "version": "1",
    "file_digest": "f" * 64,
    "action_digest": "a" * 64,
    "facts": {"action": "erp.post_bill", "amount": "12.00"},
    "profile": "dev",
}
TURN = {"agent": "invoice_examiner", "version": "2", "brief": {}, "observations": []}
THOUGHT: dict[str, Any] = {
    "claim": '{"confidence": 0.5}',
    "observation": None,
    "provider": "acme",
    "model": "m-1",
    "usage": {"input_tokens": 10, "output_tokens": 2},
    "cost": "0.25",
}
UNUSABLE = THOUGHT | {"claim": None, "observation": {"answer": "?", "complaint": "is not JSON"}}


def complete(one: History, records: tuple[Record, ...]) -> None:
    """Check that each event is in one record, and each record is another one."""
    counted = Counter(number for record in records for number in record.events)
    assert counted == Counter(each.id for each in one.events)
    assert len({record.id for record in records}) == len(records)


@pytest.mark.parametrize("file", sorted(STORED.glob("*.json")), ids=lambda file: file.stem)
def test_each_event_of_a_stored_history_is_in_exactly_one_record(file: Path) -> None:
    one = stored(file)
    records = project(one)
    complete(one, records)
    assert all(record.until is not None for record in records)
    assert {record.kind for record in records}.isdisjoint({"other", "marker"})


@pytest.mark.parametrize("name", WRITTEN)
def test_a_stored_case_has_the_tree_that_is_written_down(name: str) -> None:
    written = (TREES / f"{name}.txt").read_text().splitlines()
    assert written == grown(name), "if it is right so: python -m tests.trails"


def test_every_event_type_of_the_api_is_known() -> None:
    api = {name.removeprefix("EVENT_TYPE_") for name in EventType.keys()}  # noqa: SIM118 - no dict
    assert api - PARTS.keys() == {"UNSPECIFIED", "MARKER_RECORDED"}
    assert PARTS.keys() <= api


TEXT = st.text(max_size=8) | st.sampled_from(["half \ud800", "\udfffFailureInfo", "1" * 5_000, "value", "payloads"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 40) | TEXT | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
REFERENCES = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(0, 40).map(str)
        for name in (
            "scheduledEventId",
            "startedEventId",
            "initiatedEventId",
            "activityId",
            "workflowTaskCompletedEventId",
        )
    }
    | {
        "input": st.lists(ANYTHING, max_size=2).map(lambda values: payloads(*values)),
        "result": ANYTHING | ANYTHING.map(payloads) | st.just(payloads(VERDICT)) | st.just(payloads(THOUGHT)),
        "failure": ANYTHING | st.just({"message": "no", "cause": {"applicationFailureInfo": {"type": 5}}}),
        "details": ANYTHING,
        "markerName": st.sampled_from(["core_local_activity", "core_patch", "own"]),
        "newRunId": st.sampled_from(["r1", "r2"]),
        "cause": st.sampled_from(["WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW", "OTHER"]),
        "identity": ANYTHING,
        "searchAttributes": st.fixed_dictionaries({"indexedFields": st.dictionaries(TEXT, ANYTHING, max_size=2)}),
    },
)


@given(st.lists(st.tuples(st.sampled_from([*PARTS, "MARKER_RECORDED", "OF_TOMORROW"]), REFERENCES), max_size=30))
@settings(max_examples=200, deadline=None)
def test_each_event_is_in_exactly_one_record_whatever_the_history_says(parts: list[tuple[str, dict[str, Any]]]) -> None:
    one = history([event(number, kind, **said) for number, (kind, said) in enumerate(parts, 1)])
    records = project(one)
    complete(one, records)
    assert project(one) == records
    everything = assembled([one])
    assert json.dumps([record.model_dump(mode="json") for record in everything], allow_nan=False)
    assert json.dumps([otlp(span) for span in spans_of(everything, content=True, routine=True)], allow_nan=False)
    assert len(list(outline(tree(everything), routine=True))) == len(everything)
    assert page(everything).startswith("<!doctype html>")


def test_an_event_of_a_type_of_tomorrow_is_a_record_of_its_own() -> None:
    record = only(told(started(), event(2, "ORACLE_CONSULTED", identity="pythia")), "other")
    assert (record.name, record.events, record.status) == ("oracle consulted", (2,), "ok")
    assert record.attributes[c.IDENTITY] == "pythia"


def test_an_activity_is_one_record_with_its_attempts_and_the_failure_before_the_last() -> None:
    record = only(
        told(
            started(),
            task(2),
            scheduled(5, value={"action": {"kind": "erp.post_bill"}, "key": "k", "verdict": VERDICT}),
            ran(6, 5, attempt=3, lastFailure={"message": "it was busy"}),
            completed(7, 5, {"reference": "BILL-1", "first": True}),
        ),
        "activity",
    )
    assert (record.events, record.status) == ((5, 6, 7), "ok")
    said = record.attributes
    assert (said[c.ATTEMPTS], said[c.LAST_FAILURE]) == (3, "it was busy")
    assert (said[c.RECEIPT], said[c.ROW], said[c.ACTION], said[c.ORDER_KEY]) == (
        "BILL-1",
        "clean",
        "erp.post_bill",
        "k",
    )


@pytest.mark.parametrize(
    ("kind", "had", "status"),
    [
        ("TIMEOUT_TYPE_START_TO_CLOSE", True, "unknown"),
        ("TIMEOUT_TYPE_HEARTBEAT", True, "unknown"),
        ("TIMEOUT_TYPE_SCHEDULE_TO_CLOSE", True, "unknown"),
        ("TIMEOUT_TYPE_SCHEDULE_TO_CLOSE", False, "unknown"),
        ("TIMEOUT_TYPE_SCHEDULE_TO_START", False, "error"),
    ],
)
def test_of_an_activity_that_timed_out_nobody_knows_the_outcome_unless_no_worker_had_it(
    kind: str, had: bool, status: str
) -> None:
    end = event(
        7, "ACTIVITY_TASK_TIMED_OUT", scheduledEventId="5", failure={"timeoutFailureInfo": {"timeoutType": kind}}
    )
    record = only(told(started(), scheduled(5), *([ran(6, 5)] if had else []), end), "activity")
    assert record.status == status
    assert record.attributes.get(c.UNKNOWN) is (True if status == "unknown" else None)
    assert record.attributes[c.ERROR_TYPE] == kind


def test_what_is_pending_goes_on_while_the_run_does_and_is_unknown_after_it() -> None:
    pending = (started(), scheduled(2), event(3, "TIMER_STARTED", timerId="1", startToFireTimeout="60s"))
    assert {record.status for record in told(*pending)} == {"open"}
    ended = told(*pending, event(4, "WORKFLOW_EXECUTION_TERMINATED", reason="enough", identity="ops@desk"))
    assert only(ended, "activity").status == "unknown"
    assert only(ended, "activity").until == only(ended, "run").until
    assert only(ended, "timer").status == "ok"
    run = only(ended, "run")
    assert (run.status, run.attributes[c.ENDED], run.attributes[c.ENDED_BY]) == ("error", "terminated", "ops@desk")
    assert run.attributes[c.IDENTITY] == "mailroom@desk"


def test_a_failed_workflow_task_is_no_routine_and_a_reset_is() -> None:
    failed = event(4, "WORKFLOW_TASK_FAILED", scheduledEventId="2", failure={"message": "a bug"}, cause="X_UNHANDLED")
    [record] = [each for each in told(started(), task(2)[:2], failed) if each.kind == "task"]
    assert (record.status, record.routine, record.attributes[c.ERROR_MESSAGE]) == ("error", False, "a bug")
    [again] = [each for each in told(started(), task(2)[:2], reset(4, 2)) if each.kind == "task"]
    assert again.routine


def test_events_that_a_reset_copied_belong_to_the_run_they_happened_in() -> None:
    shared = [
        started(originalExecutionRunId=EARLIER, firstExecutionRunId=EARLIER),
        *task(2),
        scheduled(5),
        ran(6, 5),
        completed(7, 5),
        *task(8)[:2],
    ]
    signal = event(11, "WORKFLOW_EXECUTION_SIGNALED", signalName="approve", identity="anna@desk")
    before = history(*shared, task(8)[2], signal, run_id=EARLIER)
    after = history(*shared, reset(10, 8), signal, *task(12), scheduled(15, activity_id="2"))
    assert after.run_id == RUN
    complete(after, project(after))
    old, new = ({record.id: record for record in project(one)} for one in (before, after))
    copied = [record for record in new.values() if record.run == EARLIER]
    assert [record.kind for record in copied] == ["task", "activity"]
    assert all(old[record.id].events == record.events for record in copied)
    sent = [only(project(one), "signal") for one in (before, after)]
    assert [record.attributes.get(c.REAPPLIED) for record in sent] == [None, True]
    assert sent[0].id != sent[1].id
    both = assembled([after, before])
    assert len({record.trace for record in both}) == 1
    assert len([record for record in both if record.kind == "activity"]) == 2
    first, second = sorted((each for each in both if each.kind == "run"), key=lambda each: each.run == RUN)
    assert (first.parent, second.parent) == (None, first.id)


def test_an_activity_that_a_reset_caught_belongs_to_the_run_that_saw_its_end() -> None:
    shared = [
        started(originalExecutionRunId=EARLIER, firstExecutionRunId=EARLIER),
        *task(2),
        scheduled(5),
        *task(6)[:2],
    ]
    after = told(*shared, reset(8, 6), ran(9, 5), completed(10, 5))
    assert (only(after, "activity").run, only(after, "activity").events) == (RUN, (5, 9, 10))


def test_of_an_activity_that_two_histories_tell_the_one_that_saw_its_end_is_believed() -> None:
    shared = [
        started(originalExecutionRunId=EARLIER, firstExecutionRunId=EARLIER),
        *task(2),
        scheduled(5),
        *task(6)[:2],
    ]
    before = history(*shared, task(6)[2], ran(9, 5), completed(10, 5), run_id=EARLIER)
    after = history(*shared, reset(8, 6), event(9, "WORKFLOW_EXECUTION_COMPLETED"))
    for order in ([before, after], [after, before]):
        activity = only(assembled(order), "activity")
        assert (activity.status, activity.events, activity.run) == ("ok", (5, 9, 10), EARLIER)


def test_a_child_that_a_reset_caught_ended_as_the_new_run_saw_it() -> None:
    child = event(5, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", workflowType={"name": "Approval"})
    shared = [started(originalExecutionRunId=EARLIER, firstExecutionRunId=EARLIER), *task(2), child, *task(6)[:2]]
    before = history(*shared, task(6)[2], event(9, "WORKFLOW_EXECUTION_TERMINATED"), run_id=EARLIER)
    after = history(*shared, reset(8, 6), event(9, "CHILD_WORKFLOW_EXECUTION_COMPLETED", initiatedEventId="5"))
    assert only(project(before), "child").status == "unknown"
    for order in ([before, after], [after, before]):
        assert only(assembled(order), "child").status == "ok"


def test_a_run_that_continues_another_is_in_the_trace_of_the_first_and_names_the_one_before() -> None:
    first = history(started(), event(2, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW", newExecutionRunId="second"))
    begun = started(originalExecutionRunId="second", firstExecutionRunId=RUN, continuedExecutionRunId=RUN)
    one, two = (only(project(each), "run") for each in (first, history(begun)))
    assert (one.trace, one.id) == (two.trace, two.parent)
    assert (one.attributes[c.NEXT_RUN], two.attributes[c.CONTINUES]) == ("second", RUN)
    assert (one.status, one.attributes[c.ENDED]) == ("ok", "continued as new")


def test_an_approval_is_in_the_trace_of_its_case_and_beneath_the_record_that_started_it() -> None:
    case, approval = scene("approved")[::-1]
    alone, within = only(project(approval), "run"), only(project(case), "child")
    assert (alone.trace, alone.parent) == (within.trace, within.id)
    assert {record.trace for record in assembled([approval, case])} == {alone.trace}
    assert [branch.record for branch in tree(project(approval))] == [alone]


def test_ids_are_what_they_always_were() -> None:
    records = told(started(), scheduled(2, activity_id="7"), event(3, "TIMER_STARTED", timerId="1"))
    assert [(record.kind, record.id) for record in records] == [
        ("run", "7b40c82eea2c8dc2"),
        ("activity", "cbc08a895fec82e2"),
        ("timer", "a40b4bce2fecabc8"),
    ]
    assert records[0].trace == "7f971d4d497b5d135ffc9b626892e52f"


def test_an_activity_id_that_comes_again_gives_another_record() -> None:
    records = told(started(), scheduled(2, activity_id="7"), completed(3, 2), scheduled(4, activity_id="7"))
    assert len({record.id for record in records}) == 3


def test_a_local_activity_says_what_it_judged_and_its_times_are_the_workflows() -> None:
    records = told(started(), task(2), local(5, "judge", VERDICT, seconds=4), local(6, "look_up", None, seconds=6))
    judge, look_up = [record for record in records if record.kind == "local"]
    assert (judge.name, judge.attributes[c.ROW]) == ("judge", "clean")
    assert judge.attributes["signalbox.verdict.fact.amount"] == "12.00"
    assert [(each.at.second, each.until and each.until.second) for each in (judge, look_up)] == [(3, 4), (4, 6)]


def test_a_local_activity_that_failed_is_an_error() -> None:
    failure = {"message": "no table", "applicationFailureInfo": {"type": "BadPolicy"}}
    record = only(told(started(), task(2), local(5, "judge", failure=failure)), "local")
    assert (record.status, record.attributes[c.ERROR_TYPE], record.attributes[c.ENDED]) == (
        "error",
        "BadPolicy",
        "failed",
    )


def test_the_turns_of_an_agent_stand_beneath_it_and_add_up() -> None:
    again = TURN | {"observations": [{}]}
    records = told(
        started(),
        scheduled(2, "think", "1", TURN), ran(3, 2), completed(4, 2, UNUSABLE),
        *task(5),
        scheduled(8, "think", "2", again), ran(9, 8), completed(10, 8, THOUGHT),
        scheduled(11, "think", "3", TURN), ran(12, 11), completed(13, 11, THOUGHT),
    )  # fmt: skip
    first, second = [record for record in records if record.kind == "agent"]
    turns = [record for record in records if record.kind == "activity"]
    assert [turn.parent for turn in turns] == [first.id, first.id, second.id]
    said = first.attributes
    assert (said[c.TURNS], said[c.INPUT_TOKENS], said[c.COST], said[c.USABLE]) == (2, 20, "0.50", True)
    assert (first.status, first.at, first.until) == ("ok", turns[0].at, turns[1].until)
    assert (first.events, said[c.CONFIDENCE]) == ((), "0.5")


def test_an_agent_that_may_be_asked_again_is_not_over() -> None:
    asked = (started(), scheduled(2, "think", "1", TURN), ran(3, 2), completed(4, 2, UNUSABLE))
    assert only(told(*asked), "agent").status == "open"
    assert only(told(*asked, event(5, "TIMER_STARTED", timerId="1")), "agent").status == "error"
    assert only(told(*asked[:3]), "agent").until is None


def test_the_rules_of_an_agent_that_failed_stand_beneath_it() -> None:
    rules = THOUGHT | {"provider": "rules", "model": None, "cost": "0"}
    failed = event(4, "ACTIVITY_TASK_FAILED", scheduledEventId="2", failure={"message": "down"})
    records = told(
        started(), scheduled(2, "think", "1", TURN), ran(3, 2), failed, task(5), local(8, "fall_back", rules)
    )
    agent = only(records, "agent")
    assert only(records, "local").parent == agent.id
    assert (agent.status, agent.attributes[c.PROVIDER], agent.attributes[c.UNPRICED]) == ("ok", "rules", 1)


def test_a_price_that_is_no_price_costs_no_memory() -> None:
    absurd = THOUGHT | {"cost": "1E+999999999"}
    records = told(started(), scheduled(2, "think", "1", TURN), ran(3, 2), completed(4, 2, absurd))
    assert c.COST not in only(records, "agent").attributes


def test_a_signal_says_who_sent_it_and_never_shows_a_token() -> None:
    beside = {"principal": {"type": "jwt", "name": "anna@example.com"}}
    given = {
        "signalName": "approve",
        "identity": "web",
        "input": payloads({"by": "anna", "token": "eyJhbGciOi.secret"}),
    }
    record = only(told(started(), event(2, "WORKFLOW_EXECUTION_SIGNALED", beside, **given)), "signal")
    assert (record.name, record.attributes[c.PRINCIPAL], record.attributes[c.IDENTITY]) == (
        "approve",
        "anna@example.com",
        "web",
    )
    assert "secret" not in record.model_dump_json()


def test_a_payload_that_is_no_json_is_told_by_encoding_and_size() -> None:
    given = {"payloads": [payload(b"\x01\x02\x03", "binary/encrypted")]}
    record = only(told(started(), event(2, "WORKFLOW_EXECUTION_SIGNALED", signalName="approve", input=given)), "signal")
    assert record.attributes[c.SIGNAL_TEXT] == "3 bytes, binary/encrypted"


@pytest.mark.parametrize(
    "content", [b"{", b"[" * 100_000, b'"\\ud800"', b"NaN", b"\xff", b'{"a":' * 900 + b"1" + b"}" * 900]
)
def test_a_hostile_payload_harms_nothing(content: bytes) -> None:
    given = {"signalName": "approve\ud800", "input": {"payloads": [payload(content)]}, "identity": "x" * 100_000}
    records = told(started(), event(2, "WORKFLOW_EXECUTION_SIGNALED", **given))
    assert len(json.dumps([record.model_dump(mode="json") for record in records], ensure_ascii=False).encode()) < 10_000
    assert page(records)


def test_updates_timers_children_nexus_and_outward_calls_are_each_one_record() -> None:
    meta = {"updateId": "u1", "identity": "anna"}
    records = told(
        started(),
        event(2, "WORKFLOW_EXECUTION_UPDATE_ADMITTED", request={"meta": meta, "input": {"name": "raise"}}),
        event(3, "WORKFLOW_EXECUTION_UPDATE_ACCEPTED", protocolInstanceId="u1"),
        event(4, "WORKFLOW_EXECUTION_UPDATE_COMPLETED", meta=meta),
        event(5, "TIMER_STARTED", timerId="1"),
        event(6, "TIMER_CANCELED", timerId="1", startedEventId="5"),
        event(7, "NEXUS_OPERATION_SCHEDULED", endpoint="bank", service="pay", operation="send"),
        event(8, "NEXUS_OPERATION_CANCEL_REQUESTED", scheduledEventId="7"),
        event(9, "NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED", requestedEventId="8", scheduledEventId="7"),
        event(10, "NEXUS_OPERATION_TIMED_OUT", scheduledEventId="7"),
        event(11, "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED", workflowExecution={"workflowId": "other"}),
        event(12, "EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED", initiatedEventId="11"),
        event(13, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", workflowType={"name": "Approval"}),
        event(14, "START_CHILD_WORKFLOW_EXECUTION_FAILED", initiatedEventId="13", cause="ALREADY_EXISTS"),
        event(15, "MARKER_RECORDED", markerName="core_patch", details={"patch-data": payloads({"id": "faster"})}),
        event(16, "WORKFLOW_PROPERTIES_MODIFIED", upsertedMemo={}),
        event(17, "WORKFLOW_EXECUTION_CANCEL_REQUESTED", cause="duplicate", identity="ops"),
        event(18, "WORKFLOW_EXECUTION_CANCELED"),
    )  # fmt: skip
    assert [(record.kind, record.name, record.events, record.status) for record in records] == [
        ("run", "Invoice", (1, 18), "error"),
        ("update", "raise", (2, 3, 4), "ok"),
        ("timer", "timer", (5, 6), "ok"),
        ("nexus", "send", (7, 8, 9, 10), "unknown"),
        ("outward", "cancel another workflow", (11, 12), "ok"),
        ("child", "Approval", (13, 14), "error"),
        ("patch", "faster", (15,), "ok"),
        ("memo", "memo", (16,), "ok"),
        ("cancel", "cancel requested", (17,), "ok"),
    ]
    assert only(records, "cancel").attributes == {c.IDENTITY: "ops", c.REASON: "duplicate"}


def test_gaps_are_known_and_cost_nothing_however_wide() -> None:
    one = history(started(2), event(5, "TIMER_STARTED"), event(6, "TIMER_STARTED") | {"eventId": str(10**18)})
    assert one.gaps == ((1, 1), (3, 4), (6, 10**18 - 1))


def test_older_exports_write_types_in_another_way() -> None:
    one = history_of([{"eventId": 1, "eventType": "WorkflowExecutionStarted", "eventTime": "2020-01-01T00:00:00Z"}])
    assert one.events[0].type == "WORKFLOW_EXECUTION_STARTED"


def test_every_attribute_that_a_record_has_is_in_the_list() -> None:
    named = {name for file in STORED.glob("*.json") for record in project(stored(file)) for name in record.attributes}
    assert {name for name in named if not name.startswith("signalbox.verdict.fact.")} <= set(c.listed())


def test_the_page_of_attributes_is_the_list() -> None:
    written = Path(__file__).parents[2] / "docs" / "trail-attributes.md"
    assert written.read_text() == c.markdown(), "run: starter.py trail --attributes > docs/trail-attributes.md"
