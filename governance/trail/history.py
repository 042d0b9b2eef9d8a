"""A workflow's history as a plain value: what the server wrote down, its payloads read where they are JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from pydantic import Field, JsonValue

from domain.values import Frozen
from governance.trail.reading import text

RESET = "WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW"


class Event(Frozen):
    """One event; `type` is the API's name without its prefix, such as ACTIVITY_TASK_SCHEDULED.

    `attributes` and `beside` (summary, principal, links) are as in the API's JSON. A payload in them is an object of
    `encoding`, `size` in bytes and, where it is JSON, `value`.
    """

    id: int
    type: str
    at: datetime
    attributes: dict[str, JsonValue]
    beside: dict[str, JsonValue] = Field(default_factory=dict)


class History(Frozen):
    """The events of one run, in order of their ids; those that a reset copied stand before its own."""

    namespace: str
    workflow_id: str
    run_id: str
    events: tuple[Event, ...]

    @property
    def started(self) -> dict[str, JsonValue]:
        """What the run was started with; empty where the beginning is missing."""
        first = self.events[0] if self.events else None
        return first.attributes if first and first.type == "WORKFLOW_EXECUTION_STARTED" else {}

    @property
    def first_run(self) -> str:
        """The first run of the chain that continuing as new, retrying or resetting made."""
        return text(self.started, "firstExecutionRunId") or self.run_id

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """The ids of events that are not there, though later ones are: the first and the last of each gap."""
        known = (0, *(event.id for event in self.events))
        return tuple((one + 1, other - 1) for one, other in pairwise(known) if other > one + 1)

    def by_run(self) -> Iterator[tuple[str, Event]]:
        """Each event with the run it belongs to: those that a reset copied belong to the run they happened in."""
        run = text(self.started, "originalExecutionRunId") or self.run_id
        for event in self.events:
            run = reset_to(event) or run
            yield run, event


def run_of(events: Sequence[Event]) -> str:
    """The id of the run whose history this is, as far as its events tell; empty where they do not."""
    first = events[0].attributes if events else {}
    resets = [run for event in events if (run := reset_to(event))]
    return resets[-1] if resets else text(first, "originalExecutionRunId") or text(first, "firstExecutionRunId") or ""


def reset_to(event: Event) -> str | None:
    """The run that a reset began with this event."""
    if event.type != "WORKFLOW_TASK_FAILED" or text(event.attributes, "cause") != RESET:
        return None
    return text(event.attributes, "newRunId")
