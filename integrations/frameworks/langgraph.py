"""LangGraph for one step: a graph that asks the worker's model and looks things up, and ends with the claim."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode, tools_condition

if TYPE_CHECKING:
    from integrations.frameworks.child import Message, Step

ROLES = {"human": "user", "ai": "assistant"}
Graph = CompiledStateGraph[Any, Any, Any, Any]


class WorkerModel(BaseChatModel):
    """The model of the step's worker; it streams nothing and tries nothing again."""

    step: Any

    @property
    def _llm_type(self) -> str:
        return "worker"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:
        """The same model, which may call these tools."""
        return self.bind(tools=[tool.name for tool in tools])

    def _generate(self, messages: list[BaseMessage], *_: Any, tools: Sequence[str] = (), **__: Any) -> ChatResult:
        said = self.step.ask([told(message) for message in messages], tools)
        calls = [
            {"id": call["id"], "name": call["name"], "args": json.loads(call["arguments"])} for call in said["calls"]
        ]
        tokens = said["input_tokens"] or 0, said["output_tokens"] or 0
        usage = {"input_tokens": tokens[0], "output_tokens": tokens[1], "total_tokens": sum(tokens)}
        message = AIMessage(content=said["text"], tool_calls=calls, usage_metadata=usage)  # type: ignore[arg-type]
        return ChatResult(generations=[ChatGeneration(message=message)])


def told(message: BaseMessage) -> Message:
    """A message as the worker takes it."""
    said: Message = {"role": ROLES.get(message.type, message.type), "content": message.text}
    if isinstance(message, AIMessage) and message.tool_calls:
        said["calls"] = [
            {"id": call["id"], "name": call["name"], "arguments": json.dumps(call["args"])}
            for call in message.tool_calls
        ]
    return {**said, "call_id": message.tool_call_id} if isinstance(message, ToolMessage) else said


def build(model: BaseChatModel, tools: Sequence[BaseTool]) -> Graph:
    """The graph where none is given: ask, look up what the model calls, ask again."""
    asking = model.bind_tools(tools) if tools else model

    async def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await asking.ainvoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_node("ask", ask)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "ask")
    graph.add_conditional_edges("ask", tools_condition)
    graph.add_edge("tools", "ask")
    return graph.compile()


async def reason(step: Step, build: Callable[[BaseChatModel, Sequence[BaseTool]], Graph] = build) -> str:
    """Run the graph over the step's messages; its last message is the answer."""
    ended = await build(WorkerModel(step=step), [_tool(step, each) for each in step.tools]).ainvoke(
        {"messages": step.messages}, {"recursion_limit": 1_000}
    )
    return ended["messages"][-1].text


def _tool(step: Step, form: dict[str, Any]) -> BaseTool:
    def look_up(**arguments: Any) -> str:
        return step.look_up(form["name"], arguments)

    return StructuredTool.from_function(
        look_up, name=form["name"], description=form["description"], args_schema=form["json_schema"]
    )
