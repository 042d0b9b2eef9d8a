"""Keeping the trail up to date, round by round, for as long as one activity may take."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.measuring import stands_at, took
from activities.pulse import pulse
from domain.errors import Unavailable
from domain.metrics import SWEEP_LAG, SWEEP_LEFT, SWEEP_TIME
from domain.ports import Sweeping
from domain.sweeping import Swept
from domain.values import Frozen

WARNINGS = 20
"""Sentences that a report keeps; the log has them all."""


class Rounds(Frozen):
    """How often to look, and for how long."""

    every: timedelta
    during: timedelta = Field(description="0 for one round")


@dataclass(frozen=True)
class SweepActivities:
    """Sweeps."""

    trail: Sweeping

    @activity.defn
    async def sweep(self, rounds: Rounds) -> Swept:
        """Sweep until the time is over; a worker that shuts down leaves the rest to another one."""
        clock, total = asyncio.get_running_loop(), Swept()
        end = clock.time() + rounds.during.total_seconds()
        async with pulse():
            while True:
                began = clock.time()
                swept = await self.trail.sweep(at_once=not rounds.during)
                _tell(swept, clock.time() - began)
                for warning in swept.warnings:
                    activity.logger.warning("%s", warning)
                total = total.then(swept)
                if clock.time() >= end:
                    return total.model_copy(update={"warnings": total.warnings[:WARNINGS], "unsealed": swept.unsealed})
                await _pause(rounds.every)


def _tell(swept: Swept, seconds: float) -> None:
    if activity.in_activity():
        took(SWEEP_TIME, seconds)
        stands_at(SWEEP_LAG, swept.lag)
        stands_at(SWEEP_LEFT, swept.left)


async def _pause(wait: timedelta) -> None:
    """Wait for the next round; fail where this worker is told to stop, so that another one goes on."""
    try:
        await asyncio.wait_for(activity.wait_for_worker_shutdown(), wait.total_seconds())
    except TimeoutError:
        return
    raise ApplicationError(
        "This worker shuts down; another one goes on.",
        type=Unavailable.__name__,
        category=ApplicationErrorCategory.BENIGN,  # which the log need not show
    )
