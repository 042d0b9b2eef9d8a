"""Which run this is, for everything that is bound to one."""

from __future__ import annotations

from decimal import Decimal

from temporalio import workflow

from governance.case import CaseRun


def this_run() -> CaseRun:
    """The running workflow, as Temporal names it."""
    info = workflow.info()
    return CaseRun(namespace=info.namespace, workflow_id=info.workflow_id, run_id=info.run_id)


def this_case() -> CaseRun:
    """The run that everything allowed in this case is bound to.

    After a reset it is the one that was reset: what was decided before that moment is part of the history that goes on,
    and replays as it was. What a reset sends again counts for nothing all the same: `HistorySignals` tells it apart.
    """
    return this_run().model_copy(update={"run_id": workflow.info().original_execution_run_id})


def draw() -> Decimal:
    """A number from 0 to 1 by the workflow's own chance: the same at every replay, and nobody can foresee it."""
    return Decimal(workflow.random().randrange(1_000_000)) / 1_000_000
