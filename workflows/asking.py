"""From a verdict that wants a person to the question that person reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from domain.actions import Action, BaseAction
from domain.unbacked import Unbacked
from domain.values import Frozen
from governance.approval import Advice, ApprovalRequest, Record, Subject
from governance.assurance import Profile, reaches
from governance.canonical import digest
from governance.card import places
from governance.case import CaseRun
from governance.quorum import Vote
from governance.verdict import Review, Verdict
from workflows import attributes

HOW_TO_DECIDE = (
    "More Actions > Send a Signal: approve with empty data, or reject with the reason as data, in double quotes."
)
"""No quotation marks in it: the input panel would show them as escapes, and people type what they see."""

SIGNED = " Your answer must be signed: starter.py approve ID --sign KEY does it."

PROFILES: Mapping[Profile, str] = {
    "dev": "dev: nobody is authenticated; names are what people claim",
    "production": "production: only people of the directory count, each as sure as the row demands",
}


class Question(Frozen):
    """What a person would be asked about an action, should policy want one."""

    text: str
    facts: dict[str, str]
    evidence: tuple[str, ...] = ()
    advice: Advice | None = None
    unbacked: tuple[Unbacked, ...] = ()


def doubted(question: Question, unbacked: tuple[Unbacked, ...]) -> Question:
    """The same question, saying which of it nobody but the agent says."""
    if not unbacked:
        return question
    text = f"{question.text} Nobody but the agent says {', '.join(each.argument for each in unbacked)}."
    return question.model_copy(update={"text": text, "unbacked": unbacked})


def subject_of(action: Action, verdict: Verdict, requester: str, case: CaseRun) -> Subject:
    """What the approval is bound to."""
    return Subject(
        case=case,
        action=action,
        row=verdict.row or "",
        requester=requester,
        nonce=str(workflow.uuid4()),
        expires=verdict.review.expires if verdict.review else workflow.now(),
    )


def asked_anew(subject: Subject) -> Subject:
    """The same subject as a request of its own: no answer to another one counts for it."""
    return subject.model_copy(update={"nonce": str(workflow.uuid4())})


def request_for(
    subject: Subject, verdict: Verdict, question: Question, votes: tuple[Vote, ...] = ()
) -> ApprovalRequest:
    """The input of the approval, in the order in which it is read; `votes` count already."""
    review = verdict.review
    if review is None:
        raise ValueError(f"The verdict of row {verdict.row} asks nobody.")
    signed = reaches(review.assurance, "signed")
    return ApprovalRequest(
        question=question.text,
        how_to_decide=HOW_TO_DECIDE + SIGNED if signed else HOW_TO_DECIDE,
        evidence=question.evidence,
        facts=question.facts,
        why_held=f"{verdict.why} (policy {verdict.policy} {verdict.version}, row {verdict.row})",
        advice=question.advice,
        needed=f"{places(review.approvers)}, at least {review.assurance}",
        if_nobody_answers=" ".join(_silence(review)),
        profile=PROFILES[verdict.profile],
        subject=subject,
        digest=digest(subject),
        verdict=verdict,
        unbacked=question.unbacked,
        record=Record(votes=votes),
    )


def _silence(review: Review) -> Iterator[str]:
    """What happens if nobody answers, step by step."""
    for rung in review.ladder:
        if rung.does == "escalate":
            yield f"{rung.role} is asked too from {rung.at:%d %b %Y %H:%M} UTC;"
    means = "yes, as the row says," if review.silence == "allow" else "no"
    yield f"it counts as {means} at {review.expires:%d %b %Y %H:%M} UTC"


def found_by(request: ApprovalRequest, action: BaseAction) -> TypedSearchAttributes:
    """What the inbox filters and shows."""
    facts = action.facts()
    amount, tags = facts.get("amount"), facts.get("exceptions")
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(attributes.APPROVAL_STATE, "waiting"),
        SearchAttributePair(attributes.APPROVER_ROLE, attributes.clamp_all(request.review.approvers)),
        SearchAttributePair(attributes.OWNER_ROLE, attributes.clamp(request.role)),
        SearchAttributePair(attributes.APPROVAL_KIND, attributes.clamp(str(facts["action"]))),
        SearchAttributePair(attributes.APPROVAL_DUE, request.subject.expires),
        SearchAttributePair(attributes.SUBJECT, attributes.clamp(request.question)),
    ]
    if amount is not None:
        pairs.append(SearchAttributePair(attributes.AMOUNT, float(str(amount))))
    if isinstance(tags, tuple) and tags:
        pairs.append(SearchAttributePair(attributes.RISK_TAGS, attributes.clamp_all(tags)))
    return attributes.found_by(*pairs)
