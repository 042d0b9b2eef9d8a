"""An agent's tool calls: reads answered by the systems that `worker.py` chose, actions made by plain code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from temporalio import activity

from activities.transcript import past, whole
from agents.agent import Agent
from agents.tools import ActionTool, Known, Observed, ReadTool, ToolCall, proposed
from agents.transcript import came_of, reads_of
from domain.actions import Action
from domain.documents import DocumentRef
from domain.errors import DomainError, NoAnswer, NotTheirs
from domain.ports import Documents
from domain.unbacked import Unbacked
from domain.values import Frozen

INLINE_LIMIT = 600
"""Characters of an answer that travel through history; a longer one is kept, and its reference travels."""
RESULT_LIMIT = 400_000
"""Characters of an answer; whoever asks for more must ask for less."""

Answers: TypeAlias = Mapping[str, Callable[[Any], Awaitable[Frozen | None]]]
"""By the name of a read tool, what answers it: arguments in, answer out, None where there is nothing."""


class CallOf(Frozen):
    """A call of an agent that works on a brief; what it knows by now is in the transcript and in `observed`."""

    agent: str
    version: str
    brief: DocumentRef
    transcript: DocumentRef | None
    observed: tuple[Observed, ...]
    call: ToolCall


class Prepared(Frozen):
    """The action that a call comes to, or why there is none."""

    call: str
    tool: str
    action: Action | None
    refusal: str | None
    unbacked: tuple[Unbacked, ...] = ()


class Unanswered(DomainError):
    """A tool that nothing answers."""


def refuse_unanswered(agents: Iterable[Agent[Any, Any]], answers: Answers) -> None:
    """Raise `Unanswered` naming every read tool of an agent that no system answers: call it before work begins."""
    lacking = {f"{agent.name}: {tool.name}" for agent in agents for tool in agent.tools if _unanswered(tool, answers)}
    if lacking:
        raise Unanswered(f"Name in worker.py what answers {', '.join(sorted(lacking))}.")


async def answered(tool: ReadTool[Any, Any], arguments: str, answers: Answers, works_for: frozenset[str]) -> str:
    """What a system returns for arguments that were looked at, as JSON.

    Raise `NotTheirs` where it belongs to others than these, and `NoAnswer` where it is too much.
    """
    answer = await answers[tool.name](tool.arguments.model_validate_json(arguments))
    if answer is not None and not tool.readable(answer, works_for):
        raise NotTheirs
    text = answer.model_dump_json() if answer is not None else "Nothing was found."
    if len(text) > RESULT_LIMIT:
        raise NoAnswer(f"The answer has {len(text)} characters, the limit is {RESULT_LIMIT}: ask for less.")
    return text


def _unanswered(tool: object, answers: Answers) -> bool:
    return isinstance(tool, ReadTool) and tool.name not in answers


@dataclass(frozen=True)
class ToolActivities:
    """Reads and conversions only: run as local activities, so that a changed rule can never break replay."""

    agents: Mapping[tuple[str, str], Agent[Any, Any]]
    documents: Documents
    answers: Answers

    @activity.defn
    async def look_up(self, asked: CallOf) -> Observed:
        """Answer one read; the name that the model gave finds a tool of this agent or nothing."""
        call, agent = asked.call, self._agent(asked)
        tool = agent.tool(call.tool)
        if not isinstance(tool, ReadTool):
            raise NoAnswer(f"{call.tool} is no look-up of the agent {asked.agent}.")
        text = await answered(tool, call.arguments, self.answers, agent.scope(await self._brief(asked, agent)))
        seen = Observed(call=call.id, tool=tool.name, kind="read", text=text)
        if len(text) <= INLINE_LIMIT:
            return seen
        kept = await self.documents.put(text.encode(), name=tool.name, media_type="application/json")
        return seen.model_copy(update={"text": "", "whole": kept})

    @activity.defn
    async def prepare_action(self, asked: CallOf) -> Prepared:
        """Make the action that a call asks for, of what trusted systems returned and the requester wrote."""
        call, agent = asked.call, self._agent(asked)
        tool = agent.tool(call.tool)
        if not isinstance(tool, ActionTool):
            raise NoAnswer(f"{call.tool} is no action of the agent {asked.agent}.")
        known = await self._known(asked, agent)
        made = proposed(tool, call.arguments, known, known.backing(agent.tools))
        if isinstance(made, str):
            return Prepared(call=call.id, tool=tool.name, action=None, refusal=made)
        action, unbacked = made
        return Prepared(call=call.id, tool=tool.name, action=action, refusal=None, unbacked=unbacked)

    async def _known(self, asked: CallOf, agent: Agent[Any, Any]) -> Known:
        brief = await self._brief(asked, agent)
        said = [getattr(brief, name) for name in agent.own_words]
        texts = [(await self.documents.get(each)).decode() if isinstance(each, DocumentRef) else each for each in said]
        segments, fresh = await past(self.documents, asked.transcript), await whole(self.documents, asked.observed)
        reads = reads_of(came_of(segments, fresh))
        return Known(brief=brief, words="\n".join(map(str, texts)), reads=reads, own_words=agent.own_words)

    async def _brief(self, asked: CallOf, agent: Agent[Any, Any]) -> Frozen:
        return agent.brief.model_validate_json(await self.documents.get(asked.brief))

    def _agent(self, asked: CallOf) -> Agent[Any, Any]:
        agent = self.agents.get((asked.agent, asked.version))
        if agent is None:
            raise NoAnswer(f"This worker has no agent {asked.agent} of version {asked.version}.")
        return agent
