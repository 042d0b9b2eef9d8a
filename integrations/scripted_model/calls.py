"""Tool calls as the scripted model writes them, after any fault in them."""

from __future__ import annotations

import json

from pydantic import JsonValue

from integrations.scripted_model.reply import Reply, ScriptedCall

HUGE = 1_000_000
MANY = 200


def tool_calls(reply: Reply) -> list[JsonValue]:
    """The calls in the shape of Chat Completions."""
    calls = reply.calls * MANY if reply.fault == "many_calls" else reply.calls
    return [_call(reply, call, number) for number, call in enumerate(calls)]


def calls_in_words(reply: Reply) -> Reply:
    """The same calls as the content of an answer, for a question that named no tools."""
    calls: list[JsonValue] = [{"tool": call.tool, "arguments": call.arguments} for call in reply.calls]
    return reply.model_copy(update={"content": {"calls": calls}, "calls": ()})


def _call(reply: Reply, call: ScriptedCall, number: int) -> JsonValue:
    fault = reply.fault
    said = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
    arguments: JsonValue = {
        "arguments_not_json": said[: len(said) // 2] + "…",
        "arguments_huge": json.dumps({"padding": "x" * HUGE}),
        "arguments_object": call.arguments,
    }.get(fault or "", said)
    name = {"unknown_tool": "rm -rf /\n\u202e", "nameless_tool": ""}.get(fault or "", call.tool)
    own = "call-0" if fault == "same_call_id" else f"call-{number}"
    function: JsonValue = {"name": name, "arguments": arguments}
    return {"id": None if fault == "no_call_id" else own, "type": "function", "function": function}
