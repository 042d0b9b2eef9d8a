"""What an effect activity takes: the action together with the authority for it."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

from domain.actions import BaseAction
from domain.errors import NotCovered
from domain.values import Frozen, Sha256
from governance.approval import Decision, Subject
from governance.canonical import digest, idempotency_key
from governance.case import CaseRun
from governance.verdict import Verdict

A = TypeVar("A", bound=BaseAction)


class WorkOrder(Frozen, Generic[A]):
    """An action, its idempotency key, the verdict on it and, where a person was asked, what was asked and decided."""

    action: A
    key: Sha256
    case: CaseRun
    verdict: Verdict
    subject: Subject | None
    decision: Decision | None
    expires: datetime

    def covered(self, at: datetime) -> A:
        """The action, if and only if this order covers exactly it at this time; else raise `NotCovered` and say why.

        `at` is the server's or the workflow's time, never a worker's own.
        """
        if at >= self.expires:
            raise NotCovered(f"It expired at {self.expires:%Y-%m-%d %H:%M:%S} UTC.")
        if self.key != key_for(self.action, self.case):
            raise NotCovered("Its key is not the key of its action.")
        if self.verdict.action_digest != digest(self.action):
            raise NotCovered("The verdict is on another action.")
        if self.verdict.then == "review":
            self._approved()
        elif self.verdict.then != "allow":
            raise NotCovered(f"The verdict is {self.verdict.then}.")
        return self.action

    def _approved(self) -> None:
        subject, decision = self.subject, self.decision
        if subject is None or decision is None or decision.state != "approved":
            raise NotCovered("The verdict asks for an approval and there is none.")
        if decision.digest != digest(subject):
            raise NotCovered("The approval is of another request.")
        if digest(subject.action) != self.verdict.action_digest:
            raise NotCovered("The approval is of another action.")
        if subject.case != self.case or subject.row != self.verdict.row:
            raise NotCovered("The approval is for another run or another row.")
        if decision.at >= subject.expires:
            raise NotCovered("The approval came after its deadline.")


def key_for(action: BaseAction, case: CaseRun) -> str:
    """The idempotency key of an action: never a run id."""
    return idempotency_key(case.namespace, action.business_key, action.step)
