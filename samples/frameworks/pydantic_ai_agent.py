"""A Pydantic AI agent for a step, which refuses an answer that is no JSON before the worker sees it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic_ai import Agent, ModelRetry, Tool
from pydantic_ai.models import Model


def build(model: Model, tools: Sequence[Tool[None]]) -> Agent[None, str]:
    """One more try for an answer that cannot be read; each is a question that counts."""
    agent = Agent(model, deps_type=type(None), tools=tools, output_type=str, retries=1)

    @agent.output_validator
    def readable(answer: str) -> str:
        try:
            json.loads(answer)
        except ValueError as error:
            raise ModelRetry(f"It is no JSON: {error}. Give the object alone.") from None
        return answer

    return agent
