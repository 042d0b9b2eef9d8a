"""A case that anybody can stop by a signal, whatever the signal carries: stopping is the safe direction."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue

from activities.bank import BankLookups
from domain.bank import StopHeard
from governance.answer import Answer, parse_answer
from workflows.case import Case
from workflows.looking_up import look_up
from workflows.run import this_run

T = TypeVar("T")
KEPT = 20
"""Calls to stop that are looked up and kept; one is enough."""
SEVERAL_VALUES = StopHeard(
    at=None, by="somebody", identity="", sure="anonymous", reason=None, unread="it carried several values"
)
"""Such a signal has no place among those that `HistorySignals` counts, so nobody can say who sent it."""


Hearing = Callable[["Stoppable", RawValue], None]


def _whatever_comes(hear: Hearing) -> Hearing:
    """Let a stop with several values stop too: by the handler's own signature the SDK drops it or fails the task."""

    @functools.wraps(hear)
    def heard(self: Stoppable, value: RawValue = None, *more: object) -> None:  # type: ignore[assignment]
        if more:
            self.keep(None)
        else:
            hear(self, value)

    return heard


class Stoppable(Case):
    """Hears `stop` at any time; the process says until when it still can stop."""

    def __init__(self) -> None:
        """Nobody has called to stop it yet."""
        super().__init__()
        self._received = 0
        self._stops: list[tuple[int, Answer] | None] = []

    @property
    def stopping(self) -> bool:
        """Whether somebody has called to stop it."""
        return bool(self._stops)

    @workflow.signal(
        description='Stop the change; anybody may. Data: the reason, such as "the supplier knows nothing".'
    )
    @_whatever_comes
    def stop(self, reason: RawValue = None) -> None:  # type: ignore[assignment]
        """Stop; a required argument would fail the task when the UI sends none."""
        payload = reason.payload if reason else None
        encoding = payload.metadata.get("encoding", b"").decode(errors="replace") if payload else "binary/null"
        said = parse_answer("reject", encoding, payload.data if payload else b"")  # a stop takes what a rejection takes
        self.keep((self._received, said))
        self._received += 1

    @workflow.signal(dynamic=True, description="Only `stop` stops: whatever has another name does nothing.")
    def anything_else(self, name: str, args: Sequence[RawValue]) -> None:  # noqa: ARG002
        """Count it, so that the positions of stops stay right."""
        self._received += len(args) <= 1

    async def unless_stopped(self, step: Coroutine[Any, Any, T]) -> T | None:
        """What a step comes to; None where somebody stops it meanwhile, which cancels what it waits for."""
        task = asyncio.create_task(step)
        try:
            await workflow.wait_condition(lambda: task.done() or self.stopping)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        return None if task.cancelled() else task.result()

    async def wait_unless_stopped(self, seconds: float, summary: str) -> None:
        """Wait; the timer ends by itself or with the run, as that of an approval does."""
        timer = asyncio.create_task(workflow.sleep(max(seconds, 0.001), summary=summary))
        await workflow.wait_condition(lambda: timer.done() or self.stopping)

    async def stops_heard(self) -> tuple[StopHeard, ...]:
        """Who called to stop, as the history has it."""
        return tuple([await self._named(*each) if each else SEVERAL_VALUES for each in tuple(self._stops)])

    async def _named(self, position: int, said: Answer) -> StopHeard:
        return await look_up(BankLookups.who_stopped, this_run(), position, said)

    def keep(self, stop: tuple[int, Answer] | None) -> None:
        """Stop, and keep by whom and why; a flood of stops keeps the first ones."""
        if len(self._stops) < KEPT:
            self._stops.append(stop)
