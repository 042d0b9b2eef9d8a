"""Tool calls on the wire: as Chat Completions has them, and in plain words for servers that do not take them.

In words, the model answers with `{"calls": [{"tool": …, "arguments": {…}}]}` or with the answer itself; what its calls
came to follows as a message of the user.
"""

from __future__ import annotations

import json
from typing import cast

from pydantic import JsonValue, ValidationError

from domain.chat import AskedCall, Chat, ChatMessage
from domain.strict_json import NotStrict, strict_json
from domain.values import Frozen
from integrations.chat_model.strict_schema import strict_schema
from integrations.chat_model.wire import WireCall

PROTOCOL = (
    'Before you answer you may call tools: answer with one JSON object {"calls": [{"tool": NAME, "arguments": {…}}]} '
    "and nothing else. What they returned is told to you next. Only then, or if you need none, give the answer that "
    "fits the schema."
)
NO_MORE = "You may call no more tools: give the answer that fits the schema."


class SpokenCall(Frozen):
    """A call in words."""

    tool: str
    arguments: dict[str, JsonValue]


class SpokenCalls(Frozen):
    """Calls in words."""

    calls: tuple[SpokenCall, ...]


def message_of(message: ChatMessage) -> dict[str, object]:
    """A message as Chat Completions has it."""
    said: dict[str, object] = {"role": message.role, "content": message.content}
    if message.calls:
        said["tool_calls"] = [_function_call(call) for call in message.calls]
    if message.call_id is not None:
        said["tool_call_id"] = message.call_id
    return said


def tools_of(chat: Chat) -> dict[str, object]:
    """The parameters that name the tools; none for a chat without."""
    if not chat.tools:
        return {}
    functions = [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": strict_schema(tool.json_schema),
            "strict": True,
        }
        for tool in chat.tools
    ]
    tools = [{"type": "function", "function": function} for function in functions]
    return {"tools": tools, "tool_choice": "auto" if chat.may_call else "none"}


def calls_of(calls: tuple[WireCall, ...] | None) -> tuple[AskedCall, ...]:
    """The calls of an answer, as written."""
    return tuple(
        AskedCall(id=call.id or "", name=call.function.name, arguments=_written(call.function.arguments))
        for call in calls or ()
    )


def in_words(chat: Chat) -> Chat:
    """The same conversation for a server that knows neither schemas nor tools: both are told in the first message."""
    first, *rest = chat.messages
    schema = json.dumps(strict_schema(chat.json_schema))
    told = [first.content, *_tools_told(chat), f"JSON SCHEMA {chat.schema_name}\n{schema}"]
    described = first.model_copy(update={"content": "\n\n".join(told)})
    return chat.model_copy(update={"messages": (described, *map(_in_words, rest)), "tools": ()})


def spoken_calls(text: str) -> tuple[AskedCall, ...]:
    """The calls that an answer in words makes; none where it is something else, which the claim's decoder judges."""
    try:
        said = strict_json(text)
    except NotStrict:
        return ()
    if not isinstance(said, dict) or set(cast("dict[str, object]", said)) != {"calls"}:
        return ()
    try:
        spoken = SpokenCalls.model_validate(said)
    except ValidationError:
        return (AskedCall(id="", name="calls", arguments=text),)  # told back as a tool that does not exist
    return tuple(AskedCall(id="", name=call.tool, arguments=json.dumps(call.arguments)) for call in spoken.calls)


def _tools_told(chat: Chat) -> list[str]:
    if not chat.tools:
        return []
    if not chat.may_call:
        return [NO_MORE]
    each = [
        f"TOOL {tool.name}: {tool.description}\n{json.dumps(strict_schema(tool.json_schema))}" for tool in chat.tools
    ]
    return ["\n".join([PROTOCOL, *each])]


def _in_words(message: ChatMessage) -> ChatMessage:
    if message.role == "tool":
        return ChatMessage(role="user", content=f"CALL {message.call_id} CAME TO\n{message.content}")
    if not message.calls:
        return message
    calls = [{"tool": call.name, "arguments": json.loads(call.arguments)} for call in message.calls]
    ids = ", ".join(call.id for call in message.calls)
    return ChatMessage(role="assistant", content=f"{json.dumps({'calls': calls})}\nThese are the calls {ids}.")


def _function_call(call: AskedCall) -> dict[str, object]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _written(arguments: JsonValue) -> str:
    return arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)
