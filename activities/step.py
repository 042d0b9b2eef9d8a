"""A step that something else reasons: what it asks goes through the model and the read tools, counted and limited."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from activities.pulse import beat
from activities.tools import Answers, answered
from activities.usage import Price, used
from agents.agent import Agent
from agents.prompt import fence, went_on
from agents.tools import Observed, ReadTool, ToolCall, looked_at
from agents.transcript import Segment
from domain.chat import AskedCall, Chat, ChatMessage, Completion, Usage
from domain.errors import DomainError, NoAnswer, NotTheirs, Unavailable
from domain.ports import LanguageModel
from domain.reasoner import Reasoner, Step
from domain.spending import Budget, Spent

LOOK_UP_SECONDS = 10
"""As long as a look-up of a built-in turn may take."""
NOTHING = Usage(input_tokens=0, output_tokens=0)
UNHEARD = Completion(text="", finish_reason=None, model="", provider="nobody", usage=NOTHING)
"""Where nothing was left to ask with."""
BESIDE_A_FAULT = "It was not carried out, because another call of this turn was wrong."


class Stopped(Exception):
    """The agent's limits allow no further question; says which."""


class UsedUp(Stopped):
    """Nothing is left of a budget: the case ends the agent's work as it does between turns."""


@dataclass(frozen=True)
class Stepped:
    """What a step came to: its answer with the tokens of all its questions, and what it looked up on the way."""

    said: Completion
    spent: Spent
    cost: Decimal | None
    looked_up: tuple[ToolCall, ...]
    seen: tuple[Observed, ...]
    stopped: str | None
    """The limit that ended it before it had an answer."""


@dataclass
class Conversation:
    """The way out of one step, and what went over it."""

    agent: Agent[Any, Any]
    opening: Chat
    """The agent's own first question, with look-ups for tools."""
    model: LanguageModel
    answers: Answers
    works_for: frozenset[str]
    price: Price
    left: Budget | None = None
    """What the step may use, in all attempts; without it, all of the agent's budget."""
    earlier: Spent = field(default_factory=Spent)
    """What earlier attempts have used."""
    begun: float = field(default_factory=time.monotonic)
    spent: Spent = field(init=False)
    """In all attempts; a question that has no answer yet, or never had one, as a turn of unknown price."""
    asked: int = 0
    last: Completion | None = None
    looked_up: list[ToolCall] = field(default_factory=list["ToolCall"])
    seen: list[Observed] = field(default_factory=list["Observed"])

    def __post_init__(self) -> None:
        """Begin with what is used already."""
        self.spent = self.earlier

    async def ask(self, messages: Sequence[ChatMessage], tools: Sequence[str]) -> Completion:
        """The model's answer; calls that cannot be carried out go back to it, and whoever reasons never sees them."""
        told = tuple(messages)
        while True:
            said, calls = await self._ask(told, tools)
            if not any(call.fault for call in calls):
                return said.model_copy(update={"calls": tuple(map(_as_asked, calls))})
            told = (*told, *_sent_back(said.text, calls))

    async def look_up(self, tool: str, arguments: str) -> str:
        """What a read tool returns, fenced; there is no other kind of tool here."""
        reads = {read.name: read for read in reads_of(self.agent)}
        asked = AskedCall(id=f"call{len(self.looked_up):05d}", name=tool, arguments=arguments)
        [call] = looked_at([asked], tuple(reads.values()), 1)
        if call.fault:
            return call.fault
        most = self.agent.limits.turns * self.agent.limits.calls
        if len(self.looked_up) >= most:
            raise Stopped(f"it may look up {most} times, and none brought an answer")
        self.looked_up.append(call)
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                text = await answered(reads[call.tool], call.arguments, self.answers, self.works_for)
        except NotTheirs as error:
            self.looked_up[-1] = call.model_copy(update={"does": None, "fault": str(error)})
            return self._refused(call, str(error))
        except (DomainError, Unavailable) as error:
            return self._refused(call, f"It could not be looked up: {error}")
        except TimeoutError:
            return self._refused(call, f"It could not be looked up: there was no answer within {LOOK_UP_SECONDS} s.")
        self.seen.append(Observed(call=call.id, tool=call.tool, kind="read", text=text))
        return fence(text, self.agent.limits.result_characters)

    def _refused(self, call: ToolCall, why: str) -> str:
        self.seen.append(Observed(call=call.id, tool=call.tool, kind="refused", text=why))
        return why

    async def _ask(
        self, messages: tuple[ChatMessage, ...], tools: Sequence[str]
    ) -> tuple[Completion, tuple[ToolCall, ...]]:
        self._refuse_more()
        before, self.asked = self.spent, self.asked + 1
        last = self.asked >= self.agent.limits.turns
        forms = tuple(form for form in self.opening.tools if form.name in tools)
        chat = self.opening.model_copy(update={"messages": messages, "tools": forms, "may_call": not last})
        self._keep(before.plus(None, None, Decimal(0)))
        said = await self.model.complete(chat)
        usage = used(chat, said)
        self.last = said
        self._keep(before.plus(usage, self.price(said, usage), Decimal(0)))
        offered = [read for read in reads_of(self.agent) if read.name in tools]
        return said, looked_at(said.calls, offered, 0 if last else self.agent.limits.calls) if offered else ()

    def _refuse_more(self) -> None:
        limits = self.agent.limits
        if self.asked >= limits.turns:
            raise Stopped(f"it may ask {limits.turns} times, and none brought an answer")
        if reached := (self.left or limits.budget).exhausted(self._by_now(self.spent)):
            raise UsedUp(reached)

    def _keep(self, spent: Spent) -> None:
        """Remember what is used by now, and let a further attempt know it, should this one not end."""
        self.spent = self._by_now(spent)
        beat(self.spent)

    def _by_now(self, spent: Spent) -> Spent:
        taken = Decimal(f"{time.monotonic() - self.begun:.3f}")
        return spent.model_copy(update={"seconds": self.earlier.seconds + taken})


