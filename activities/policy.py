"""Judging an action by the table in force now."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from domain.actions import Action
from domain.values import Frozen
from governance.policy import PolicyTables
from governance.verdict import Verdict


class Judgement(Frozen):
    """Which table judges which action."""

    policy: str
    action: Action


@dataclass(frozen=True)
class PolicyActivities:
    """The judge: run as a local activity, so that a changed table can never break replay."""

    tables: PolicyTables

    @activity.defn
    async def judge(self, judgement: Judgement) -> Verdict:
        """Find the row that decides."""
        table = await self.tables.table(judgement.policy)
        return table.judge(judgement.action)
