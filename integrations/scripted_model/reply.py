"""One scripted reply: what the model says, and what goes wrong on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import Field, JsonValue

from domain.values import Frozen

SpokenFault = Literal["fenced", "prose", "wrong_schema", "extra_key", "duplicate_keys", "nan", "wrong_figures"]
"""The model's words are wrong, or oddly wrapped."""

AnswerFault = Literal["empty_choices", "no_content", "refusal", "content_filter", "length", "foreign_json", "no_usage"]
"""The completion around the words is."""

BodyFault = Literal["malformed", "truncated", "html", "huge"]
"""The HTTP body is."""

WireFault = Literal["reset", "reset_midway", "drip", "hang", "gzip_bomb", "redirect"]
"""The connection is."""

CallFault = Literal[
    "arguments_not_json",
    "arguments_huge",
    "arguments_object",
    "no_call_id",
    "same_call_id",
    "unknown_tool",
    "nameless_tool",
    "calls_and_answer",
    "many_calls",
]
"""The tool calls are; `arguments_object` and `no_call_id` are habits of some servers."""

Fault = SpokenFault | AnswerFault | BodyFault | WireFault | CallFault


class ScriptedCall(Frozen):
    """A tool that the model calls; arguments that are a text go as they are, anything else as JSON."""

    tool: str
    arguments: JsonValue = Field(default={})


class Reply(Frozen):
    """One reply, in the order of the script.

    `content` is what the model says: a text as it is, anything else as JSON; None lets the rules speak, where the
    server has them. `calls` are the tools that it calls instead; where the question names no tools, in words. A
    `status` other than 200 answers an error with `message`, `code` and `retry_after`.
    """

    content: JsonValue = None
    calls: tuple[ScriptedCall, ...] = ()
    fault: Fault | None = None
    delay_ms: int = Field(default=0, ge=0)
    status: int = Field(default=200, ge=200, le=599)
    message: str = "as the script says"
    code: str | None = None
    retry_after: str | None = Field(default=None, description="the Retry-After header as sent: seconds or a date")
    retry_after_ms: str | None = None


class Script(Frozen):
    """A script file: replies in order."""

    reply: tuple[Reply, ...]


def spoken(reply: Reply) -> str:
    """The model's words, after any fault in them."""
    said = reply.content
    words = said if isinstance(said, str) else json.dumps(said)
    spoil = SPOILT.get(reply.fault or "")
    return spoil(words) if spoil else words


def other_figures(words: str) -> str:
    """Every figure from 1 on with another first digit: well formed, and not what the text says."""
    return re.sub(r'(?<=": ")([1-9])(?=[0-9]*\.?[0-9]*")', lambda digit: str(int(digit[1]) % 9 + 1), words)


def _with_key(words: str, pair: str) -> str:
    return f"{words.rstrip().removesuffix('}').rstrip()}, {pair}}}"


def _with_first_key_twice(words: str) -> str:
    pairs = re.match(r'\{\s*("[^"]+")', words)
    return _with_key(words, f"{pairs[1] if pairs else words}: null")


SPOILT: Mapping[str, Callable[[str], str]] = {
    "fenced": lambda words: f"```json\n{words}\n```",
    "prose": lambda words: f"Certainly! Here is the answer you asked for: {words}",
    "wrong_schema": lambda _: '{"answer": "pay it"}',
    "extra_key": lambda words: _with_key(words, '"approved": true'),
    "duplicate_keys": _with_first_key_twice,
    "nan": lambda words: re.sub(r'("confidence": )"?[0-9.]+"?', r"\1NaN", words),
    "wrong_figures": other_figures,
}
