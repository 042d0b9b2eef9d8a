"""One question to a model and its answer, free of any vendor's types."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from domain.values import Frozen

TOOL_NAME = r"^[a-zA-Z0-9_-]{1,64}$"


class AskedCall(Frozen):
    """A tool call as a model wrote it; nobody has believed any of it yet."""

    id: str
    name: str
    arguments: str


class ChatMessage(Frozen):
    """One message of a conversation; a message of the role `tool` answers one call of the message before it."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    calls: tuple[AskedCall, ...] = ()
    call_id: str | None = None


class ToolForm(Frozen):
    """A tool as the model is told of it: its arguments are one JSON object of this schema."""

    name: str = Field(pattern=TOOL_NAME)
    description: str
    json_schema: dict[str, JsonValue]


class Chat(Frozen):
    """A conversation, the JSON schema its answer must fit, and the tools that may be called before that."""

    messages: tuple[ChatMessage, ...]
    schema_name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    json_schema: dict[str, JsonValue]
    max_output_tokens: int = Field(gt=0)
    tools: tuple[ToolForm, ...] = ()
    may_call: bool = True
    """False where it must answer now: the tools are named only because the conversation mentions them."""


class Usage(Frozen):
    """Tokens of one or more turns; None where the server did not say."""

    input_tokens: int | None
    output_tokens: int | None


class Completion(Frozen):
    """What a model answered: text and tool calls that nobody has believed yet."""

    text: str
    finish_reason: str | None
    model: str
    provider: str
    usage: Usage
    asked: str | None = None
    """The model that was asked for, where the server calls the one that answered by another name."""
    calls: tuple[AskedCall, ...] = ()
