"""A workflow that has gone through a patch and waits."""

from temporalio import workflow
from temporalio.common import VersioningBehavior


@workflow.defn(name="Patched", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Patched:
    @workflow.run
    async def run(self) -> None:
        workflow.patched("asks-twice")
        await workflow.wait_condition(lambda: False)
