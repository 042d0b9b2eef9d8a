"""Which case and which run of it."""

from __future__ import annotations

from domain.values import Frozen


class CaseRun(Frozen):
    """One run of one case, as Temporal names it."""

    namespace: str
    workflow_id: str
    run_id: str
