"""What a request has come to: a pure state machine that hears anything and never raises."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.spending import total
from domain.values import Frozen
from governance.answer import Answer
from governance.approval import Amended, ApprovalRequest, Decision, Explained, Heard, Record, escalated
from governance.assurance import weakest
from governance.canonical import digest
from governance.limits import stake
from governance.quorum import Vote, missing, one_name
from governance.standing import Standing, Weighed
from governance.verdict import Rung

KEPT = 200
"""Answers a request keeps; further ones are counted, so that a flood cannot grow the record without end."""
EXPLAINED = 5
"""Questions to the agent that one request pays for."""

State = Literal["waiting", "approved", "rejected", "expired", "amended"]


class Ballot(Frozen):
    """A request and what was heard on it so far."""

    request: ApprovalRequest
    id: str = Field(default="", description="of the approval: a late answer is told which request it was for")
    state: State = "waiting"
    settled_by: Heard | None = None
    amended: Amended | None = None
    record: Record = Record()

    @classmethod
    def on(cls, request: ApprovalRequest, approval_id: str = "") -> Ballot:
        """A ballot on a request, with what an earlier run heard."""
        return cls(request=request, id=approval_id, record=request.record)

    @property
    def heard(self) -> tuple[Heard, ...]:
        """The answers kept, oldest first."""
        return self.record.heard

    def carried(self) -> ApprovalRequest:
        """The request for a further run that goes on from here."""
        return self.request.model_copy(update={"record": self.record})

    def standing(self, run_id: str) -> Standing:
        """What an answer to this run of the request is held against."""
        at_stake = stake(self.request.subject.action)
        return Standing(
            request=self.request.digest,
            run_id=run_id,
            approval=self.id,
            settled=None if self.state == "waiting" else self.state,
            requester=self.request.subject.requester,
            amount=at_stake.amount,
            currency=at_stake.currency,
            review=self.request.review,
            handed=self.record.handed,
        )

    def missing(self, at: datetime) -> dict[str, int]:
        """How many people of which role are still needed."""
        review = self.request.review
        return missing(self.record.votes, review.approvers, tuple(escalated(review, at)))

    def objection(self, answer: Answer, weighed: Weighed) -> str | None:
        """Why an answer does not count; None where it does."""
        late = self.standing(run_id="").over(weighed.at)
        return answer.fault or late or weighed.why_not or self._used_up(answer, weighed)

    def _used_up(self, answer: Answer, weighed: Weighed) -> str | None:
        """One vote a person, one handing on to another, and an approval must fill a place."""
        if answer.kind != "comment" and self._has_voted(weighed):
            return f"{self._name(weighed)} has answered already"
        if weighed.handed and weighed.handed in self.record.handed:
            return f"{weighed.handed.giver} has handed it on to {weighed.handed.taker} already"
        return self._useless(weighed) if answer.kind == "approve" else None

    def hear(self, answer: Answer, weighed: Weighed, amended: Amended | str | None = None) -> Ballot:
        """Record an answer; the last one that it takes settles the request.

        `amended` is what became of the changes an approval asked for, or the sentence why they cannot be.
        """
        why_not = amended if isinstance(amended, str) else None if amended else self.objection(answer, weighed)
        heard = _heard(answer, weighed, why_not)
        if why_not or answer.kind == "comment":
            return self._kept(heard)
        if answer.kind == "delegate" and weighed.handed:
            return self._kept(heard, handed=(*self.record.handed, weighed.handed))
        if answer.kind == "reject":
            return self._kept(heard, settles="rejected")
        if isinstance(amended, Amended):
            return self._changed(heard, weighed, amended)
        after = self._kept(heard, votes=(*self.record.votes, self._vote(weighed)))
        return after if after.missing(weighed.at) else self._kept(heard, settles="approved", votes=after.record.votes)

    def expire(self) -> Ballot:
        """Silence ends a request; what it means, the verdict says."""
        return self.model_copy(update={"state": "expired"}) if self.state == "waiting" else self

    def climb(self, rung: Rung) -> Ballot:
        """Keep that somebody was reminded or that a further role is asked."""
        record = self.record.model_copy(update={"climbed": (*self.record.climbed, rung)})
        return self.model_copy(update={"record": record})

    def explained(self, explained: Explained) -> Ballot:
        """Keep what the agent answered."""
        record = self.record.model_copy(update={"explained": (*self.record.explained, explained)})
        return self.model_copy(update={"record": record})

    def decision(self, at: datetime) -> Decision:
        """The result of a settled ballot; `at` is used where nobody answered."""
        if self.state == "waiting":
            raise ValueError("a waiting ballot has no decision")
        by, votes = self.settled_by, self.record.votes
        approved = self.state == "approved"
        return Decision(
            state=self.state,
            by=", ".join(vote.person for vote in votes) if approved and votes else by.person if by else None,
            assurance=weakest(tuple(vote.assurance for vote in votes)) if approved else by.assurance if by else None,
            note=by.text if by else None,
            event_id=by.event_id if by else None,
            at=by.at if by else at,
            digest=digest(self.amended.subject) if self.amended else self.request.digest,
            votes=votes,
            amended=self.amended,
            heard=self.heard,
            unrecorded=self.record.unrecorded,
            spent=total(each.spent for each in self.record.explained) if self.record.explained else None,
        )

    def _changed(self, heard: Heard, weighed: Weighed, amended: Amended) -> Ballot:
        """As changed it is another action: earlier votes were for the old one, and only the changer's may count."""
        vote, review = (self._vote(weighed),), amended.verdict.review
        more = review and missing(vote, review.approvers, tuple(escalated(review, weighed.at)))
        settled = self._kept(heard, settles="amended" if more else "approved", votes=vote)
        return settled.model_copy(update={"amended": amended})

    def _kept(
        self,
        heard: Heard,
        *,
        settles: State | None = None,
        votes: tuple[Vote, ...] | None = None,
        handed: tuple[object, ...] | None = None,
    ) -> Ballot:
        old = self.record
        full = len(old.heard) >= KEPT and not (heard.counted and heard.kind in ("approve", "reject"))
        record = old.model_copy(
            update={
                "heard": old.heard if full else (*old.heard, heard),
                "unrecorded": old.unrecorded + full,
                "votes": old.votes if votes is None else votes,
                "handed": old.handed if handed is None else handed,
            }
        )
        settled = {"state": settles, "settled_by": heard} if settles else {}
        return self.model_copy(update={"record": record, **settled})

    def _has_voted(self, weighed: Weighed) -> bool:
        return one_name(self._name(weighed)) in {one_name(vote.person) for vote in self.record.votes}

    def _useless(self, weighed: Weighed) -> str | None:
        """An approval must bring the request nearer to its end."""
        before = self.missing(weighed.at)
        review = self.request.review
        after = missing(
            (*self.record.votes, self._vote(weighed)), review.approvers, tuple(escalated(review, weighed.at))
        )
        if sum(after.values()) < sum(before.values()):
            return None
        open_places = ", ".join(f"{count} from {role}" for role, count in before.items())
        return f"it fills no place that is open: {open_places} (one person and one authority fill one place)"

    def _vote(self, weighed: Weighed) -> Vote:
        return Vote(
            person=self._name(weighed),
            mandates=weighed.mandates,
            assurance=weighed.assurance,
            event_id=weighed.event_id,
            at=weighed.at,
        )

    def _name(self, weighed: Weighed) -> str:
        return weighed.by or weighed.identity or "somebody"


def _heard(answer: Answer, weighed: Weighed, why_not: str | None) -> Heard:
    return Heard(
        kind=answer.kind[:40],
        event_id=weighed.event_id,
        at=weighed.at,
        identity=weighed.identity,
        by=weighed.by or answer.by,
        assurance=weighed.assurance,
        text=answer.text,
        counted=why_not is None,
        why_not=why_not,
        how=weighed.how,
        changes=answer.changes,
        handed=weighed.handed,
    )
