"""The trail's own workflow: a schedule starts it, and it brings ledger and backends up to date until it is replaced."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior

from activities.sweeping import Rounds, SweepActivities
from domain.sweeping import Swept
from workflows.options import SWEEPING


@workflow.defn(name="Sweep", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class SweepWorkflow:
    """One activity that looks again and again; lost with its worker, it goes on with another."""

    @workflow.run
    async def run(self, rounds: Rounds) -> Swept:
        """What was done until the time was over."""
        return await workflow.execute_activity_method(SweepActivities.sweep, rounds, **SWEEPING)
