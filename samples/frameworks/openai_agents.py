"""The OpenAI Agents SDK for one step, as an adapter of one's own: `agents` is the SDK here, and not this project's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from agents.models.chatcmpl_converter import Converter
from openai.types.chat import ChatCompletionMessage

from agents import Agent, FunctionTool, Model, ModelResponse, RunConfig, Runner, Usage


async def reason(step: Any) -> str:
    """Run the agent over the step's messages; its output is the answer."""
    instructions, *asked = step.messages
    agent = Agent(
        name="reasoner",
        instructions=instructions["content"],
        model=WorkerModel(step),
        tools=[look_up(step, form) for form in step.tools],
    )
    said: list[Any] = [{"role": each["role"], "content": each["content"]} for each in asked]
    ran = await Runner.run(agent, said, max_turns=1_000, run_config=RunConfig(tracing_disabled=True))
    return str(ran.final_output)


class WorkerModel(Model):
    """The model of the step's worker."""

    def __init__(self, step: Any) -> None:
        """Keep the way out."""
        self.step = step

    async def get_response(
        self, system_instructions: str | None, input: Any, model_settings: Any, tools: Any, *_: Any, **__: Any
    ) -> ModelResponse:
        """Ask once."""
        messages = [told(each) for each in Converter.items_to_messages(input)]
        if system_instructions:
            messages.insert(0, {"role": "system", "content": system_instructions})
        said = self.step.ask(messages, [tool.name for tool in tools])
        calls = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in said["calls"]
        ]
        message = ChatCompletionMessage.model_validate(
            {"role": "assistant", "content": said["text"] or None, "tool_calls": calls or None}
        )
        tokens = said["input_tokens"] or 0, said["output_tokens"] or 0
        usage = Usage(requests=1, input_tokens=tokens[0], output_tokens=tokens[1], total_tokens=sum(tokens))
        return ModelResponse(Converter.message_to_output_items(message), usage, response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        """A step answers at once."""
        raise NotImplementedError


def told(message: Any) -> dict[str, Any]:
    """A chat message as the worker takes it."""
    content = message.get("content") or ""
    words = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    said: dict[str, Any] = {"role": message["role"], "content": words}
    if message.get("tool_calls"):
        said["calls"] = [{"id": call["id"], **call["function"]} for call in message["tool_calls"]]
    return {**said, "call_id": message["tool_call_id"]} if message["role"] == "tool" else said


def look_up(step: Any, form: dict[str, Any]) -> FunctionTool:
    """A look-up by the worker, which judges the arguments."""

    async def asked(_: Any, arguments: str) -> str:
        return step.look_up(form["name"], json.loads(arguments))

    return FunctionTool(form["name"], form["description"], form["json_schema"], asked, strict_json_schema=False)
