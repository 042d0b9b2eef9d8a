"""What a case may do, with whoever stands behind it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from temporalio.exceptions import ActivityError

from domain.actions import BaseAction, Receipt
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


@dataclass(frozen=True)
class Acted(Generic[A]):
    """An action as it was decided, with its receipt; or why it was not done, and who said so."""

    action: A
    receipt: Receipt | None
    by: str
    why_not: str = ""
    unknown: ActivityError | None = None
    """What went wrong where nobody knows whether it was done."""

    def known(self) -> Self:
        """The same; raise what went wrong where nobody knows whether it was done: then the case fails for a person."""
        if self.unknown:
            raise self.unknown
        return self
