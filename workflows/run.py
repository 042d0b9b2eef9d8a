"""Which run this is, for everything that is bound to one."""

from __future__ import annotations

from temporalio import workflow

from governance.case import CaseRun


def this_run() -> CaseRun:
    """The running workflow, as Temporal names it."""
    info = workflow.info()
    return CaseRun(namespace=info.namespace, workflow_id=info.workflow_id, run_id=info.run_id)
