"""From a reply to the bytes of its HTTP body."""

from __future__ import annotations

import gzip
import json

from pydantic import JsonValue

from integrations.scripted_model.calls import calls_in_words, tool_calls
from integrations.scripted_model.reply import Reply, spoken

MODEL = "rules"
HUGE = 3_000_000
CHARACTERS_PER_TOKEN = 4
"""A rough rule for English text: the scripted model has no tokens of its own."""


def body_of(reply: Reply, asked: int, *, takes_calls: bool = True) -> bytes:
    """The body of a 200, after any fault in it; `asked` is the number of characters in the question."""
    if reply.calls and not takes_calls:
        reply = calls_in_words(reply)
    whole = json.dumps(_completion(reply, asked)).encode()
    match reply.fault:
        case "malformed":
            return whole.replace(b'"choices":', b'"choices" =')
        case "truncated":
            return whole[: len(whole) // 2]
        case "html":
            return b"<!doctype html><title>Welcome to the gateway</title><h1>It works!</h1>"
        case "huge":
            return whole[:-1] + b', "padding": "' + b"x" * HUGE + b'"}'
        case "gzip_bomb":
            return gzip.compress(whole + b" " * HUGE)
        case _:
            return whole


def error_body(reply: Reply) -> dict[str, JsonValue]:
    """The body of an error status, in OpenAI's shape."""
    return {"error": {"message": reply.message, "type": reply.code, "param": None, "code": reply.code}}


def _completion(reply: Reply, asked: int) -> JsonValue:
    if reply.fault == "foreign_json":
        return {"status": "ok", "result": []}
    words = spoken(reply)
    usage: JsonValue = {
        "prompt_tokens": asked // CHARACTERS_PER_TOKEN,
        "completion_tokens": len(words) // CHARACTERS_PER_TOKEN,
    }
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [] if reply.fault == "empty_choices" else [_choice(reply, words)],
        "usage": None if reply.fault == "no_usage" else usage,
    }


def _choice(reply: Reply, words: str) -> JsonValue:
    content: JsonValue = words
    refusal: JsonValue = None
    finish = "stop"
    match reply.fault:
        case "length":
            content, finish = words[: len(words) // 2], "length"
        case "no_content":
            content = None
        case "refusal":
            content, refusal = None, "I cannot help with that."
        case "content_filter":
            content, finish = None, "content_filter"
        case _:
            pass
    message: dict[str, JsonValue] = {"role": "assistant", "content": content, "refusal": refusal}
    if reply.calls:
        finish, message["tool_calls"] = "tool_calls", tool_calls(reply)
        message["content"] = content if reply.content is not None else None
    return {"index": 0, "message": message, "finish_reason": finish}
