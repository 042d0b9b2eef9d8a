"""Counts cases and decisions as they begin and end; what is replayed is not counted again."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from domain.errors import DomainError
from domain.metrics import APPROVALS_ENDED, CASES_ENDED, CASES_STARTED, Metric
from governance.approval import Decision

UNCOUNTED = "Sweep"


class Measuring(Interceptor):
    """Register it with every worker."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002
        """Watch what runs."""
        return _Counting


class _Counting(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401
        info = workflow.info()
        if info.workflow_type == UNCOUNTED:
            return await super().execute_workflow(input)
        is_case = info.workflow_type != "Approval"
        if is_case and info.continued_run_id is None:
            _count(CASES_STARTED, process=info.workflow_type)
        try:
            result = await super().execute_workflow(input)
        except (FailureError, DomainError, asyncio.CancelledError) as error:  # others fail a task, and not the run
            self._ended(is_case, info.workflow_type, "cancelled" if is_cancelled_exception(error) else "failed")
            raise
        state = result.state if isinstance(result, Decision) else getattr(result, "outcome", "ended")
        self._ended(is_case, info.workflow_type, str(state))
        return result

    def _ended(self, is_case: bool, process: str, state: str) -> None:
        if is_case:
            _count(CASES_ENDED, process=process, outcome=state)
        else:
            _count(APPROVALS_ENDED, state=state)


def _count(metric: Metric, **labels: str) -> None:
    workflow.metric_meter().create_counter(metric.name, metric.about).add(1, labels)
