"""From a verdict that wants a person to the question that person reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from domain.actions import Action, BaseAction
from domain.values import Frozen
from governance.approval import Advice, ApprovalRequest, Subject
from governance.canonical import digest
from governance.case import CaseRun
from governance.verdict import Verdict
from workflows import attributes

HOW_TO_DECIDE = (
    "More Actions > Send a Signal: approve with empty data, or reject with the reason as data, in double quotes."
)
"""No quotation marks in it: the input panel would show them as escapes, and people type what they see."""


class Question(Frozen):
    """What a person would be asked about an action, should policy want one."""

    text: str
    facts: dict[str, str]
    evidence: tuple[str, ...]
    advice: Advice | None


def subject_of(action: Action, verdict: Verdict, requester: str, case: CaseRun) -> Subject:
    """What the approval is bound to."""
    return Subject(
        case=case,
        action=action,
        row=verdict.row or "",
        requester=requester,
        nonce=str(workflow.uuid4()),
        expires=_deadline(verdict),
    )


def _deadline(verdict: Verdict) -> datetime:
    now = workflow.now()
    return now + verdict.deadline if verdict.deadline else now


def request_for(subject: Subject, verdict: Verdict, question: Question, profile: str) -> ApprovalRequest:
    """The input of the approval, in the order in which it is read."""
    return ApprovalRequest(
        question=question.text,
        how_to_decide=HOW_TO_DECIDE,
        evidence=question.evidence,
        facts=question.facts,
        why_held=f"{verdict.why} (policy {verdict.policy} {verdict.version}, row {verdict.row})",
        advice=question.advice,
        if_nobody_answers=f"it counts as no at {subject.expires:%d %b %Y %H:%M} UTC",
        profile=profile,
        role=verdict.approver or "",
        subject=subject,
        digest=digest(subject),
    )


def found_by(request: ApprovalRequest, action: BaseAction) -> TypedSearchAttributes:
    """What the inbox filters and shows."""
    facts = action.facts()
    amount, tags = facts.get("amount"), facts.get("exceptions")
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(attributes.APPROVAL_STATE, "waiting"),
        SearchAttributePair(attributes.APPROVER_ROLE, attributes.clamp(request.role)),
        SearchAttributePair(attributes.OWNER_ROLE, attributes.clamp(request.role)),
        SearchAttributePair(attributes.APPROVAL_KIND, attributes.clamp(str(facts["action"]))),
        SearchAttributePair(attributes.APPROVAL_DUE, request.subject.expires),
        SearchAttributePair(attributes.SUBJECT, attributes.clamp(request.question)),
    ]
    if amount is not None:
        pairs.append(SearchAttributePair(attributes.AMOUNT, float(str(amount))))
    if isinstance(tags, tuple) and tags:
        pairs.append(SearchAttributePair(attributes.RISK_TAGS, attributes.clamp_all(tags)))
    return TypedSearchAttributes(pairs)
