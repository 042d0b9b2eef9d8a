"""Pydantic AI for one step: an agent that asks the worker's model and looks things up, and ends with the claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic_ai import Agent, Tool, UsageLimits
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

if TYPE_CHECKING:
    from integrations.frameworks.child import Message, Step

Build = Callable[[Model, Sequence[Tool[None]]], Agent[None, str]]


def build(model: Model, tools: Sequence[Tool[None]]) -> Agent[None, str]:
    """The agent where none is given; what its answer is worth is judged by the worker."""
    return Agent(model, deps_type=type(None), tools=tools, output_type=str)


async def reason(step: Step, build: Build = build) -> str:
    """Run the agent over the step's messages; its output is the answer."""
    *before, last = step.messages
    agent = build(FunctionModel(partial(_ask, step)), [_tool(step, each) for each in step.tools])
    no_limits = UsageLimits(request_limit=None)  # the worker has its own
    ran = await agent.run(last["content"], message_history=[_read(each) for each in before], usage_limits=no_limits)
    return ran.output


def _ask(step: Step, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    said = step.ask(list(told(messages, info.instructions)), [tool.name for tool in info.function_tools])
    calls = [ToolCallPart(call["name"], call["arguments"], call["id"]) for call in said["calls"]]
    usage = RequestUsage(input_tokens=said["input_tokens"] or 0, output_tokens=said["output_tokens"] or 0)
    words = [TextPart(said["text"])] if said["text"] or not calls else []
    return ModelResponse(parts=[*words, *calls], usage=usage, model_name=said["model"])


def told(messages: Sequence[ModelMessage], instructions: str | None = None) -> Iterator[Message]:
    """Messages as the worker takes them, instructions first."""
    if instructions:
        yield {"role": "system", "content": instructions}
    for message in messages:
        if isinstance(message, ModelRequest):
            yield from map(_asked, message.parts)
        else:
            yield _answered(message)


def _asked(part: Any) -> Message:
    if isinstance(part, SystemPromptPart):
        return {"role": "system", "content": part.content}
    if isinstance(part, UserPromptPart):
        return {"role": "user", "content": part.content if isinstance(part.content, str) else str(part.content)}
    if isinstance(part, ToolReturnPart):
        return {"role": "tool", "content": part.model_response_str(), "call_id": part.tool_call_id}
    wrong = part.model_response()
    return (
        {"role": "tool", "content": wrong, "call_id": part.tool_call_id}
        if part.tool_name
        else {"role": "user", "content": wrong}
    )


def _answered(message: ModelResponse) -> Message:
    calls = [
        {"id": call.tool_call_id, "name": call.tool_name, "arguments": call.args_as_json_str()}
        for call in message.tool_calls
    ]
    return {"role": "assistant", "content": message.text or "", **({"calls": calls} if calls else {})}


def _read(message: Message) -> ModelMessage:
    """A message of the step, as the framework has it."""
    match message["role"]:
        case "assistant":
            return ModelResponse(parts=[TextPart(message["content"])])
        case "system":
            return ModelRequest(parts=[SystemPromptPart(message["content"])])
        case _:
            return ModelRequest(parts=[UserPromptPart(message["content"])])


def _tool(step: Step, form: dict[str, Any]) -> Tool[None]:
    def look_up(**arguments: Any) -> str:
        return step.look_up(form["name"], arguments)

    return Tool.from_schema(look_up, form["name"], form["description"], form["json_schema"])
