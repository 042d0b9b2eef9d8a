"""What is read from the server's answer, and nothing else of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Count = Annotated[int, Field(ge=0)]


class Wire(BaseModel):
    """A part of a vendor's JSON: unknown fields are ignored, known ones must be right."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class WireFunction(Wire):
    """Which function is called, with arguments as JSON text; some servers send the object itself."""

    name: str = ""
    arguments: JsonValue = None


class WireCall(Wire):
    """One tool call."""

    id: str | None = None
    function: WireFunction = WireFunction()


class WireMessage(Wire):
    """What the model said and called, or why it would not."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: tuple[WireCall, ...] | None = None


class WireChoice(Wire):
    """One of the answers; only one is asked for."""

    message: WireMessage
    finish_reason: str | None = None


class WireUsage(Wire):
    """Tokens as the server counts them."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None


class WireAnswer(Wire):
    """A chat completion."""

    choices: tuple[WireChoice, ...]
    model: str | None = None
    usage: WireUsage | None = None


class WireError(Wire):
    """The error object that OpenAI-compatible servers send."""

    message: str = ""
    code: str | int | None = None
    type: str | None = None


class WireFailure(Wire):
    """An error body, in the common shape."""

    error: WireError
