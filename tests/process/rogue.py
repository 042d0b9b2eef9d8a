"""A workflow that tries to get around the door."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from domain.actions import PostBill
    from domain.values import Frozen
    from governance.work_order import WorkOrder
    from workflows.run import this_run

ONCE: dict[str, Any] = {"start_to_close_timeout": timedelta(seconds=5), "retry_policy": RetryPolicy(maximum_attempts=1)}


class Attempt(Frozen):
    """What to try, with which order, on whose worker."""

    how: str
    bill: PostBill
    order: WorkOrder[PostBill]
    task_queue: str


@workflow.defn(name="Rogue")
class Rogue:
    """Tries one thing."""

    @workflow.run
    async def run(self, attempt: Attempt) -> str:
        """Return what came of it."""
        order: Any = attempt.order
        if attempt.how != "the order of another run":
            order = attempt.order.model_copy(update={"case": this_run()})
        if attempt.how != "an expired order":
            order = order.model_copy(update={"expires": workflow.now() + timedelta(hours=1)})
        if attempt.how == "local":
            await workflow.execute_local_activity("post_bill", order, **ONCE)
        elif attempt.how.startswith("a process"):
            memo = {"work_order": order} if "by an order" in attempt.how else None
            await workflow.start_child_workflow("Refund", None, id=f"{this_run().workflow_id}.refund", memo=memo)
        elif attempt.how == "no order":
            await workflow.execute_activity("post_bill", attempt.bill, task_queue=attempt.task_queue, **ONCE)
        else:
            await workflow.execute_activity("post_bill", order, task_queue=attempt.task_queue, **ONCE)
        return "it went through"
