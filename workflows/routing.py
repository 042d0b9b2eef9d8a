"""On which task queue an activity waits: agents' turns and effects have queues of their own, beside the cases'.

A model that is slow or may only be asked so often then holds up neither cases nor payments, and processes share what
there is. The queue of an activity is no part of what replay compares, so cases that began before go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporalio import workflow
from temporalio.common import Priority
from temporalio.worker import (
    Interceptor,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from activities.explaining import ExplainingActivities
from activities.notification import NotificationActivities
from activities.reasoning import ReasoningActivities
from domain.roles import Role
from workflows.options import queue_of
from workflows.performed import PERFORMED_BY

REASONING = (ReasoningActivities.think, ExplainingActivities.explain)
EFFECTS = (*PERFORMED_BY.values(), NotificationActivities.notify)
ROUTES: Mapping[str, Role] = {
    **{method.__name__: "effects" for method in EFFECTS},
    **{method.__name__: "reasoning" for method in REASONING},
}
"""The role that takes an activity; whatever is not named here runs beside the workflows."""


class Routing(Interceptor):
    """Register it with every worker."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002
        """Watch what is scheduled."""
        return _Routed


class _Routed(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Sending(outbound))


class _Sending(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        role = ROUTES.get(input.activity)
        if role and input.task_queue is None:
            input.task_queue = queue_of(workflow.info().task_queue, role)
            input.priority = Priority(fairness_key=workflow.info().workflow_type)
        return super().start_activity(input)
