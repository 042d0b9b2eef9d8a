"""What an effect activity takes: the action together with the authority for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from domain.actions import BaseAction
from domain.errors import NotCovered
from domain.text import show
from domain.values import Frozen, Sha256
from governance.approval import Decision, Subject, escalated
from governance.assurance import reaches
from governance.canonical import digest, idempotency_key
from governance.case import CaseRun
from governance.quorum import Vote, missing
from governance.verdict import Review, Verdict

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
        elif self.action.least_people:
            raise NotCovered("People must decide on this action, whatever a table says.")
        return self.action

    def _approved(self) -> None:
        subject, decision, review = self.subject, self.decision, self.verdict.review
        if subject is None or decision is None or review is None:
            raise NotCovered("The verdict asks for an approval and there is none.")
        if decision.digest != digest(subject):
            raise NotCovered("The approval is of another request.")
        if digest(subject.action) != self.verdict.action_digest:
            raise NotCovered("The approval is of another action.")
        if subject.case != self.case or subject.row != self.verdict.row:
            raise NotCovered("The approval is for another run or another row.")
        if sum(review.approvers.values()) < self.action.least_people:
            raise NotCovered(f"At least {self.action.least_people} people must decide on this action.")
        if decision.state == "expired" and review.silence == "allow" and decision.at >= subject.expires:
            return
        if decision.state != "approved":
            raise NotCovered(f"The request was {decision.state}, not approved.")
        if fault := _insufficient(decision.votes, review, subject):
            raise NotCovered(fault)


def _insufficient(votes: tuple[Vote, ...], review: Review, subject: Subject) -> str | None:
    """Why these votes do not approve; None where they do."""
    for vote in votes:
        if vote.at >= subject.expires:
            return "The approval came after its deadline."
        if not reaches(vote.assurance, review.assurance):
            return f"It takes somebody {review.assurance}, and {vote.person} was {vote.assurance}."
        if subject.requester.casefold() in {(name or "").casefold() for name in _people(vote)}:
            return "The person who asked has decided."
    allowed = tuple(_timely(vote, review) for vote in votes)
    lacking = missing(allowed, review.approvers, tuple(escalated(review, subject.expires)))
    return f"It lacks {', '.join(f'{count} from {role}' for role, count in lacking.items())}." if lacking else None


def _timely(vote: Vote, review: Review) -> Vote:
    """The vote with the roles that were asked when it was given."""
    asked = {*review.approvers, *escalated(review, vote.at)}
    return vote.model_copy(update={"mandates": tuple(each for each in vote.mandates if each.role in asked)})


def _people(vote: Vote) -> tuple[str | None, ...]:
    return (vote.person, *(mandate.on_behalf_of for mandate in vote.mandates))


def on_whose_word(order: WorkOrder[Any], given_in: Mapping[Vote, str]) -> str:
    """Whoever allowed it, with the event that proves each answer; `given_in` is the approval that heard each vote."""
    row = f"row {order.verdict.row}, {order.verdict.policy} {order.verdict.version}"
    if order.decision is None:
        return f"allowed by {row}"
    if order.decision.state != "approved":
        return f"allowed by silence, {row}"
    votes = order.decision.votes
    heard = [(given_in.get(vote, ""), f"{show(vote.person, 40)} (event {vote.event_id})") for vote in votes]
    places = {approval: ", ".join(each for place, each in heard if place == approval) for approval, _ in heard}
    told = ", ".join(f"{people} of {approval}" if approval else people for approval, people in places.items())
    return f"approved by {told}"


def key_for(action: BaseAction, case: CaseRun) -> str:
    """The idempotency key of an action: never a run id."""
    return idempotency_key(case.namespace, action.business_key, action.step)
