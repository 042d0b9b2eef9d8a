"""Tool calls on the wire: asked for as servers take them, and read back whatever comes."""

import json
import re
from typing import Any

import pytest
from pydantic import SecretStr

from agents.prompt import chat_for, went_on
from agents.tools import Observed, looked_at
from agents.transcript import Segment
from domain.chat import AskedCall, Chat, ChatMessage, Completion
from domain.documents import DocumentRef
from domain.errors import Unavailable
from integrations.chat_model import ChatModel, ModelSettings
from integrations.chat_model.chat_model import completion_of
from integrations.chat_model.tool_wire import in_words, spoken_calls
from integrations.scripted_model import Reply, ScriptedCall, scripted_model
from integrations.scripted_model.question import question_of
from integrations.scripted_model.server import paired
from tests.clerk import Errands, clerk

REF = DocumentRef(digest="0" * 64, size=10, media_type="text/plain", name="message")
ASKED = looked_at([AskedCall(id="a", name="find_order", arguments='{"order_id": "1"}')], clerk.tools, 8)
HEARD = Observed(call="a", tool="find_order", kind="read", text='{"order": "PO-1"}')
SEGMENT = Segment(before=None, observed=(), said="I look.", calls=ASKED)
FIRST = chat_for(clerk, Errands(mark="m", message=REF), {"message": "Hello"}, [])
LATER = FIRST.model_copy(update={"messages": (*FIRST.messages, *went_on([SEGMENT], [HEARD], 8_000))})
FIND = ScriptedCall(tool="find_order", arguments={"order_id": "PO-1"})
ANSWER = {"summary": "Done.", "confidence": "0.9", "evidence": [{"source": "message", "quote": "Hello"}]}


def settings(url: str) -> ModelSettings:
    return ModelSettings(base_url=url, api_key=SecretStr("key"), model="test-model", seconds=5)


async def ask(reply: Reply, chat: Chat = FIRST, **server: Any) -> Completion:
    async with scripted_model([reply], **server) as serving, ChatModel(settings(serving.url)) as model:
        return await model.complete(chat)


async def test_tools_go_out_with_closed_schemas_beside_the_schema_of_the_answer() -> None:
    async with scripted_model([Reply(calls=(FIND,))]) as server, ChatModel(settings(server.url)) as model:
        await model.complete(FIRST)
        (asked,) = server.asked
    assert (asked.response_format.type, asked.tool_choice) == ("json_schema", "auto")
    first: Any = asked.tools[0]
    assert (first["type"], first["function"]["name"], first["function"]["strict"]) == ("function", "find_order", True)
    assert first["function"]["parameters"]["additionalProperties"] is False
    assert len(asked.tools) == 3


async def test_a_chat_without_tools_names_none() -> None:
    plain = FIRST.model_copy(update={"tools": ()})
    async with scripted_model([Reply(content=ANSWER)]) as server, ChatModel(settings(server.url)) as model:
        await model.complete(plain)
        assert (server.asked[0].tools, server.asked[0].tool_choice) == ((), None)


async def test_on_the_last_turn_no_tool_may_be_chosen() -> None:
    last = LATER.model_copy(update={"may_call": False})
    async with scripted_model([Reply(content=ANSWER)]) as server, ChatModel(settings(server.url)) as model:
        await model.complete(last)
        assert (len(server.asked[0].tools), server.asked[0].tool_choice) == (3, "none")


async def test_calls_come_back_as_the_model_wrote_them_in_parallel() -> None:
    said = await ask(Reply(calls=(FIND, ScriptedCall(tool="send_back", arguments={"order_id": "2"}))))
    assert [(each.id, each.name, json.loads(each.arguments)) for each in said.calls] == [
        ("call-0", "find_order", {"order_id": "PO-1"}),
        ("call-1", "send_back", {"order_id": "2"}),
    ]
    assert (said.text, said.finish_reason) == ("", "tool_calls")
    assert said.usage.input_tokens


async def test_a_conversation_with_calls_arrives_as_a_server_demands_it() -> None:
    async with scripted_model([Reply(content=ANSWER)]) as server, ChatModel(settings(server.url)) as model:
        await model.complete(LATER)
        (asked,) = server.asked
    assert asked.messages == LATER.messages
    question = question_of(asked.messages)
    assert question is not None
    assert [(each.tool, each.text) for each in question.results] == [("find_order", '{"order": "PO-1"}')]


