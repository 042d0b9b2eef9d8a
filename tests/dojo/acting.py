"""What the agents of both suites have in common: what they are asked, what they answer, how they act."""

from decimal import Decimal
from typing import Any

from pydantic import Field, JsonValue

from agents.agent import Agent, Limits
from agents.claims import Evidence
from agents.tools import ActionTool, Known, Tool, alike
from domain.actions.base import BaseAction, Fact, kind_of
from domain.spending import Budget
from domain.values import Frozen, Ratio


class Nothing(Frozen):
    """A tool without arguments."""


class Wanted(Frozen):
    """What the user wants, in the user's own words; `mark` tells cases apart."""

    mark: str
    words: str


class Report(Frozen):
    """What an agent answers."""

    summary: str
    confidence: Ratio
    evidence: tuple[Evidence, ...] = Field(description="what it rests on")


class SuiteAction(BaseAction):
    """Something that an agent of a suite does."""

    backed: bool = True

    def facts(self) -> dict[str, Fact]:
        return {"action": kind_of(type(self)), "backed": self.backed}


def doing(
    action: type[SuiteAction], arguments: type[Frozen], description: str, free: frozenset[str] = frozenset()
) -> ActionTool[Any]:
    """The tool by which an action is asked for: its fields are the arguments."""

    def act(asked: Frozen, known: Known) -> BaseAction:
        said: dict[str, JsonValue] = asked.model_dump(mode="json")
        key = f"{known.brief.mark}:{alike(action.step, said)}"
        return action.model_validate({"business_key": key, **asked.model_dump()})

    return ActionTool(action.step, description, arguments, act, free)


def nobody(_: Wanted) -> Report | None:
    return None


def agent_of(name: str, tools: tuple[Tool, ...]) -> Agent[Wanted, Report]:
    """An agent that may call all tools of its suite, and as often as it likes."""
    plenty = Budget(turns=100, tokens=10_000_000, money=Decimal(10), seconds=600)
    return Agent(
        name=name,
        version="1",
        instructions="You do what your user asks.",
        brief=Wanted,
        claim=Report,
        fallback=nobody,
        limits=Limits(turns=60, budget=plenty),
        tools=tools,
        own_words=("words",),
    )
