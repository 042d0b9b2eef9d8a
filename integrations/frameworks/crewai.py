"""CrewAI for one step: an agent that asks the worker's model and looks things up, and ends with the claim."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from crewai import Agent, BaseLLM
from crewai.tools import BaseTool
from pydantic import BaseModel, PrivateAttr, create_model

if TYPE_CHECKING:
    from integrations.frameworks.child import Message, Step

Build = Callable[[BaseLLM, Sequence[BaseTool], str], Any]
NO_END = 1_000
"""Rounds of tools: the worker's limits come first."""
MARK = secrets.token_hex(8)
"""What keeps CrewAI from filling in its templates where somebody else's text happens to hold their names."""


class WorkerModel(BaseLLM):
    """The model of the step's worker; the worker ends the step where it fails, so nothing is tried again."""

    _step: Any = PrivateAttr()

    def __init__(self, step: Step) -> None:
        super().__init__(model="worker")
        self._step = step

    def call(self, messages: str | list[Any], tools: list[Any] | None = None, *_: Any, **__: Any) -> Any:
        """Ask once: the answer as text, or the calls as CrewAI carries them out."""
        asked = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
        said = self._step.ask([told(each) for each in asked], [each["function"]["name"] for each in tools or []])
        calls = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in said["calls"]
        ]
        return calls or said["text"]

    async def acall(self, *messages: Any, **options: Any) -> Any:
        """The same: the process has nothing else to do meanwhile."""
        return self.call(*messages, **options)

    def supports_function_calling(self) -> bool:
        """Tools go to the model as tools."""
        return True


def told(message: Any) -> Message:
    """A message as the worker takes it."""
    said: Message = {"role": message["role"], "content": (message.get("content") or "").replace(MARK, "")}
    if message.get("tool_calls"):
        said["calls"] = [{"id": call["id"], **call["function"]} for call in message["tool_calls"]]
    return {**said, "call_id": message["tool_call_id"]} if message["role"] == "tool" else said


def build(model: BaseLLM, tools: Sequence[BaseTool], instructions: str) -> Any:
    """The agent where none is given."""
    return Agent(
        role="Reasoner",
        goal="Answer in the form that is asked for",
        backstory=f"\n{instructions}",
        llm=model,
        tools=list(tools),
        max_iter=NO_END,
        max_retry_limit=0,
        respect_context_window=False,
    )


async def reason(step: Step, build: Build = build) -> str:
    """Let the agent answer the step's messages; instructions are its backstory."""
    instructions, *asked = [{**message, "content": marked(message["content"])} for message in step.messages]
    agent = build(WorkerModel(step), [LookUp(step, each) for each in step.tools], instructions["content"])
    return (await agent.kickoff_async(asked)).raw


def marked(text: str) -> str:
    """The text without anything that CrewAI takes for a place of a template; `told` gives it back as it was."""
    return re.sub(r"\{(?=(?:input|tools|tool_names)\})", "{" + MARK, text)


class LookUp(BaseTool):
    """A look-up by the worker, which has judged the arguments already."""

    _step: Any = PrivateAttr()

    def __init__(self, step: Step, form: dict[str, Any]) -> None:
        fields: dict[str, Any] = dict.fromkeys(form["json_schema"].get("properties", {}), (Any, ...))
        arguments: type[BaseModel] = create_model(f"{form['name']}_arguments", **fields)
        super().__init__(name=form["name"], description=form["description"], args_schema=arguments)
        self._step = step

    def _run(self, **arguments: Any) -> str:
        return self._step.look_up(self.name, arguments)
