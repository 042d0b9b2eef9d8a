"""What an agent asks, read back from the messages that `agents.prompt` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from domain.chat import ChatMessage
from domain.values import Frozen

AGENT = re.compile(r"^AGENT (\S+) (\S+)$", re.MULTILINE)
BRIEF = "BRIEF\n"
OUTSIDE = re.compile(
    r"^([A-Z_]+)\nBEGIN OUTSIDE TEXT ([0-9a-f]{16})\n(.*?)\nEND OUTSIDE TEXT \2$", re.MULTILINE | re.DOTALL
)
FENCED = re.compile(r"BEGIN OUTSIDE TEXT ([0-9a-f]{16})\n(.*)\nEND OUTSIDE TEXT \1", re.DOTALL)


class OutsideText(Frozen):
    """A fenced text and the field of the brief that refers to it."""

    field: str
    text: str


class ToolResult(Frozen):
    """What a call of a tool came to; `text` is JSON where something was looked up and found."""

    tool: str
    text: str


class Question(Frozen):
    """The agent that asks, its brief as JSON, the outside texts, and what its tools returned so far, oldest first."""

    agent: str
    version: str
    brief: str
    texts: tuple[OutsideText, ...]
    results: tuple[ToolResult, ...] = ()


def question_of(messages: Sequence[ChatMessage]) -> Question | None:
    """Read a conversation's question; None where the messages are of another make."""
    system = next((message.content for message in messages if message.role == "system"), "")
    user = next((message.content for message in messages if message.role == "user"), "")
    agent = AGENT.search(system)
    words, found, _ = user.partition(BRIEF)  # a framework may put words of its own before the question
    if agent is None or not found:
        return None
    start = len(words) + len(BRIEF)
    try:
        _, end = json.JSONDecoder().raw_decode(user, start)
    except json.JSONDecodeError:
        return None
    texts = tuple(OutsideText(field=name.lower(), text=text) for name, _, text in OUTSIDE.findall(user[end:]))
    results = tuple(_results(messages))
    return Question(agent=agent[1], version=agent[2], brief=user[start:end], texts=texts, results=results)


def _results(messages: Sequence[ChatMessage]) -> Iterator[ToolResult]:
    """Tool messages with the names of the tools they answer."""
    names: dict[str, str] = {}
    for message in messages:
        names |= {call.id: call.name for call in message.calls}
        if message.role == "tool":
            fenced = FENCED.fullmatch(message.content)
            yield ToolResult(tool=names.get(message.call_id or "", ""), text=fenced[2] if fenced else message.content)
