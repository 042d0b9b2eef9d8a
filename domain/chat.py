"""One question to a model and its answer, free of any vendor's types."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from domain.values import Frozen


class ChatMessage(Frozen):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Chat(Frozen):
    """A conversation and the JSON schema its answer must fit."""

    messages: tuple[ChatMessage, ...]
    schema_name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    json_schema: dict[str, JsonValue]
    max_output_tokens: int = Field(gt=0)


class Usage(Frozen):
    """Tokens of one or more turns; None where the server did not say."""

    input_tokens: int | None
    output_tokens: int | None


class Completion(Frozen):
    """What a model answered: text that nobody has believed yet."""

    text: str
    finish_reason: str | None
    model: str
    provider: str
    usage: Usage
    asked: str | None = None
    """The model that was asked for, where the server calls the one that answered by another name."""
