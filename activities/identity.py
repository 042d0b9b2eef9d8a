"""Who sent a signal, read from the history and not from the signal, and whether it was theirs to answer."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.policy import Law
from domain.errors import BadPolicy
from domain.ports import SignalLog
from domain.values import Frozen
from governance.answer import Answer
from governance.assurance import Profile
from governance.case import CaseRun
from governance.standing import Laws, Standing, Weighed, nobody_knows, weigh


class ToWeigh(Frozen):
    """An answer by its place among all signals that the run received, from 0, and what it answers."""

    run: CaseRun
    position: int
    answer: Answer
    standing: Standing


@dataclass(frozen=True)
class IdentityActivities:
    """Looks signals up."""

    signals: SignalLog
    law: Law
    profile: Profile

    @activity.defn
    async def who_answered(self, task: ToWeigh) -> Weighed:
        """Find the signal's event and say who sent it."""
        run = task.run
        signal = await self.signals.nth_signal(workflow_id=run.workflow_id, run_id=run.run_id, position=task.position)
        try:
            directory, rates = await self.law.people()
        except BadPolicy as broken:  # whoever answered is told at once, and the request goes on waiting
            return nobody_knows(signal, str(broken))
        laws = Laws(directory=directory, rates=rates, profile=self.profile)
        return weigh(task.answer, signal, task.standing, laws)
