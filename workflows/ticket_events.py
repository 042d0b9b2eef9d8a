"""What happens to a ticket while its case waits: the helpdesk has news, or somebody says that it is done."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Literal

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import FailureError

from activities.ticket import Seen, TicketLookups
from workflows.failures import given_up
from workflows.following import Following
from workflows.looking_up import look_up
from workflows.options import WATCHED

SaidBy = Literal["customer", "person"]
Hearing = Callable[["TicketEvents", RawValue], None]
DONE = "The ticket is done: somebody has closed it."
KEPT = 20
"""Closings that are kept; one is enough."""


def _whatever_comes(hear: Hearing) -> Hearing:
    """Take a signal with several values as one without: the SDK would drop it or fail the task for ever."""

    @functools.wraps(hear)
    def heard(self: TicketEvents, value: RawValue = None, *more: object) -> None:  # type: ignore[assignment]
        hear(self, None if more else value)  # type: ignore[arg-type]

    return heard


class TicketEvents(Following):
    """Hears that there is news; what the news is, is looked up in the helpdesk and never taken from the signal."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        super().__init__()
        self.ticket_id = ""
        self._news = self._stirred = False
        self._closings: list[SaidBy] = []

    @workflow.signal(description="Something has happened in the helpdesk: the case looks. Data: nothing.")
    @_whatever_comes
    def look(self, _: RawValue = None) -> None:  # type: ignore[assignment]
        """Look; a flood of these is one look."""
        self._news = self._stirred = True

    @workflow.signal(
        description='It is done; the ticket is closed. Data: nothing, or "customer" if the customer says so.'
    )
    @_whatever_comes
    def close(self, said_by: RawValue = None) -> None:  # type: ignore[assignment]
        """Close; a required argument would fail the task when the UI sends none."""
        if len(self._closings) < KEPT:
            self._closings.append(_said_by(said_by))

    def looks_anew(self) -> None:
        """The ticket is read as it is now, so what was heard before is no reason to look while people decide."""
        self._stirred = False

    async def next_news(self) -> Seen | SaidBy | Literal["long"] | None:
        """Wait for the next thing that happens: how the ticket stands, who closes it, or nothing in thirty days.

        `long` at once where this run has heard so much that the next had better be heard by a new one.
        """
        if workflow.info().is_continue_as_new_suggested() and workflow.all_handlers_finished():
            return "long"
        over = asyncio.create_task(workflow.sleep(WATCHED, summary="the case ends if nothing happens any more"))
        await workflow.wait_condition(lambda: self._news or bool(self._closings) or over.done())
        if self._closings:
            return self._closings.pop(0)
        if not self._news:
            return None
        self._news = False
        return await self._look()

    async def moot(self, decided: Callable[[], bool]) -> str | None:
        """A question about a ticket is, once somebody calls the ticket done or has closed it in the helpdesk."""
        while not decided():
            await workflow.wait_condition(lambda: decided() or self._stirred or bool(self._closings))
            if self._closings:
                return DONE
            if self._stirred and not decided():
                self._stirred = False
                if await self._is_closed():
                    return DONE
        return None

    async def _is_closed(self) -> bool:
        """Whether the helpdesk has closed it; where nobody can say, it has not."""
        try:
            return (await self._look()).state == "closed"
        except FailureError as error:
            given_up(error)
            return False

    async def _look(self) -> Seen:
        return await look_up(TicketLookups.look_at_ticket, self.ticket_id)


def _said_by(value: RawValue | None) -> SaidBy:
    """Whoever it is, a ticket that somebody calls done is done; only a customer's own word is told apart."""
    try:
        said = json.loads(value.payload.data) if value and value.payload.data else None
    except (ValueError, RecursionError):
        said = None
    return "customer" if said == "customer" else "person"
