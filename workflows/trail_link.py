"""Where a case's trail can be read, for its page in the UI: the worker knows the address, and history keeps none of it.

Current details are the answer to a query, so another address, or none, is no other course of the workflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import cast

from temporalio import workflow
from temporalio.worker import Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

from governance.trail.identity import trace_id
from governance.trail.link import TrailLink

ADDRESS = "signalbox_trail_address"
"""What the worker answers to workflow code that asks for the address."""


class TrailLinks(Interceptor):
    """Register it with every worker: it tells workflows the address, which may leave open {case}, {run}, {trace}."""

    def __init__(self, address: str | None) -> None:
        self._address = address

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002
        """Intercept nothing; answer."""
        known = cast("MutableMapping[str, Callable[[], object]]", input.unsafe_extern_functions)  # pyright: ignore[reportUnknownMemberType]
        known[ADDRESS] = lambda: self._address
        return WorkflowInboundInterceptor


def trail_link() -> TrailLink:
    """The trail of the running workflow; an approval's is that of the case at its root."""
    info = workflow.info()
    known = cast("Mapping[str, Callable[[], str | None]]", workflow.extern_functions())  # pyright: ignore[reportUnknownMemberType]
    address = known[ADDRESS]() if ADDRESS in known else None
    case, run, first = info.workflow_id, info.run_id, info.first_execution_run_id
    if info.parent and info.root:
        case, run, first = info.root.workflow_id, info.root.run_id, info.root.run_id
    trace = trace_id(info.namespace, case, first)
    return TrailLink.of(address, case=case, run=run, trace=trace)
