"""What a case may do: a work order with whoever stands behind it, or the reason there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.actions import BaseAction
from governance.approval import Decision
from governance.verdict import Verdict
from governance.work_order import WorkOrder

A = TypeVar("A", bound=BaseAction)


@dataclass(frozen=True)
class Authority(Generic[A]):
    """A work order, or the reason there is none."""

    order: WorkOrder[A] | None
    verdict: Verdict | None
    decision: Decision | None
    refusal: str

    @property
    def by(self) -> str:
        """Who decided: the person, or the row of the table."""
        if self.decision and self.decision.by:
            return f"{self.decision.by} ({self.decision.assurance})"
        if self.decision:
            return "nobody: no answer counted" if self.order is None else "nobody: silence allows it, by the row"
        return (
            f"policy {self.verdict.policy} {self.verdict.version}, row {self.verdict.row}" if self.verdict else "policy"
        )
