"""Where an agent's loop stands between two turns, what came of the last one, and how a loop can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from activities.reasoning import Thought
from agents.tools import Observed, ToolCall
from domain.documents import DocumentRef
from domain.spending import LimitName, Spent
from domain.values import Frozen

End = Literal["answered", "no_answer", "suspended", "no_progress", "outcome_unknown"] | LimitName
"""How a loop ended: by an answer, for want of a model, by a person who stopped the agent, by turning in circles, before
an effect of which nobody knows whether it took place, or at a limit."""

TOLD: dict[End, str] = {
    "no_progress": "it called again and again for what it knew, or for what does not exist",
    "outcome_unknown": "it is not known whether what it asked for was done",
    "turns": "it had no more turns",
}


class Done(Frozen):
    """An effect that an agent asked for and that took place, with whoever allowed it."""

    action: str
    reference: str
    by: str


class LoopState(Frozen):
    """Where a loop stands between two turns: a plain value, so that a long one can go on in a new run."""

    agent: str
    version: str
    brief: DocumentRef
    turns: int = 0
    transcript: DocumentRef | None = None
    observed: tuple[Observed, ...] = Field(default=(), description="what came of the last turn")
    read: tuple[str, ...] = Field(default=(), description="look-ups that were answered since the last effect")
    acted: tuple[str, ...] = Field(default=(), description="actions that were decided")
    idle: int = Field(default=0, description="turns in a row that brought nothing")
    done: tuple[Done, ...] = ()
    spent: dict[str, Spent] = Field(default={}, description="by agent, as a new run has to know it")
    asked: dict[str, int] = Field(default={}, description="requests to people by step, as a new run has to know them")

    def known(self, call: ToolCall) -> bool:
        """Whether this was called before, in these or like words, and nothing has changed since."""
        return call.alike in (self.read if call.does == "read" else self.acted)

    def after(self, thought: Thought, came: tuple[Came, ...]) -> LoopState:
        """One turn on; an effect makes it worth looking everything up again."""
        done = tuple(each.done for each in came if each.done)
        read = tuple(each.read for each in came if each.read)
        acted = tuple(each.acted for each in came if each.acted)
        return self.model_copy(
            update={
                "turns": self.turns + 1,
                "transcript": thought.transcript,
                "observed": tuple(each.observed for each in came),
                "read": read if done else (*self.read, *read),
                "acted": (*self.acted, *acted),
                "idle": 0 if read or acted else self.idle + 1,
                "done": (*self.done, *done),
            }
        )


@dataclass(frozen=True)
class Came:
    """What came of one call: what the model is told, and by what it will be known if it is made again."""

    observed: Observed
    read: str | None = None
    acted: str | None = None
    done: Done | None = None
    unknown: bool = False
