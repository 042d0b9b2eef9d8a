"""Asking an agent: turns within a budget, unusable answers back to it, and its rules where no answer comes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.reasoning import Observation, ReasoningActivities, Thought, Turn
from agents.agent import Agent, Claim
from domain.documents import DocumentRef
from domain.errors import Suspended
from domain.spending import Budget, LimitName, Spent, total
from workflows.failures import failed_as, given_up, kind_of, reason, spent_by
from workflows.looking_up import look_up
from workflows.options import REASONING, said


@dataclass(frozen=True)
class Consultation(Generic[Claim]):
    """What an agent claimed, if it did, and who really answered."""

    claim: Claim | None
    provider: str
    model: str | None
    brief: DocumentRef
    why_none: str | None = None
    """Why no model answered."""


class Consulting:
    """A case that may ask agents, within a budget of its own and within each agent's."""

    budget = Budget(turns=24, tokens=400_000, money=Decimal(5), seconds=1_800)

    def __init__(self) -> None:
        """Nothing is spent yet."""
        self._spent: dict[str, Spent] = {}

    @property
    def spent(self) -> Spent:
        """What the case has used so far, over all agents."""
        return total(self._spent.values())

    def also_spent(self, agent: str, spent: Spent) -> None:
        """Count what somebody else asked an agent about this case."""
        self._spent[agent] = total((self._spent.get(agent, Spent()), spent))

    async def consult(self, agent: Agent[Any, Claim], brief: DocumentRef) -> Consultation[Claim]:
        """Ask an agent without tools. Without an answer its rules speak, if it has any, save a suspended agent's."""
        if agent.tools:
            raise TypeError(f"The agent {agent.name} has tools: let it work in an ActingCase.")
        turn = Turn(agent=agent.name, version=agent.version, brief=brief)
        thought, why_none = await self._reason(agent, turn)
        if thought is None and why_none:
            thought = await self._by_rules(turn, why_none)
        return consulted(agent, brief, thought, why_none)

    async def _by_rules(self, turn: Turn, why_none: str) -> Thought | None:
        """What the agent's rules say; a suspended agent's say nothing."""
        if why_none.startswith(SUSPENDED):
            return None
        return await look_up(ReasoningActivities.fall_back, turn)

    async def _reason(self, agent: Agent[Any, Any], turn: Turn) -> tuple[Thought | None, str | None]:
        """The first usable answer, or why there is none."""
        seen: tuple[Observation, ...] = ()
        for _ in range(agent.limits.turns):
            if spent_up := self._exhausted(agent):
                return None, spent_up
            thought, why_none = await self._think(agent, turn.model_copy(update={"observations": seen}))
            if thought is None or thought.claim:
                return thought, why_none
            seen += (thought.observation,) if thought.observation else ()
        return None, "none of its answers could be used"

    def _exhausted(self, agent: Agent[Any, Any]) -> str | None:
        reached = self._reached(agent)
        return reached[1] if reached else None

    def _reached(self, agent: Agent[Any, Any]) -> tuple[LimitName, str] | None:
        """The limit of the agent's budget or the case's that another turn would exceed."""
        own = agent.limits.budget.reached(self._spent.get(agent.name, Spent()))
        return own or self.budget.reached(self.spent)

    async def _think(self, agent: Agent[Any, Any], turn: Turn) -> tuple[Thought | None, str | None]:
        """One turn of the model within what is left, counted; without an answer, why."""
        summary = f"{turn.agent} {turn.version}, turn {turn.number + len(turn.observations)}"
        started, spent = workflow.now(), self._spent.get(turn.agent, Spent())
        left = agent.limits.budget.left(spent).within(self.budget.left(self.spent))
        turn = turn.model_copy(update={"left": left})
        thought: Thought | None = None
        why_none, took = None, FAILED
        try:
            thought = await workflow.execute_activity_method(
                ReasoningActivities.think, turn, **said(REASONING, summary)
            )
        except ActivityError as error:
            given_up(error)
            workflow.logger.warning("%s gave no answer (%s): the case says why.", turn.agent, kind_of(error))
            why_none = f"{SUSPENDED}{reason(error)}" if failed_as(error, Suspended) else reason(error)
            known = spent_by(error)
            took = known if known and known.turns else FAILED
        seconds = Decimal(str((workflow.now() - started).total_seconds()))
        took = (thought.took if thought else took).model_copy(update={"seconds": seconds})
        self._spent[turn.agent] = total((spent, took))
        return thought, why_none


def consulted(
    agent: Agent[Any, Claim], brief: DocumentRef, thought: Thought | None, why_none: str | None
) -> Consultation[Claim]:
    """What a thought comes to; without one nobody has answered."""
    if thought is None:
        return Consultation(claim=None, provider="nobody", model=None, brief=brief, why_none=why_none)
    claim = agent.claim.model_validate_json(thought.claim) if thought.claim else None
    return Consultation(claim, thought.provider, thought.model, brief, why_none)


SUSPENDED = "suspended: "
FAILED = Spent().plus(None, None, Decimal(0))
"""A turn without an answer of which nobody knows more."""
