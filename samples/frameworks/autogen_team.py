"""An AutoGen team for a step: a clerk drafts, a colleague reads it again and answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import TaskRunner
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core.model_context import UnboundedChatCompletionContext
from autogen_core.models import ChatCompletionClient
from autogen_core.tools import BaseTool

AGAIN = "Hold the answer of your colleague against the brief, correct it, and give the whole answer again."


def build(
    model: ChatCompletionClient, tools: Sequence[BaseTool[Any, Any]], context: UnboundedChatCompletionContext
) -> TaskRunner:
    """The task, the clerk's answer and the colleague's, which counts; tools are the clerk's."""
    clerk = AssistantAgent(
        "clerk", model, tools=list(tools), model_context=context, system_message=None, max_tool_iterations=1_000
    )
    colleague = AssistantAgent("colleague", model, system_message=AGAIN)
    return RoundRobinGroupChat([clerk, colleague], termination_condition=MaxMessageTermination(3))
