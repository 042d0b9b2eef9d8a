"""An agent's loop as it is usually written: the whole conversation is the input of every turn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from openai import AsyncOpenAI
from pydantic import JsonValue
from temporalio import activity, workflow

from tests.clerk import Find, find_order
from tests.process.errand_worker import made_up

Messages = list[dict[str, JsonValue]]
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class BareAgent:
    """A model and a tool."""

    openai: AsyncOpenAI

    @activity.defn(name="bare_ask")
    async def ask(self, messages: Messages) -> dict[str, JsonValue]:
        """One turn: the model's message."""
        asked: Any = {"messages": messages, "tools": [TOOL]}
        said = await self.openai.chat.completions.create(model="rules", **asked)
        return {"content": None, **said.choices[0].message.model_dump(mode="json", exclude_none=True)}

    @activity.defn(name="bare_look_up")
    async def look_up(self, arguments: str) -> str:
        """The order."""
        return made_up(Find.model_validate_json(arguments).order_id).model_dump_json()


TOOL = {
    "type": "function",
    "function": {
        "name": find_order.name,
        "description": find_order.description,
        "parameters": Find.model_json_schema(),
    },
}


@workflow.defn(name="BareAgent")
class BareAgentWorkflow:
    """Ask, look up, ask again, until there is an answer."""

    @workflow.run
    async def run(self, message: str) -> int:
        """How many turns it took."""
        messages: Messages = [{"role": "user", "content": message}]
        for turn in range(1, 100):
            said = await workflow.execute_activity_method(BareAgent.ask, messages, start_to_close_timeout=A_MINUTE)
            messages.append(said)
            calls: Any = said.get("tool_calls")
            if not calls:
                return turn
            for call in calls:
                found = await workflow.execute_activity_method(
                    BareAgent.look_up, call["function"]["arguments"], start_to_close_timeout=A_MINUTE
                )
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": found})
        return 0
