"""Who sent a signal, read from the history and not from the signal."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from domain.ports import SignalLog, SignalRecord
from domain.values import Frozen
from governance.case import CaseRun


class SignalPosition(Frozen):
    """A signal by its place among all that the run received, from 0."""

    run: CaseRun
    position: int


@dataclass(frozen=True)
class IdentityActivities:
    """Looks signals up."""

    signals: SignalLog

    @activity.defn
    async def who_signalled(self, place: SignalPosition) -> SignalRecord:
        """Find the signal's event."""
        run = place.run
        return await self.signals.nth_signal(workflow_id=run.workflow_id, run_id=run.run_id, position=place.position)
