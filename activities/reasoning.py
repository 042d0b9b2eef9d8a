"""One turn of reasoning is one activity: a crash never pays for a finished turn again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from temporalio import activity

from activities.pulse import pulse
from activities.suspension import refuse_stopped
from activities.transcript import past, put_segment, whole
from agents.agent import Agent
from agents.claims import decode_claim, unborne
from agents.prompt import chat_for, went_on
from agents.tools import Observed, ToolCall, looked_at
from agents.transcript import Segment, came_of, sources_of
from domain.chat import AskedCall, Chat, Completion, Usage
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
    number: int = 1
    transcript: DocumentRef | None = None
    """What an agent with tools did so far."""
    observed: tuple[Observed, ...] = ()
    """What came of that: all that is new since the transcript."""


class Thought(Frozen):
    """The claim as validated JSON, or the tools that it calls, or what is wrong with the answer."""

    claim: str | None
    observation: Observation | None
    provider: str
    model: str | None
    usage: Usage
    cost: Amount | None
    """In the currency of the price table; None where nobody knows."""
    calls: tuple[ToolCall, ...] = ()
    transcript: DocumentRef | None = None
    """Of an agent with tools: everything up to here."""


class PricesInForce(Protocol):
    """Where the prices are kept."""

    async def prices(self) -> Prices:
        """The dated prices; raise `BadPolicy` where they cannot be read."""
        ...


@dataclass(frozen=True)
class GoingOn:
    """Where a conversation stands: what is asked next, what is new in it, and what an answer may quote."""

    chat: Chat
    fresh: tuple[Observed, ...]
    sources: Mapping[str, str]


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
        going_on = await self._going_on(turn, agent, brief)
        said = await self._ask(going_on.chat, agent.limits.seconds)
        thought = await self._priced(_thought(agent, going_on, said), said)
        if not agent.tools:
            return thought
        words = said.text[:TEXT_LIMIT]
        segment = Segment(before=turn.transcript, observed=going_on.fresh, said=words, calls=thought.calls)
        return thought.model_copy(update={"transcript": await put_segment(self.documents, segment)})

    async def _going_on(self, turn: Turn, agent: Agent[Any, Any], brief: Frozen) -> GoingOn:
        referred = {name: value for name, value in brief if isinstance(value, DocumentRef)}
        texts = {name: (await self.documents.get(ref)).decode() for name, ref in referred.items()}
        segments, fresh = await past(self.documents, turn.transcript), await whole(self.documents, turn.observed)
        chat = chat_for(
            agent,
            brief,
            texts,
            [(seen.answer, seen.complaint) for seen in turn.observations],
            went_on=went_on(segments, fresh, agent.limits.result_characters),
        )
        chat = chat.model_copy(update={"may_call": turn.number < agent.limits.turns})
        return GoingOn(chat, fresh, sources_of(brief, texts, came_of(segments, fresh)))

    async def _priced(self, thought: Thought, said: Completion) -> Thought:
        prices, on = await self.prices.prices(), activity.info().scheduled_time.date()
        cost = prices.cost(said.model, thought.usage, on)
        if cost is None and said.asked:
            cost = prices.cost(said.asked, thought.usage, on)
        return thought.model_copy(update={"cost": cost})

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
    asked = sum(len(message.content) + _length(message.calls) for message in chat.messages)
    asked += sum(len(tool.model_dump_json()) for tool in chat.tools)
    return Usage(input_tokens=asked // 2, output_tokens=(len(said.text) + _length(said.calls)) // 2)


def _length(calls: Iterable[AskedCall]) -> int:
    return sum(len(call.name) + len(call.arguments) for call in calls)


def _thought(agent: Agent[Any, Any], going_on: GoingOn, said: Completion) -> Thought:
    """What an answer comes to, not priced yet; calls come first, and words beside them are no answer."""
    chat, most = going_on.chat, agent.limits.calls if going_on.chat.may_call else 0
    calls = looked_at(said.calls, agent.tools, most) if agent.tools else ()
    claim, complaint = (None, None) if calls else _claimed(agent, said.text, going_on.sources)
    return Thought(
        claim=claim,
        observation=Observation(answer=said.text[:TEXT_LIMIT], complaint=complaint) if complaint else None,
        provider=said.provider,
        model=said.model,
        usage=said.usage if _counted(said.usage) else _estimated(chat, said),
        cost=None,
        calls=calls,
    )


def _claimed(agent: Agent[Any, Any], text: str, sources: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The claim as JSON, or what is wrong with it; that of an agent with tools has to be borne out."""
    claim = decode_claim(text, agent.claim)
    wrong = claim if isinstance(claim, str) else unborne(claim.evidence, sources) if agent.tools else None
    return (None, wrong) if wrong or isinstance(claim, str) else (claim.model_dump_json(), None)
