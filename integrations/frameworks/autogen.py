"""AutoGen for one step: an assistant that asks the worker's model and looks things up, and ends with the claim."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import TaskRunner
from autogen_agentchat.messages import BaseTextChatMessage
from autogen_core import CancellationToken, FunctionCall
from autogen_core.model_context import UnboundedChatCompletionContext
from autogen_core.models import (
    AssistantMessage,
    ChatCompletionClient,
    CreateResult,
    FunctionExecutionResultMessage,
    LLMMessage,
    ModelInfo,
    RequestUsage,
    SystemMessage,
    UserMessage,
)
from autogen_core.tools import BaseTool, Tool, ToolSchema
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from integrations.frameworks.child import Message, Step

Context = UnboundedChatCompletionContext
Build = Callable[[ChatCompletionClient, Sequence[BaseTool[Any, Any]], Context], TaskRunner]
NO_END = 1_000
"""Rounds of tools: the worker's limits come first."""


def build(model: ChatCompletionClient, tools: Sequence[BaseTool[Any, Any]], context: Context) -> TaskRunner:
    """The assistant where none is given; `context` holds the step's messages but the last."""
    return AssistantAgent(
        "reasoner",
        model,
        tools=list(tools),
        model_context=context,
        system_message=None,
        max_tool_iterations=NO_END,
    )


async def reason(step: Step, build: Build = build) -> str:
    """Give the step's last message as the task; the last message of the run is the answer."""
    *before, last = step.messages
    context = UnboundedChatCompletionContext(initial_messages=[_read(each) for each in before])
    runner = build(WorkerModel(step), [LookUp(step, each) for each in step.tools], context)
    ended = (await runner.run(task=last["content"])).messages[-1]
    return ended.content if isinstance(ended, BaseTextChatMessage) else ""


class WorkerModel(ChatCompletionClient):
    """The model of the step's worker; it streams nothing and tries nothing again."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._total = RequestUsage(0, 0)

    async def create(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = (), **_: Any
    ) -> CreateResult:
        """Ask once."""
        names = [tool["name"] if isinstance(tool, dict) else tool.name for tool in tools]
        said = self._step.ask([each for message in messages for each in told(message)], names)
        usage = RequestUsage(said["input_tokens"] or 0, said["output_tokens"] or 0)
        self._total.prompt_tokens += usage.prompt_tokens
        self._total.completion_tokens += usage.completion_tokens
        calls = [FunctionCall(call["id"], call["arguments"], call["name"]) for call in said["calls"]]
        reason = "function_calls" if calls else "stop"
        return CreateResult(finish_reason=reason, content=calls or said["text"], usage=usage, cached=False)

    async def create_stream(self, *messages: Any, **options: Any) -> AsyncGenerator[str | CreateResult, None]:
        """The whole answer at once."""
        yield await self.create(*messages, **options)

    async def close(self) -> None:
        """Nothing is open."""

    def actual_usage(self) -> RequestUsage:
        """The tokens so far."""
        return self._total

    def total_usage(self) -> RequestUsage:
        """The tokens so far."""
        return self._total

    def count_tokens(self, *_: Any, **__: Any) -> int:
        """Nobody knows before the model was asked."""
        return 0

    def remaining_tokens(self, *_: Any, **__: Any) -> int:
        """Nobody knows; the worker's limits hold."""
        return 1_000_000

    @property
    def capabilities(self) -> ModelInfo:  # type: ignore[override]
        """What the model can."""
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        """What the model can: tools, and the form of the answer, which comes with every question."""
        return ModelInfo(
            vision=False, function_calling=True, json_output=True, structured_output=True, family="unknown"
        )


def told(message: LLMMessage) -> list[Message]:
    """A message as the worker takes it; what tools returned is a message each."""
    if isinstance(message, FunctionExecutionResultMessage):
        return [{"role": "tool", "content": each.content, "call_id": each.call_id} for each in message.content]
    role = {SystemMessage: "system", AssistantMessage: "assistant", UserMessage: "user"}[type(message)]
    if isinstance(message, AssistantMessage) and not isinstance(message.content, str):
        calls = [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.content]
        return [{"role": role, "content": message.thought or "", "calls": calls}]
    return [{"role": role, "content": str(message.content)}]


def _read(message: Message) -> LLMMessage:
    match message["role"]:
        case "assistant":
            return AssistantMessage(content=message["content"], source="reasoner")
        case "system":
            return SystemMessage(content=message["content"])
        case _:
            return UserMessage(content=message["content"], source="worker")


class Arguments(BaseModel):
    """Arguments of a look-up, which the worker judges."""

    model_config = ConfigDict(extra="allow")


class LookUp(BaseTool[Arguments, Any]):
    """A look-up by the worker."""

    def __init__(self, step: Step, form: Mapping[str, Any]) -> None:
        super().__init__(Arguments, str, form["name"], form["description"])
        self._step = step
        self._form = form

    @property
    def schema(self) -> ToolSchema:
        """As the worker describes it."""
        return ToolSchema(name=self.name, description=self.description, parameters=self._form["json_schema"])

    async def run(self, args: Arguments, cancellation_token: CancellationToken) -> str:  # noqa: ARG002
        """Look it up."""
        return self._step.look_up(self.name, args.model_dump())
