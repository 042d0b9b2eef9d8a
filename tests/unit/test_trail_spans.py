"""Spans are finished records, by the names of OpenTelemetry, without content unless it is asked for."""

from typing import Any

from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.history import History
from governance.trail.spans import Span, otlp, spans_of
from tests.trails import completed, event, ran, scene, scheduled, started, told
from tests.unit.test_trail import THOUGHT, TURN


def spans(name: str, **options: bool) -> dict[str, Span]:
    return {span.name: span for span in spans_of(assembled(scene(name)), **options)}


def test_a_case_that_reasons_and_asks_has_these_spans() -> None:
    made = spans("questioned")
    kinds = {name: (span.kind, span.attributes[c.OPENINFERENCE]) for name, span in made.items()}
    assert kinds["Invoice"] == ("INTERNAL", "CHAIN")
    assert kinds["invoke_agent invoice_examiner"] == ("INTERNAL", "AGENT")
    assert kinds["chat rules"] == ("CLIENT", "LLM")
    assert kinds["judge"] == ("INTERNAL", "GUARDRAIL")
    assert kinds["execute_tool post_bill"] == ("INTERNAL", "TOOL")
    assert kinds["Approval"] == ("INTERNAL", "CHAIN")
    chat = made["chat rules"].attributes
    assert (chat[c.OPERATION], chat[c.PROVIDER], chat[c.INPUT_TOKENS]) == ("chat", "scripted", 717)
    assert made["execute_tool post_bill"].attributes[c.TOOL_NAME] == "post_bill"


def test_all_spans_of_a_case_hang_together() -> None:
    for name in ("approved", "bank-changed", "questioned"):
        made = spans_of(assembled(scene(name)))
        known = {span.span_id for span in made}
        assert len(known) == len(made)
        assert [span.name for span in made if span.parent_span_id not in known] == [made[0].name]
        assert made[0].parent_span_id is None
        assert len({span.trace_id for span in made}) == 1
        assert all(span.start_ns <= span.end_ns for span in made)


def test_content_stays_in_the_house_unless_it_is_asked_for() -> None:
    silent = " ".join(span.model_dump_json() for span in spans_of(assembled(scene("questioned"))))
    open_ = " ".join(span.model_dump_json() for span in spans_of(assembled(scene("questioned")), content=True))
    for written in ("Why this price?", "Billed at 13.15", "05-price-variance.xml", "despite price variance"):
        assert written in open_
        assert written not in silent
    assert "The buyer answers for price" in silent


def test_what_goes_on_is_no_span_yet_and_what_nobody_knows_is_one() -> None:
    pending = (started(), scheduled(2))
    assert spans_of(told(*pending)) == ()
    run, activity = spans_of(told(*pending, event(3, "WORKFLOW_EXECUTION_TERMINATED", reason="enough")))
    assert (activity.status, activity.attributes[c.UNKNOWN]) == ("UNSET", True)
    assert (run.status, run.attributes[c.ENDED]) == ("ERROR", "terminated")


def test_a_failure_is_an_exception_event_and_the_status() -> None:
    failure = {"message": "The bank refuses.", "applicationFailureInfo": {"type": "Refused"}}
    failed = event(4, "ACTIVITY_TASK_FAILED", scheduledEventId="2", failure=failure)
    [span] = spans_of(told(started(), scheduled(2), ran(3, 2), failed))
    assert (span.status, span.message) == ("ERROR", "The bank refuses.")
    [exception] = span.events
    assert exception.attributes == {"exception.type": "Refused", "exception.message": "The bank refuses."}
    assert (exception.name, exception.time_ns) == ("exception", span.end_ns)


def test_what_was_made_of_an_answer_links_to_its_signal() -> None:
    made = spans_of(assembled(scene("approved")))
    signals = {span.span_id: span.name for span in made}
    linked = [signals[link.span_id] for span in made if span.name == "who_answered" for link in span.links]
    assert linked == ["signal comment", "signal approve"]


def test_routine_is_left_out_unless_it_is_asked_for() -> None:
    records = assembled(scene("clean-ubl"))
    names = {span.name for span in spans_of(records)}
    assert "workflow task" not in names
    assert len(spans_of(records, routine=True)) == len(records)


def test_a_span_as_otlp_has_its_ids_in_hex_and_long_numbers_as_text() -> None:
    asked = (scheduled(2, "think", "1", TURN), ran(3, 2), completed(4, 2, THOUGHT))
    chat = next(span for span in spans_of(told(started(), *asked), content=True) if span.kind == "CLIENT")
    said: dict[str, Any] = otlp(chat)
    assert (len(str(said["traceId"])), len(str(said["spanId"])), said["kind"]) == (32, 16, 3)
    assert said["startTimeUnixNano"] == "1795435202000000000"
    assert {"key": c.INPUT_TOKENS, "value": {"intValue": "10"}} in said["attributes"]
    assert {"key": c.USABLE, "value": {"boolValue": True}} in said["attributes"]
    events = {"values": [{"stringValue": "2"}, {"stringValue": "3"}, {"stringValue": "4"}]}
    assert {"key": c.EVENTS, "value": {"arrayValue": events}} in said["attributes"]


def test_sending_twice_sends_the_same() -> None:
    case: list[History] = scene("approved")
    assert spans_of(assembled(case)) == spans_of(assembled(reversed(case)))