@pytest.mark.parametrize("messages", [LATER.messages[:-1], (*LATER.messages[:-1], LATER.messages[0])])
def test_the_scripted_server_refuses_an_unanswered_call_as_servers_do(messages: tuple[ChatMessage, ...]) -> None:
    assert paired(LATER.messages) == LATER.messages
    with pytest.raises(ValueError, match="answered"):
        paired(messages)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("arguments_not_json", "What you gave as arguments is not one complete JSON object"),
        ("arguments_huge", "the limit is 8000"),
        ("unknown_tool", "There is no tool rm -rf / [U+202E]. You may call"),
        ("nameless_tool", "There is no tool . You may call"),
        ("many_calls", "You made 200 calls at once"),
    ],
)
async def test_a_hostile_call_comes_back_with_its_usage_and_is_refused_in_words(fault: str, says: str) -> None:
    said = await ask(Reply.model_validate({"calls": [FIND], "fault": fault}))
    seen = looked_at(said.calls, clerk.tools, 8)
    assert {each.does for each in seen} == {None}
    assert says in (seen[0].fault or "")
    assert said.usage.output_tokens is not None
    again = Segment(before=None, observed=(), said=said.text, calls=seen)
    refused = [Observed(call=each.id, tool=each.tool, kind="refused", text=each.fault or "") for each in seen]
    told = FIRST.model_copy(update={"messages": (*FIRST.messages, *went_on([again], refused, 8_000))})
    assert (await ask(Reply(content=ANSWER), told)).text == json.dumps(ANSWER)  # the server takes it back


@pytest.mark.parametrize("fault", ["arguments_object", "no_call_id", "same_call_id"])
async def test_a_servers_habits_do_no_harm(fault: str) -> None:
    said = await ask(Reply.model_validate({"calls": [FIND, FIND], "fault": fault}))
    seen = looked_at(said.calls, clerk.tools, 8)
    assert [each.arguments for each in seen] == ['{"order_id":"PO-1"}'] * 2
    assert len({each.id for each in seen}) == 2


async def test_calls_beside_an_answer_come_back_with_it() -> None:
    said = await ask(Reply(content=ANSWER, calls=(FIND,), fault="calls_and_answer"))
    assert (len(said.calls), said.text) == (1, json.dumps(ANSWER))


@pytest.mark.parametrize("broken", ['"tool_calls": 7', '"tool_calls": [7]', '"tool_calls": [{"function": "find"}]'])
async def test_calls_that_are_no_calls_are_an_answer_of_something_else(broken: str) -> None:
    body = f'{{"choices": [{{"message": {{"content": null, {broken}}}}}]}}'
    with pytest.raises(Unavailable, match="sent no chat completion"):
        completion_of(body, settings("http://127.0.0.1/v1"))


# Servers that do not take tools


@pytest.mark.parametrize("status", [400, 404, 422, 500])
async def test_a_server_that_refuses_tools_is_told_of_them_in_words_from_then_on(status: int) -> None:
    replies = [Reply(calls=(FIND,)), Reply(content=ANSWER), Reply(content=ANSWER)]
    async with scripted_model(replies, refuse_tools=status) as server, ChatModel(settings(server.url)) as model:
        called = await model.complete(FIRST)
        answered = await model.complete(LATER)
        await model.complete(FIRST.model_copy(update={"tools": ()}))
        asked = server.asked
    assert [(each.name, json.loads(each.arguments)) for each in called.calls] == [("find_order", {"order_id": "PO-1"})]
    assert (answered.calls, json.loads(answered.text)) == ((), ANSWER)
    assert [bool(each.tools) for each in asked] == [True, False, False, False]
    assert [each.response_format.type for each in asked] == ["json_schema", "json_object", "json_object", "json_schema"]
    system = asked[1].messages[0].content
    assert all(f"TOOL {tool.name}: " in system for tool in clerk.tools)
    assert "JSON SCHEMA Report" in system


def test_in_words_the_conversation_keeps_calls_results_and_fences() -> None:
    said, came = in_words(LATER).messages[2:]
    assert (said.role, said.calls) == ("assistant", ())
    assert said.content.startswith('{"calls": [{"tool": "find_order", "arguments": {"order_id": "1"}}]}')
    assert (came.role, came.call_id) == ("user", None)
    assert re.fullmatch(r"CALL a CAME TO\nBEGIN OUTSIDE TEXT \w+\n.*\nEND OUTSIDE TEXT \w+", came.content, re.DOTALL)


def test_in_words_the_last_turn_names_no_tools() -> None:
    system = in_words(LATER.model_copy(update={"may_call": False})).messages[0].content
    assert "TOOL find_order" not in system
    assert "You may call no more tools" in system


@pytest.mark.parametrize(
    "text", ["", "calls", "[]", '{"calls": [], "answer": 1}', '{"calls": [], "calls": []}', json.dumps(ANSWER), "NaN"]
)
def test_what_makes_no_calls_in_words_is_left_to_the_claim(text: str) -> None:
    assert spoken_calls(text) == ()


@pytest.mark.parametrize("text", ['{"calls": 7}', '{"calls": [{"tool": 1}]}', '{"calls": [{"tool": "a", "x": {}}]}'])
def test_calls_in_words_of_the_wrong_form_are_told_back_as_a_call_that_cannot_be(text: str) -> None:
    (seen,) = looked_at(spoken_calls(text), clerk.tools, 8)
    assert seen.does is None
    assert "There is no tool calls." in (seen.fault or "")
