"""One pending decision: the question as a person reads it, the answers as they came, the decision as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from domain.actions import Action
from domain.documents import DocumentRef
from domain.spending import Spent
from domain.unbacked import Unbacked
from domain.values import Frozen, Ratio, Sha256
from governance.assurance import Assurance
from governance.canonical import digest
from governance.case import CaseRun
from governance.people import Handover
from governance.quorum import Vote
from governance.verdict import Review, Rung, Verdict


class Advice(Frozen):
    """What an agent proposed: a claim, shown beside the facts."""

    agent: str
    version: str
    provider: str = Field(description="who answered: a model's provider, `scripted`, or `rules` for the fallback")
    model: str | None
    proposal: str
    reason: str = Field(description="the agent's own words")
    confidence: Ratio
    brief: DocumentRef | None = Field(default=None, description="what the agent was told, so that it can be asked why")


class Subject(Frozen):
    """What the digest covers: exactly this action, in this run, for this row, asked by this person, until this time."""

    case: CaseRun
    action: Action
    row: str
    requester: str
    nonce: str
    expires: datetime


class Heard(Frozen):
    """One answer as it was recorded, counted or not."""

    kind: str
    event_id: int
    at: datetime
    identity: str = Field(description="the client's own claim, as the server recorded it")
    by: str | None = Field(description="the person of the directory, or else the name given in the answer")
    assurance: Assurance
    text: str | None
    counted: bool
    why_not: str | None
    how: str | None = Field(default=None, description="what proved who it was")
    changes: dict[str, JsonValue] | None = None
    handed: Handover | None = Field(default=None, description="the decision was handed on")

    @property
    def person(self) -> str:
        """Who this was, as far as anybody knows."""
        return self.by or self.identity or "somebody"


class Explained(Frozen):
    """What the agent answered to a question of a person: a claim; `answer` is None where none came."""

    event_id: int = Field(description="of the comment that asked")
    agent: str
    provider: str
    answer: str | None
    why_not: str | None = None
    spent: Spent = Field(default=Spent(), description="what asking has cost")


class Record(Frozen):
    """What was heard on a request so far."""

    heard: tuple[Heard, ...] = ()
    unrecorded: int = Field(default=0, description="answers beyond the limit of what is kept")
    votes: tuple[Vote, ...] = ()
    handed: tuple[Handover, ...] = ()
    explained: tuple[Explained, ...] = ()
    climbed: tuple[Rung, ...] = Field(default=(), description="reminders and escalations that have come")


class ApprovalRequest(Frozen):
    """The input of an Approval workflow; its field order is what a reviewer reads first."""

    question: str
    how_to_decide: str
    evidence: tuple[str, ...]
    facts: dict[str, str]
    why_held: str
    advice: Advice | None
    needed: str
    if_nobody_answers: str
    profile: str
    subject: Subject
    digest: Sha256
    verdict: Verdict
    unbacked: tuple[Unbacked, ...] = Field(default=(), description="what nobody but the agent says")
    record: Record = Field(default=Record(), description="what an earlier run of this approval heard, or what counts")

    @property
    def review(self) -> Review:
        """Who must answer, how, and until when; a request without a review cannot be asked."""
        if self.verdict.review is None:
            raise ValueError(f"The verdict of row {self.verdict.row} asks nobody.")
        return self.verdict.review

    @property
    def role(self) -> str:
        """The roles asked, for names and lists."""
        return "+".join(self.review.approvers)

    def intact(self) -> bool:
        """Whether the digest is the subject's."""
        return self.digest == digest(self.subject)


class Amended(Frozen):
    """An action that an approver changed, and the verdict on it as it is now."""

    subject: Subject
    verdict: Verdict


class Decision(Frozen):
    """The result of an Approval workflow."""

    state: Literal["approved", "rejected", "expired", "amended"]
    """amended: changed by a person, and as changed it needs further answers."""
    by: str | None
    assurance: Assurance | None = Field(description="the weakest of those that counted")
    note: str | None
    event_id: int | None
    at: datetime
    digest: Sha256 = Field(description="of the subject decided on, as amended where it was")
    votes: tuple[Vote, ...]
    amended: Amended | None
    heard: tuple[Heard, ...]
    unrecorded: int = Field(description="answers beyond the limit of what is kept")
    spent: Spent | None = Field(default=None, description="what the agent's answers to questions have cost, if any")


def escalated(review: Review, at: datetime) -> Iterator[str]:
    """The roles whose people may answer too at this moment."""
    return (rung.role for rung in review.ladder if rung.does == "escalate" and rung.role and rung.at <= at)


def stage_end(review: Review, at: datetime) -> datetime:
    """When the next escalation comes, or the end."""
    ends: list[Rung] = [rung for rung in review.ladder if rung.does != "remind" and rung.at > at]
    return ends[0].at if ends else review.expires
