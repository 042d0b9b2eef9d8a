"""One turn of reasoning is one activity: a crash never pays for a finished turn again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from temporalio import activity

from activities.pulse import pulse
from activities.suspension import refuse_stopped
from agents.agent import Agent
from agents.claims import decode_claim
from agents.prompt import chat_for
from domain.chat import Chat, Completion, Usage
from domain.documents import DocumentRef
from domain.errors import NoAnswer, Unavailable
from domain.ports import Documents, LanguageModel, StopButton
from domain.prices import Prices
from domain.values import Amount, Frozen

TEXT_LIMIT = 8_000
"""Characters of an unusable answer that go back to the model."""


class Observation(Frozen):
    """An earlier answer and what was wrong with it."""

    answer: str
    complaint: str


class Turn(Frozen):
    """Which agent thinks about which brief; instructions and schema stay on the worker, by version."""

    agent: str
    version: str
    brief: DocumentRef
    observations: tuple[Observation, ...] = ()


class Thought(Frozen):
    """The claim as validated JSON, or what is wrong with the answer."""

    claim: str | None
    observation: Observation | None
    provider: str
    model: str | None
    usage: Usage
    cost: Amount | None
    """In the currency of the price table; None where nobody knows."""


class PricesInForce(Protocol):
    """Where the prices are kept."""

    async def prices(self) -> Prices:
        """The dated prices; raise `BadPolicy` where they cannot be read."""
        ...


@dataclass(frozen=True)
class ReasoningActivities:
    """The agents that this worker knows and the model they ask."""

    agents: Mapping[tuple[str, str], Agent[Any, Any]]
    documents: Documents
    model: LanguageModel
    prices: PricesInForce
    stop: StopButton

    @activity.defn
    async def think(self, turn: Turn) -> Thought:
        """Ask the model once, unless the agent or the process is stopped."""
        await refuse_stopped(self.stop, agent=turn.agent)
        agent, brief = await self._opened(turn)
        referred = {name: value for name, value in brief if isinstance(value, DocumentRef)}
        texts = {name: (await self.documents.get(ref)).decode() for name, ref in referred.items()}
        chat = chat_for(agent, brief, texts, [(seen.answer, seen.complaint) for seen in turn.observations])
        said = await self._ask(chat, agent.limits.seconds)
        usage = said.usage if _counted(said.usage) else _estimated(chat, said)
        prices, on = await self.prices.prices(), activity.info().scheduled_time.date()
        cost = prices.cost(said.model, usage, on)
        if cost is None and said.asked:
            cost = prices.cost(said.asked, usage, on)
        return _thought(agent, said, usage, cost)

    @activity.defn
    async def fall_back(self, turn: Turn) -> Thought:
        """Let the agent's rules answer, where it has any for this brief."""
        agent, brief = await self._opened(turn)
        claim = agent.fallback(brief)
        said = claim.model_dump_json() if claim else None
        nothing = Usage(input_tokens=0, output_tokens=0)
        return Thought(claim=said, observation=None, provider="rules", model=None, usage=nothing, cost=Decimal(0))

    async def _opened(self, turn: Turn) -> tuple[Agent[Any, Any], Frozen]:
        agent = self.agents.get((turn.agent, turn.version))
        if agent is None:
            raise NoAnswer(f"This worker has no agent {turn.agent} of version {turn.version}.")
        return agent, agent.brief.model_validate_json(await self.documents.get(turn.brief))

    async def _ask(self, chat: Chat, seconds: int) -> Completion:
        try:
            async with pulse(), asyncio.timeout(seconds):
                return await self.model.complete(chat)
        except TimeoutError:
            raise Unavailable(f"The model took longer than {seconds} s.") from None


def _counted(usage: Usage) -> bool:
    return usage.input_tokens is not None and usage.output_tokens is not None


def _estimated(chat: Chat, said: Completion) -> Usage:
    """Tokens of a server that does not count them: rather too many, so that a budget still ends."""
    asked = sum(len(message.content) for message in chat.messages)
    return Usage(input_tokens=asked // 2, output_tokens=len(said.text) // 2)


def _thought(agent: Agent[Any, Any], said: Completion, usage: Usage, cost: Decimal | None) -> Thought:
    claim = decode_claim(said.text, agent.claim)
    good = not isinstance(claim, str)
    return Thought(
        claim=claim.model_dump_json() if good else None,
        observation=None if good else Observation(answer=said.text[:TEXT_LIMIT], complaint=claim),
        provider=said.provider,
        model=said.model,
        usage=usage,
        cost=cost,
    )
