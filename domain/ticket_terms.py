"""What support promises and when a ticket needs a person: the figures that the rules of a ticket go by."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, get_args

from pydantic import Field

from domain.actions.tickets import Priority, TicketFlag
from domain.customers import Contract
from domain.values import Frozen, Ratio

Level = Literal["high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
"""Most pressing first."""


class Promise(Frozen):
    """How long a customer waits at most, in open time of the queue."""

    first_reply: timedelta
    resolution: timedelta


class Cell(Frozen):
    """One cell of the priority grid."""

    impact: Level
    urgency: Level
    priority: Priority


class LeastPriority(Frozen):
    """A flag that makes a ticket at least this pressing."""

    flag: TicketFlag
    priority: Priority


class Promised(Frozen):
    """What is promised to tickets of a priority."""

    priority: Priority
    promise: Promise


class TicketTerms(Frozen):
    """The terms in force; the grid has every cell and every priority has its promise."""

    version: str
    fallback_queue: str
    warn_at: Ratio = Field(description="the share of a promise that may pass before its head is told")
    sure_from: Ratio = Field(description="a claim of the router below this says nothing")
    close_within: Ratio = Field(description="two queues nearer to each other than this are equally likely")
    link_from: Ratio = Field(description="two tickets less alike than this are different")
    duplicate_hours: int = Field(gt=0, description="after which the same words are a new question")
    reassigned_times: int = Field(gt=0, description="how often a ticket is passed on before its head looks")
    grid: tuple[Cell, ...]
    least: tuple[LeastPriority, ...]
    promises: tuple[Promised, ...]

    def priority(self, impact: Level, urgency: Level) -> Priority:
        """What the grid says."""
        return next(cell.priority for cell in self.grid if (cell.impact, cell.urgency) == (impact, urgency))

    def promise(self, priority: Priority, contract: Contract | None) -> Promise:
        """What is promised to a ticket of this priority, the contract's own figures over the grid's."""
        promise = next(each.promise for each in self.promises if each.priority == priority)
        if contract is None:
            return promise
        reply, resolution = contract.first_reply_minutes, contract.resolution_hours
        return Promise(
            first_reply=timedelta(minutes=reply) if reply else promise.first_reply,
            resolution=timedelta(hours=resolution) if resolution else promise.resolution,
        )


def more_pressing(one: Priority, other: Priority) -> Priority:
    """The more pressing of two priorities."""
    return one if PRIORITIES.index(one) < PRIORITIES.index(other) else other
