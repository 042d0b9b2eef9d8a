"""Which other runs a history names, so that none can be left out unseen."""

from __future__ import annotations

from collections.abc import Iterator

from governance.trail.history import RESET, Event, History
from governance.trail.reading import text

CHAIN = ("continuedExecutionRunId", "originalExecutionRunId", "firstExecutionRunId", "newExecutionRunId")


def linked(history: History) -> Iterator[tuple[str, str]]:
    """The runs that a history names, by workflow and run: before and after it in its chain, and those it started."""
    for event in history.events:
        for run in _same_case(event):
            yield history.workflow_id, run
        if event.type == "CHILD_WORKFLOW_EXECUTION_STARTED":
            child = text(event.attributes, "workflowExecution", "workflowId")
            run = text(event.attributes, "workflowExecution", "runId")
            if child and run:
                yield child, run


def _same_case(event: Event) -> Iterator[str]:
    if event.type.startswith("WORKFLOW_EXECUTION_"):
        yield from (run for name in CHAIN if (run := text(event.attributes, name)))
    elif event.type == "WORKFLOW_TASK_FAILED" and text(event.attributes, "cause") == RESET:
        yield from (run for name in ("baseRunId", "newRunId") if (run := text(event.attributes, name)))
