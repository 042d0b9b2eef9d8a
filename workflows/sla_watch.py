"""The promises of one ticket: warned of when nearly used up, escalated when broken, no time running while we wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.ticket import TakenIn, TicketLookups, ToTime
from domain.actions.tickets import EscalationReason
from domain.ticketing import Triage
from governance.sla_clock import Clock, ClockName, Pause
from workflows.failures import reason
from workflows.looking_up import look_up
from workflows.ticket_state import SlaState

SAID = {"first_reply": "first reply", "resolution": "resolution"}
Escalate = Callable[[EscalationReason, ClockName], Awaitable[None]]


@dataclass(frozen=True)
class Due:
    """What is to be told next, and when."""

    at: datetime
    clock: ClockName
    reason: EscalationReason


@dataclass
class SlaWatch:
    """Keeps time beside the case; the case says what happens, and `escalate` tells whoever must know."""

    escalate: Escalate
    breached: list[ClockName] = field(default_factory=list["ClockName"])
    why_not: str | None = None
    """Why no time is kept any more, where a file of rules is broken."""
    _subject: tuple[TakenIn, Triage] | None = None
    _replied: bool = False
    _pauses: list[Pause] = field(default_factory=list[Pause])
    _told: set[tuple[ClockName, EscalationReason]] = field(default_factory=set[tuple["ClockName", "EscalationReason"]])
    _stirred: bool = False
    _over: bool = False
    _keeping: asyncio.Task[None] | None = None

    def about(self, taken: TakenIn, triage: Triage) -> None:
        """Count for this queue and priority from now on, since the ticket was opened."""
        self._subject, self._stirred = (taken, triage), True
        self._keeping = self._keeping or asyncio.create_task(self._keep())

    def go_on(self, state: SlaState, taken: TakenIn, triage: Triage) -> None:
        """Keep time as the run before did."""
        self._replied, self._pauses = state.replied, list(state.pauses)
        self._told, self.breached = set(state.told), list(state.breached)
        self.about(taken, triage)

    @property
    def state(self) -> SlaState:
        """What a new run needs to know."""
        return SlaState(
            replied=self._replied,
            pauses=tuple(self._pauses),
            told=tuple(sorted(self._told)),
            breached=tuple(self.breached),
        )

    def replied(self) -> None:
        """The customer has an answer: the first promise is kept, or was broken before."""
        self._replied = self._stirred = True

    def wait_for_customer(self) -> None:
        """Nothing runs until the customer writes."""
        if not self._waiting:
            self._pauses.append(Pause(since=workflow.now(), until=None))
            self._stirred = True

    def customer_wrote(self) -> None:
        """The clocks go on."""
        if self._waiting:
            self._pauses[-1] = Pause(since=self._pauses[-1].since, until=workflow.now())
            self._stirred = True

    async def end(self) -> None:
        """Stop keeping time; what is being told is told."""
        self._over = True
        if self._keeping:
            await self._keeping

    @property
    def _waiting(self) -> bool:
        return bool(self._pauses) and self._pauses[-1].until is None

    async def _keep(self) -> None:
        """Timers are left to end with the run: cancelling one in the task that may replay its start breaks the case."""
        while not self._over:
            self._stirred = False
            try:
                due = await self._next()
            except ApplicationError as error:
                self.why_not = reason(error)
                return
            if due and due.at > workflow.now():
                timer = asyncio.create_task(_at(due))
                await workflow.wait_condition(partial(self._called, timer))
                due = None if self._over or self._stirred else due
            elif due is None:
                await workflow.wait_condition(partial(self._called, None))
            if due:
                await self._tell(due)

    def _called(self, timer: asyncio.Task[None] | None) -> bool:
        return self._over or self._stirred or (timer is not None and timer.done())

    async def _next(self) -> Due | None:
        if self._subject is None:
            return None
        taken, triage = self._subject
        task = ToTime(
            queue=triage.queue,
            priority=triage.priority,
            contract=taken.intake.contract,
            since=taken.opened,
            pauses=tuple(self._pauses),
        )
        both = await look_up(TicketLookups.time_ticket, task)
        due = [each for clock in both for each in self._left_of(clock) if not _stale(each, clock)]
        return min(due, key=lambda each: each.at, default=None)

    def _left_of(self, clock: Clock) -> list[Due]:
        if clock.name == "first_reply" and self._replied:
            return []
        moments: tuple[tuple[EscalationReason, datetime | None], ...] = (
            ("sla_warning", clock.warn_at),
            ("sla_breach", clock.breach_at),
        )
        return [
            Due(at, clock.name, why) for why, at in moments if at is not None and (clock.name, why) not in self._told
        ]

    async def _tell(self, due: Due) -> None:
        """Whoever is told of a broken promise needs no warning of it any more."""
        self._told |= {(due.clock, "sla_warning"), (due.clock, due.reason)}
        if due.reason == "sla_breach":
            self.breached.append(due.clock)
        await self.escalate(due.reason, due.clock)


def _stale(due: Due, clock: Clock) -> bool:
    """A warning that comes when the promise is broken already, as after a downtime, warns of nothing."""
    return due.reason == "sla_warning" and clock.breach_at is not None and clock.breach_at <= workflow.now()


async def _at(due: Due) -> None:
    said = f"{SAID[due.clock]} {'is nearly due' if due.reason == 'sla_warning' else 'is due'}"
    await workflow.sleep(due.at - workflow.now(), summary=said)
