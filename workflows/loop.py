"""An agent at work: it thinks, calls tools, is told what came of them, and thinks again until it has an answer.

think ──► calls ──► look-ups (side by side) ──► actions (one after the other: judge, people, effect) ──► think …
  └─────► answer, borne out ──► answered                └─────► the agent's rules, or a person: by name of what ended it

What is new travels by value, what was before by reference: each turn costs history the same, however many there were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

from activities.reasoning import Thought, Turn
from activities.tools import CallOf, ToolActivities
from agents.agent import Agent, Claim
from agents.tools import Observed, ToolCall
from domain.actions import BaseAction
from domain.documents import DocumentRef
from domain.errors import DomainError
from workflows.asking import Question, doubted
from workflows.case import Case
from workflows.consulting import SUSPENDED, Consultation, consulted
from workflows.failures import failed_as, given_up, reason
from workflows.looking_up import look_up
from workflows.loop_state import TOLD, Came, Done, End, LoopState
from workflows.options import TOOL

REPEATED = "You have called this before, and what came of it is above. Call something else, or answer."


@dataclass(frozen=True)
class Errand:
    """For whom an agent works, how its actions are put to people, and how a long loop goes on in a new run."""

    requester: str
    ask: Callable[[BaseAction], Question]
    onward: Callable[[LoopState], NoReturn] | None = None
    """Continues as new with this state in the new run's input; asked for once the history is long."""
    turns_a_run: int = 200
    """Turns after which a loop goes on in a new run, where the server does not suggest it earlier."""


@dataclass(frozen=True)
class Worked(Consultation[Claim]):
    """Besides: how the loop ended, where it stood, and what was done on the way, whatever the end."""

    end: End = "no_answer"
    state: LoopState | None = None

    @property
    def done(self) -> tuple[Done, ...]:
        """The effects, in order."""
        return self.state.done if self.state else ()


class ActingCase(Case):
    """A process whose agents look things up and act, each act through the one door."""

    async def work(
        self, agent: Agent[Any, Claim], brief: DocumentRef, errand: Errand, state: LoopState | None = None
    ) -> Worked[Claim]:
        """Let an agent work until it answers or may not go on; then its rules speak, if it has any.

        `state` is where an earlier run of this case stood, for a loop that goes on.
        """
        state = state or LoopState(agent=agent.name, version=agent.version, brief=brief)
        self._spent.update(state.spent)
        self._asked.update(state.asked)
        begun = state.turns
        while True:
            if over := self._over(agent, state):
                return await self._without(agent, state, *over)
            thought, why_none = await self._think(agent, _turn(state))
            if thought is None:
                suspended = (why_none or "").startswith(SUSPENDED)
                return await self._without(agent, state, "suspended" if suspended else "no_answer", why_none or "")
            if thought.claim:
                state = state.after(thought, ())
                return _worked(consulted(agent, brief, thought, None), "answered", state)
            came = await self._carried_out(thought, state, errand) if thought.calls else (_unusable(thought),)
            state = state.after(thought, came)
            if any(each.unknown for each in came):
                return await self._without(agent, state, "outcome_unknown", TOLD["outcome_unknown"])
            if errand.onward and _long(state.turns - begun, errand):
                errand.onward(state.model_copy(update={"spent": dict(self._spent), "asked": dict(self._asked)}))

    def _over(self, agent: Agent[Any, Any], state: LoopState) -> tuple[End, str] | None:
        """The limit that forbids another turn."""
        if state.turns >= agent.limits.turns:
            return "turns", TOLD["turns"]
        if state.idle >= agent.limits.idle_turns:
            return "no_progress", TOLD["no_progress"]
        return self._reached(agent)

    async def _without(self, agent: Agent[Any, Claim], state: LoopState, end: End, why_none: str) -> Worked[Claim]:
        """No answer: the rules know only the brief, so they are not asked once something was done."""
        done = state.done or end == "outcome_unknown"
        turn = Turn(agent=state.agent, version=state.version, brief=state.brief)
        thought = None if done else await self._by_rules(turn, why_none)
        return _worked(consulted(agent, state.brief, thought, why_none), end, state)

    async def _carried_out(self, thought: Thought, state: LoopState, errand: Errand) -> tuple[Came, ...]:
        """Every call of a turn: look-ups first, then actions, told in the order of the calls."""
        came = {call.id: _refused(call, why) for call, why in _not_carried_out(thought.calls, state)}
        calls = [call for call in thought.calls if call.id not in came]
        now = state.model_copy(update={"transcript": thought.transcript, "observed": ()})
        reads = [call for call in calls if call.does == "read"]
        came.update(zip(_ids(reads), await asyncio.gather(*(self._read(call, now) for call in reads)), strict=True))
        now = now.model_copy(update={"observed": tuple(each.observed for each in came.values())})
        for call in calls:
            if call.does == "action":
                came[call.id] = await self._act(call, now, errand)
                if came[call.id].unknown:
                    break
        return tuple(came.get(call.id) or _refused(call, "It was not tried.") for call in thought.calls)

    async def _read(self, call: ToolCall, state: LoopState) -> Came:
        try:
            seen = await workflow.execute_local_activity_method(ToolActivities.look_up, _of(call, state), **TOOL)
        except FailureError as error:
            given_up(error)
            return _refused(call, f"It could not be looked up: {reason(error)}")
        return Came(seen, read=call.alike)

    async def _act(self, call: ToolCall, state: LoopState, errand: Errand) -> Came:
        """One action, as every process does it: made by plain code, judged, asked about, performed once."""
        try:
            made = await look_up(ToolActivities.prepare_action, _of(call, state))
        except FailureError as error:
            given_up(error)
            return _refused(call, f"It could not be prepared: {reason(error)}")
        if made.action is None:
            return _refused(call, made.refusal or "It cannot be done.")
        authority = await self.authorise(
            made.action, lambda action: doubted(errand.ask(action), made.unbacked), errand.requester
        )
        if authority.order is None:
            return _refused(call, f"It was refused: {authority.refusal}", acted=call.alike)
        try:
            receipt = await self.perform(authority.order)
        except ActivityError as error:
            given_up(error)
            known = failed_as(error, DomainError)
            return _refused(call, f"It was not done: {reason(error)}", acted=call.alike, unknown=not known)
        done = Done(action=authority.order.action.kind, reference=receipt.reference, by=authority.by)
        told = Observed(call=call.id, tool=call.tool, kind="done", text=f"It was done; reference {receipt.reference}.")
        return Came(told, acted=call.alike, done=done)


