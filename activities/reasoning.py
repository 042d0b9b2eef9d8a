"""One turn of reasoning is one activity: a crash never pays for a finished turn again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from temporalio import activity

from activities.pulse import pulse
from activities.step import Conversation, reads_of, stepped
from activities.suspension import refuse_stopped
from activities.tools import Answers
from activities.transcript import past, put_segment, whole
from activities.usage import Price, PricesInForce, priced, used
from agents.agent import Agent
from agents.claims import decode_claim, unborne
from agents.prompt import chat_for, went_on
from agents.tools import Observed, ToolCall, looked_at
from agents.transcript import Segment, came_of, quotable, sources_of
from domain.chat import Chat, Completion, Usage
from domain.documents import DocumentRef
from domain.errors import DomainError, NoAnswer, Unavailable
from domain.ports import Documents, LanguageModel, StopButton
from domain.reasoner import Reasoner
from domain.spending import Budget, Spent
from domain.values import Amount, Frozen

Answered = TypeVar("Answered")

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
    left: Budget | None = None
    """What the agent and the case may still use: a turn of a framework asks several times."""


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
    asks: int = 1
    """How often the model was asked: several times where a framework reasoned."""
    looked_up: tuple[ToolCall, ...] = ()
    """What a framework looked up meanwhile."""
    spent: Spent | None = None
    """What a framework's questions took, in all attempts at this turn."""

    @property
    def took(self) -> Spent:
        """What is to be counted for it, but for the time."""
        return self.spent or Spent().plus(self.usage, self.cost, Decimal(0), self.asks)


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
    reasoners: Mapping[str, Reasoner] = field(default_factory=dict[str, Reasoner])
    """By the name of an agent, what reasons in place of the built-in turn."""
    answers: Answers = field(default_factory=dict[str, Any])
    """What answers the look-ups of such an agent."""
    models: Mapping[str, LanguageModel] = field(default_factory=dict[str, LanguageModel])
    """By the name of an agent, the model that it asks instead."""

    @activity.defn
    async def think(self, turn: Turn) -> Thought:
        """Ask the model once, unless the agent or the process is stopped."""
        await refuse_stopped(self.stop, agent=turn.agent)
        agent, brief = await self._opened(turn)
        going_on = await self._going_on(turn, agent, brief)
        reasoner = self.reasoners.get(agent.name)
        thought, segments = await (
            self._step(agent, brief, going_on, reasoner, turn.left) if reasoner else self._ask(agent, going_on)
        )
        newest = turn.transcript
        for segment in segments if agent.tools else ():
            newest = await put_segment(self.documents, segment.model_copy(update={"before": newest}))
        return thought.model_copy(update={"transcript": newest})

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

    async def _ask(self, agent: Agent[Any, Any], going_on: GoingOn) -> tuple[Thought, tuple[Segment, ...]]:
        """One turn of the model."""
        said = await _within(agent.limits.seconds, self._model_of(agent).complete(going_on.chat))
        thought = _thought(agent, going_on, said)
        cost = (await self._price())(said, thought.usage)
        return thought.model_copy(update={"cost": cost}), (_segment(going_on.fresh, said.text, thought.calls),)

    async def _step(
        self, agent: Agent[Any, Any], brief: Frozen, going_on: GoingOn, reasoner: Reasoner, left: Budget | None
    ) -> tuple[Thought, tuple[Segment, ...]]:
        """One step of a framework, judged like one turn of the model and kept as a turn that looked up and answered."""
        reads = {tool.name for tool in reads_of(agent)}
        tools = tuple(form for form in going_on.chat.tools if form.name in reads)
        opening = going_on.chat.model_copy(update={"tools": tools})
        talk = Conversation(
            agent,
            opening,
            self._model_of(agent),
            self.answers,
            agent.scope(brief),
            await self._price(),
            left,
            _by_earlier_attempts(),
        )
        try:
            step = await _within(agent.limits.seconds, stepped(reasoner, talk), lambda: talk.spent)
        except (DomainError, Unavailable) as error:
            error.spent = talk.spent
            raise
        seen = GoingOn(opening, going_on.fresh, quotable(going_on.sources, step.seen))
        thought = _thought(agent, seen, step.said)
        if step.stopped:
            thought = thought.model_copy(update={"observation": Observation(answer="", complaint=step.stopped)})
        known = {"cost": step.cost, "asks": step.spent.turns, "looked_up": step.looked_up, "spent": step.spent}
        looked_up = (_segment(going_on.fresh, "", step.looked_up),) if step.looked_up else ()
        answered = _segment(step.seen if looked_up else going_on.fresh, step.said.text, ())
        return thought.model_copy(update=known), (*looked_up, answered)

    def _model_of(self, agent: Agent[Any, Any]) -> LanguageModel:
        return self.models.get(agent.name, self.model)

    async def _price(self) -> Price:
        return priced(await self.prices.prices(), activity.info().scheduled_time.date())

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


def _by_earlier_attempts() -> Spent:
    """What they have used, as far as the server has heard of it."""
    known = activity.info().heartbeat_details
    return Spent.model_validate(known[0]) if known else Spent()


async def _within(
    seconds: int, answer: Awaitable[Answered], reached: Callable[[], Spent | None] = lambda: None
) -> Answered:
    try:
        async with pulse(reached), asyncio.timeout(seconds):
            return await answer
    except TimeoutError:
        raise Unavailable(f"The model took longer than {seconds} s.") from None


def _segment(told: tuple[Observed, ...], words: str, calls: tuple[ToolCall, ...]) -> Segment:
    """A turn for the transcript, not yet behind another one."""
    return Segment(before=None, observed=told, said=words[:TEXT_LIMIT], calls=calls)


def _thought(agent: Agent[Any, Any], going_on: GoingOn, said: Completion) -> Thought:
    """What an answer comes to, not priced yet; calls come first, and words beside them are no answer."""
    chat, most = going_on.chat, agent.limits.calls if going_on.chat.may_call else 0
    calls = looked_at(said.calls, agent.tools, most) if agent.tools else ()
    claim, complaint = (None, None) if calls else _claimed(agent, said.text, going_on.sources)
    return Thought(
        claim=claim,
        observation=Observation(answer=said.text[:TEXT_LIMIT], complaint=complaint) if complaint else None,
        provider=said.provider,
        model=said.model or None,
        usage=used(chat, said),
        cost=None,
        calls=calls,
    )


def _claimed(agent: Agent[Any, Any], text: str, sources: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The claim as JSON, or what is wrong with it; that of an agent with tools has to be borne out."""
    claim = decode_claim(text, agent.claim)
    wrong = claim if isinstance(claim, str) else unborne(claim.evidence, sources) if agent.tools else None
    return (None, wrong) if wrong or isinstance(claim, str) else (claim.model_dump_json(), None)
