"""The door: the worker itself lets no effect be scheduled or run without a work order that covers exactly it.

The activities check their orders too; the door is for the activity that somebody writes next and that forgets to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, cast

from temporalio import activity, workflow
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    StartActivityInput,
    StartChildWorkflowInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from domain.actions import BaseAction
from domain.errors import NotCovered
from domain.ports import Runs
from governance.case import CaseRun
from governance.work_order import WorkOrder
from workflows.performed import BEGUN, ORDER, PERFORMED_BY
from workflows.run import this_case

EFFECTS: Mapping[str, type[BaseAction]] = {method.__name__: action for action, method in PERFORMED_BY.items()}
"""The activities that change the world, and the action each performs."""
PROCESSES: Mapping[str, type[BaseAction]] = {process: action for action, process in BEGUN.items()}
"""The processes that a case may start, and the action that each start is."""


class Door(Interceptor):
    """Register it with every worker; `runs` is asked only where an order is of another run than the activity."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Watch what runs."""
        return _Running(super().intercept_activity(next), self._runs)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002, ARG002
        """Watch what is scheduled."""
        return _Deciding


class _Running(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, runs: Runs) -> None:  # noqa: A002
        super().__init__(next)
        self._runs = runs

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        info = activity.info()
        if info.activity_type in EFFECTS:
            run = CaseRun(
                namespace=info.namespace, workflow_id=info.workflow_id or "", run_id=info.workflow_run_id or ""
            )
            case = await self._bound_to(run, input.args)
            _covered(info.activity_type, input.args, case, info.current_attempt_scheduled_time)
        return await super().execute_activity(input)

    async def _bound_to(self, run: CaseRun, args: Sequence[Any]) -> CaseRun:
        """The run that an order must be of: this one, or the one that was reset to make it."""
        given: object = args[0] if args else None
        if not isinstance(given, WorkOrder) or cast("WorkOrder[BaseAction]", given).case == run:
            return run
        return run.model_copy(update={"run_id": await self._runs.original(run.workflow_id, run.run_id)})


class _Deciding(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Scheduling(outbound))


class _Scheduling(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        if input.activity in EFFECTS:
            _covered(input.activity, input.args, this_case(), workflow.now())
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        if input.activity in EFFECTS:
            _refuse(input.activity, "runs as a local activity, which leaves no trace of its input")
        return super().start_local_activity(input)

    async def start_child_workflow(
        self,
        input: StartChildWorkflowInput,  # noqa: A002
    ) -> workflow.ChildWorkflowHandle[Any, Any]:
        if input.workflow in PROCESSES:
            _covered(input.workflow, [(input.memo or {}).get(ORDER)], this_case(), workflow.now())
        return await super().start_child_workflow(input)


def _covered(name: str, args: Sequence[Any], run: CaseRun, at: datetime) -> None:
    """Refuse whatever is not one work order, for this action and this run, that covers itself."""
    given: object = args[0] if len(args) == 1 else None
    if not isinstance(given, WorkOrder):
        _refuse(name, "was given no work order")
    order = cast("WorkOrder[BaseAction]", given)
    action = order.action
    wanted = EFFECTS.get(name) or PROCESSES[name]
    if type(action) is not wanted:
        _refuse(name, f"performs {wanted.__name__}, not {type(action).__name__}")
    if order.case != run:
        _refuse(name, f"was given the order of another run, {order.case.workflow_id} {order.case.run_id}")
    order.covered(at)


def _refuse(name: str, what: str) -> NoReturn:
    raise NotCovered(f"The effect {name} {what}.")