def _long(turns: int, errand: Errand) -> bool:
    """Whether a new run should go on; never while a handler of this one is still at it."""
    long = turns >= errand.turns_a_run or workflow.info().is_continue_as_new_suggested()
    return long and workflow.all_handlers_finished()


def _turn(state: LoopState) -> Turn:
    return Turn(
        agent=state.agent,
        version=state.version,
        brief=state.brief,
        number=state.turns + 1,
        transcript=state.transcript,
        observed=state.observed,
    )


def _of(call: ToolCall, state: LoopState) -> CallOf:
    return CallOf(
        agent=state.agent,
        version=state.version,
        brief=state.brief,
        transcript=state.transcript,
        observed=state.observed,
        call=call,
    )


def _not_carried_out(calls: tuple[ToolCall, ...], state: LoopState) -> list[tuple[ToolCall, str]]:
    """The calls that are faulty, or made before: in an earlier turn or earlier in this one."""
    said: set[str] = set()
    refused: list[tuple[ToolCall, str]] = []
    for call in calls:
        if call.does is None:
            refused.append((call, call.fault or "It cannot be carried out."))
        elif call.alike in said or state.known(call):
            refused.append((call, REPEATED))
        said.add(call.alike)
    return refused


def _refused(call: ToolCall, why: str, *, acted: str | None = None, unknown: bool = False) -> Came:
    return Came(Observed(call=call.id, tool=call.tool, kind="refused", text=why), acted=acted, unknown=unknown)


def _unusable(thought: Thought) -> Came:
    """An answer that cannot be used goes back with what is wrong with it."""
    complaint = thought.observation.complaint if thought.observation else "There was no answer."
    return Came(Observed(call=None, tool=None, kind="complaint", text=complaint))


def _ids(calls: list[ToolCall]) -> list[str]:
    return [call.id for call in calls]


def _worked(said: Consultation[Claim], end: End, state: LoopState) -> Worked[Claim]:
    return Worked(said.claim, said.provider, said.model, said.brief, said.why_none, end, state)
