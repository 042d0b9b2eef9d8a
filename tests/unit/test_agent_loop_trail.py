"""The records of an agent that calls tools, from events alone."""

from typing import Any

from governance.trail import conventions as c
from governance.trail.shapes import said
from governance.trail.spans import spans_of
from governance.trail.wording import phrases
from tests.trails import completed, event, local, only, ran, scheduled, started, task, told

TURN: dict[str, Any] = {"agent": "clerk", "version": "1", "brief": {}, "observations": [], "number": 1}
CALL = {"id": "a", "tool": "find_order", "does": "read", "arguments": "{}", "alike": "", "fault": None}
THOUGHT: dict[str, Any] = {
    "claim": '{"confidence": "0.5"}',
    "observation": None,
    "provider": "acme",
    "model": "m-1",
    "usage": {"input_tokens": 10, "output_tokens": 2},
    "cost": "0.25",
    "calls": [],
    "transcript": None,
}
CALLING = THOUGHT | {"claim": None, "calls": [CALL, CALL | {"does": None, "tool": "rm"}]}
FOUND = {"call": "a", "tool": "find_order", "kind": "read", "text": "{}", "whole": None}
ASKED = (started(), scheduled(2, "think", "1", TURN), ran(3, 2), completed(4, 2, CALLING), *task(5))


def test_what_a_turn_called_stands_beneath_its_agent_with_the_turn_after_it() -> None:
    again = TURN | {"number": 2}
    last = (scheduled(9, "think", "3", again), ran(10, 9), completed(11, 9, THOUGHT))
    after = scheduled(12, "post_bill", "4", {})
    records = told(*ASKED, local(8, "look_up", FOUND), *last, after)
    agent = only(records, "agent")
    looked = only(records, "local")
    assert (looked.parent, looked.attributes[c.TOOL_NAME]) == (agent.id, "find_order")
    assert (agent.status, agent.attributes[c.TURNS], agent.attributes[c.INPUT_TOKENS]) == ("ok", 2, 20)
    first, second, bill = [record for record in records if record.kind == "activity"]
    assert (first.parent, second.parent) == (agent.id, agent.id)
    assert bill.parent != agent.id
    assert first.attributes[c.CALLS] == ("find_order", "rm (refused)")
    assert c.USABLE not in first.attributes


def test_a_look_up_is_a_tool_of_its_own_name_in_spans_and_its_result_is_content() -> None:
    records = told(*ASKED, local(8, "look_up", FOUND))
    span = next(span for span in spans_of(records) if span.name == "execute_tool find_order")
    assert (span.attributes[c.TOOL_NAME], span.attributes[c.OPENINFERENCE]) == ("find_order", "TOOL")
    assert c.TOOL_RESULT not in span.attributes
    assert any(c.TOOL_RESULT in each.attributes for each in spans_of(records, content=True))


def test_what_the_agent_alone_says_stands_with_the_action_and_with_what_people_were_asked() -> None:
    loose = [{"argument": "to", "value": "eve\u202e", "sought_in": ["find_order", "message"]}]
    prepared = {"call": "a", "tool": "pay", "action": {"kind": "bank.send"}, "refusal": None, "unbacked": loose}
    made = only(told(*ASKED, local(8, "prepare_action", prepared)), "local")
    assert made.attributes[c.UNBACKED] == ("to “eve\u202e”, sought in find_order, message",)
    assert "the agent's word alone: to “eve[U+202E]”, sought in find_order, message" in phrases(made)
    assert (
        c.UNBACKED
        not in only(told(*ASKED, local(8, "prepare_action", prepared | {"unbacked": []})), "local").attributes
    )
    request = {"question": "?", "digest": "d", "subject": {}, "verdict": {}, "unbacked": loose}
    assert said(request)[c.UNBACKED] == made.attributes[c.UNBACKED]


def test_a_signal_and_a_timer_between_turns_are_the_cases_own() -> None:
    signal = event(8, "WORKFLOW_EXECUTION_SIGNALED", signalName="hello", identity="anna")
    last = (scheduled(9, "think", "3", TURN | {"number": 2}), ran(10, 9), completed(11, 9, THOUGHT))
    records = told(*ASKED, signal, *last)
    assert only(records, "signal").parent != only(records, "agent").id
    assert only(records, "agent").attributes[c.TURNS] == 2


def test_an_agent_that_was_stopped_after_its_calls_is_over_with_its_case() -> None:
    ended = event(9, "WORKFLOW_EXECUTION_COMPLETED")
    assert only(told(*ASKED, local(8, "look_up", FOUND)), "agent").status == "open"
    agent = only(told(*ASKED, local(8, "look_up", FOUND), ended), "agent")
    assert agent.until is not None


def test_a_step_of_a_framework_says_how_often_it_asked_and_what_it_looked_up() -> None:
    step = THOUGHT | {"asks": 3, "looked_up": [CALL, CALL], "usage": {"input_tokens": 30, "output_tokens": 6}}
    records = told(*ASKED[:3], completed(4, 2, step), *task(5))
    turn, agent = only(records, "activity"), only(records, "agent")
    assert (turn.attributes[c.ASKS], turn.attributes[c.LOOKED_UP]) == (3, ("find_order", "find_order"))
    assert (agent.attributes[c.TURNS], agent.attributes[c.INPUT_TOKENS], agent.attributes[c.COST]) == (3, 30, "0.25")
    assert "asked 3 times" in phrases(turn)
    assert "looked up find_order + find_order" in phrases(turn)


def test_a_turn_that_asked_once_is_recorded_as_ever() -> None:
    [before, after] = [
        told(*ASKED[:3], completed(4, 2, thought), *task(5))
        for thought in (THOUGHT, THOUGHT | {"asks": 1, "looked_up": []})
    ]
    assert before == after
