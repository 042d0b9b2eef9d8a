"""Whether the server's lists may show what a case is about: search attributes are the one thing that nothing encrypts.

Their values are no part of what a replay is held against, so another answer is no other course of the workflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import cast

from temporalio import workflow
from temporalio.worker import Interceptor, WorkflowInboundInterceptor, WorkflowInterceptorClassInput

SHOWN = "signalbox_lists_show_content"
"""What the worker answers to workflow code that asks."""


class Lists(Interceptor):
    """Register it with every worker: it tells workflows whether subjects and amounts may be listed."""

    def __init__(self, *, show_content: bool) -> None:
        self._shown = show_content

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:  # noqa: A002
        """Intercept nothing; answer."""
        known = cast("MutableMapping[str, Callable[[], object]]", input.unsafe_extern_functions)  # pyright: ignore[reportUnknownMemberType]
        known[SHOWN] = lambda: self._shown
        return WorkflowInboundInterceptor


def content_is_listed() -> bool:
    """What the worker of the running workflow says; yes where it says nothing, or no workflow runs."""
    if not workflow.in_workflow():
        return True
    known = cast("Mapping[str, Callable[[], bool]]", workflow.extern_functions())  # pyright: ignore[reportUnknownMemberType]
    return known[SHOWN]() if SHOWN in known else True
