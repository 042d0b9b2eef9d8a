"""Judging an action by the rules in force now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from temporalio import activity

from domain.actions import Action, BaseAction, kind_of
from domain.errors import BadPolicy
from domain.ports import StopButton
from domain.values import Frozen, Ratio
from governance.amendment import Amendment, Change, amend
from governance.assurance import Profile
from governance.judge import Circumstances, judge
from governance.people import Directory
from governance.policy import Table
from governance.rates import Rates
from governance.standing import Laws
from governance.verdict import Second, Verdict


class Law(Protocol):
    """Tables, the directory of people, and rates of exchange, as they are now; `BadPolicy` where one cannot be read."""

    async def in_force(self, policy: str) -> tuple[Table, Directory, Rates]:
        """All that a judgement takes."""
        ...

    async def people(self) -> tuple[Directory, Rates]:
        """All that weighing an answer takes."""
        ...


class Judgement(Frozen):
    """Which table judges which action, when, and the draw for a second look: both come from the workflow."""

    policy: str
    action: Action
    at: datetime
    draw: Ratio
    second: Second = "wanted"
    """What a second reader said, where the row has wanted one."""


class AmendmentJudgement(Frozen):
    """An approver's changes, and what a judgement of the action as changed takes."""

    policy: str
    amendment: Amendment
    at: datetime
    draw: Ratio


@dataclass(frozen=True)
class PolicyActivities:
    """The judge: run as a local activity, so that changed rules can never break replay."""

    law: Law
    stop: StopButton
    profile: Profile

    @activity.defn
    async def judge(self, judgement: Judgement) -> Verdict:
        """Find the row that decides."""
        table, given = await self._circumstances(judgement, judgement.action)
        return judge(table, judgement.action, replace(given, second=judgement.second))

    @activity.defn
    async def amend(self, judgement: AmendmentJudgement) -> Change:
        """Change the action as an approver says, and judge it again."""
        asked = judgement.amendment
        try:
            table, given = await self._circumstances(judgement, asked.subject.action)
            directory, rates = await self.law.people()
            return amend(asked, table, given, Laws(directory=directory, rates=rates, profile=self.profile))
        except BadPolicy as broken:  # the approver is told at once, and the request goes on waiting
            return Change(weighed=asked.weighed, why_not=str(broken))

    async def _circumstances(
        self, judgement: Judgement | AmendmentJudgement, action: BaseAction
    ) -> tuple[Table, Circumstances]:
        table, directory, rates = await self.law.in_force(judgement.policy)
        given = Circumstances(
            at=judgement.at,
            draw=judgement.draw,
            rates=rates,
            directory=directory,
            profile=self.profile,
            stopped=await self.stop.stopped(process=judgement.policy, action=kind_of(type(action))),
        )
        return table, given
