"""One pending decision: the question as a person reads it, the answers as they came, the decision as it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.actions import Action
from domain.values import Frozen, Ratio, Sha256
from governance.canonical import digest
from governance.case import CaseRun


class Advice(Frozen):
    """What an agent proposed: a claim, shown beside the facts."""

    agent: str
    version: str
    provider: str = Field(description="who answered: a model's provider, `scripted`, or `rules` for the fallback")
    model: str | None
    proposal: str
    reason: str = Field(description="the agent's own words")
    confidence: Ratio


class Subject(Frozen):
    """What the digest covers: exactly this action, in this run, for this row, asked by this person, until this time."""

    case: CaseRun
    action: Action
    row: str
    requester: str
    nonce: str
    expires: datetime


AnswerKind = Literal["approve", "reject", "comment"]


class Heard(Frozen):
    """One answer as it was recorded, counted or not."""

    kind: str
    event_id: int
    at: datetime
    identity: str = Field(description="the client's own claim, as the server recorded it")
    by: str | None = Field(description="the name given in the answer")
    assurance: Literal["anonymous", "claimed", "principal"]
    text: str | None
    counted: bool
    why_not: str | None

    @property
    def person(self) -> str:
        """Who this was, as far as anybody knows."""
        return self.by or self.identity or "somebody"


class ApprovalRequest(Frozen):
    """The input of an Approval workflow; its field order is what a reviewer reads first."""

    question: str
    how_to_decide: str
    evidence: tuple[str, ...]
    facts: dict[str, str]
    why_held: str
    advice: Advice | None
    if_nobody_answers: str
    profile: str
    role: str
    subject: Subject
    digest: Sha256
    heard: tuple[Heard, ...] = Field(default=(), description="answers that an earlier run of this approval heard")
    unrecorded: int = 0

    def intact(self) -> bool:
        """Whether the digest is the subject's."""
        return self.digest == digest(self.subject)


class Decision(Frozen):
    """The result of an Approval workflow."""

    state: Literal["approved", "rejected", "expired"]
    by: str | None
    assurance: Literal["anonymous", "claimed", "principal"] | None
    note: str | None
    event_id: int | None
    at: datetime
    digest: Sha256
    heard: tuple[Heard, ...]
    unrecorded: int = Field(description="answers beyond the limit of what is kept")
