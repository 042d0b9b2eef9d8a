"""A CrewAI agent for a step, with a role and a goal of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crewai import Agent, BaseLLM
from crewai.tools import BaseTool


def build(model: BaseLLM, tools: Sequence[BaseTool], instructions: str) -> Any:
    """An experienced clerk; the worker's limits end it, and nothing is tried again here."""
    return Agent(
        role="Accounts payable clerk",
        goal="Propose one resolution that the figures of the brief bear out",
        backstory=f"\n{instructions}",
        llm=model,
        tools=list(tools),
        max_iter=1_000,
        max_retry_limit=0,
        respect_context_window=False,
    )
