"""One turn of reasoning is one activity: a crash never pays for a finished turn again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.pulse import pulse
from agents.agent import Agent
from agents.claims import decode_claim
from agents.prompt import chat_for
from domain.chat import Chat, Completion, Usage
from domain.documents import DocumentRef
from domain.errors import NoAnswer, Unavailable
from domain.ports import Documents, LanguageModel
from domain.values import Frozen

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


@dataclass(frozen=True)
class ReasoningActivities:
    """The agents that this worker knows and the model they ask."""

    agents: Mapping[tuple[str, str], Agent[Any, Any]]
    documents: Documents
    model: LanguageModel

    @activity.defn
    async def think(self, turn: Turn) -> Thought:
        """Ask the model once."""
        agent, brief = await self._opened(turn)
        referred = {name: value for name, value in brief if isinstance(value, DocumentRef)}
        texts = {name: (await self.documents.get(ref)).decode() for name, ref in referred.items()}
        chat = chat_for(agent, brief, texts, [(seen.answer, seen.complaint) for seen in turn.observations])
        return _thought(agent, await self._ask(chat, agent.limits.seconds))

    @activity.defn
    async def fall_back(self, turn: Turn) -> Thought:
        """Let the agent's rules answer, where it has any for this brief."""
        agent, brief = await self._opened(turn)
        claim = agent.fallback(brief)
        said = claim.model_dump_json() if claim else None
        nothing = Usage(input_tokens=0, output_tokens=0)
        return Thought(claim=said, observation=None, provider="rules", model=None, usage=nothing)

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
        except Unavailable as busy:
            if busy.retry_after is None:
                raise
            delay = timedelta(seconds=busy.retry_after)
            raise ApplicationError(str(busy), type="Unavailable", next_retry_delay=delay) from busy


def _thought(agent: Agent[Any, Any], said: Completion) -> Thought:
    claim = decode_claim(said.text, agent.claim)
    good = not isinstance(claim, str)
    return Thought(
        claim=claim.model_dump_json() if good else None,
        observation=None if good else Observation(answer=said.text[:TEXT_LIMIT], complaint=claim),
        provider=said.provider,
        model=said.model,
        usage=said.usage,
    )
