"""A LangGraph graph for a step: draft an answer, read it again beside the question, and answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode, tools_condition

AGAIN = "Hold your answer against the brief, correct what does not hold, and give the whole answer again."


def build(model: BaseChatModel, tools: Sequence[BaseTool]) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Ask with tools until there is a draft, then once more without."""
    asking = model.bind_tools(tools) if tools else model

    async def draft(state: MessagesState) -> dict[str, Any]:
        return {"messages": [await asking.ainvoke(state["messages"])]}

    async def review(state: MessagesState) -> dict[str, Any]:
        again = HumanMessage(AGAIN)
        return {"messages": [again, await model.ainvoke([*state["messages"], again])]}

    graph = StateGraph(MessagesState)
    graph.add_node("draft", draft)
    graph.add_node("tools", ToolNode(tools))
    graph.add_node("review", review)
    graph.add_edge(START, "draft")
    graph.add_conditional_edges("draft", tools_condition, {"tools": "tools", END: "review"})
    graph.add_edge("tools", "draft")
    graph.add_edge("review", END)
    return graph.compile()