async def stepped(reasoner: Reasoner, talk: Conversation) -> Stepped:
    """Let something else reason about a step; raise what the model raises, and what `Reasoner` names."""
    text, limit = "", None
    try:
        text = await reasoner.reason(_step(talk), talk)
    except Stopped as reached:
        limit = reached
    if talk.last is None and not isinstance(limit, UsedUp):
        raise NoAnswer(f"Whoever reasons for {talk.agent.name} never asked the model; rules belong into its fallback.")
    usage = Usage(input_tokens=talk.spent.input_tokens, output_tokens=talk.spent.output_tokens)
    said = (talk.last or UNHEARD).model_copy(update={"text": text, "usage": usage, "calls": ()})
    cost = None if talk.spent.unpriced else talk.spent.money
    stopped = f"The step was ended: {limit}." if limit else None
    return Stepped(said, talk.spent, cost, tuple(talk.looked_up), tuple(talk.seen), stopped)


def reads_of(agent: Agent[Any, Any]) -> tuple[ReadTool[Any, Any], ...]:
    """The look-ups among an agent's tools."""
    return tuple(tool for tool in agent.tools if isinstance(tool, ReadTool))


def _step(talk: Conversation) -> Step:
    return Step(
        agent=talk.agent.name,
        version=talk.agent.version,
        messages=tuple(map(_in_words, talk.opening.messages)),
        answers=json.dumps(talk.opening.json_schema),
        tools=talk.opening.tools,
    )


def _in_words(message: ChatMessage) -> ChatMessage:
    """Calls of an earlier turn were another's: they are told as text, since this step has not made them."""
    if message.role == "tool":
        return ChatMessage(role="user", content=f"CALL {message.call_id} CAME TO\n{message.content}")
    called = [f"CALLED {call.name} {call.arguments}, {call.id}" for call in message.calls]
    return ChatMessage(role=message.role, content="\n".join([message.content, *called]))


def _as_asked(call: ToolCall) -> AskedCall:
    return AskedCall(id=call.id, name=call.tool, arguments=call.arguments)


def _sent_back(text: str, calls: tuple[ToolCall, ...]) -> tuple[ChatMessage, ...]:
    """A turn with calls that cannot be carried out, and what is wrong with each."""
    told = [Observed(call=call.id, tool=call.tool, kind="refused", text=call.fault or BESIDE_A_FAULT) for call in calls]
    return went_on([Segment(before=None, observed=(), said=text, calls=calls)], told, 0)
