"""What becomes of an action that an approver changes: validated, judged again, and its approver held to the new one."""

from __future__ import annotations

from domain.values import Frozen
from governance.answer import Answer
from governance.approval import Amended, Subject
from governance.judge import Circumstances, judge
from governance.limits import stake
from governance.policy import Table
from governance.standing import Laws, Standing, Weighed, mandates_of, too_weak
from governance.verdict import Verdict


class Amendment(Frozen):
    """A counted approval that asks for changes, and the request that it answers."""

    subject: Subject
    answer: Answer
    weighed: Weighed
    standing: Standing


class Change(Frozen):
    """The action as changed with the verdict on it and what its changer may fill now, or why it cannot be."""

    weighed: Weighed
    amended: Amended | None = None
    why_not: str | None = None


def amend(asked: Amendment, table: Table, given: Circumstances, laws: Laws) -> Change:
    """Change the action of a request as an answer says."""
    try:
        action = asked.subject.action.amended(asked.answer.changes or {})
    except ValueError as error:
        return Change(weighed=asked.weighed, why_not=str(error))
    verdict = judge(table, action, given)
    if verdict.then == "deny":
        return Change(weighed=asked.weighed, why_not=f"as changed, policy denies it: {verdict.why}")
    expires = verdict.review.expires if verdict.review else asked.subject.expires
    subject = asked.subject.model_copy(update={"action": action, "row": verdict.row or "", "expires": expires})
    weighed = _held_to(asked, subject, verdict, laws)
    if isinstance(weighed, str):
        return Change(weighed=asked.weighed, why_not=f"as changed, {weighed}")
    return Change(weighed=weighed, amended=Amended(subject=subject, verdict=verdict))


def _held_to(asked: Amendment, subject: Subject, verdict: Verdict, laws: Laws) -> Weighed | str:
    """The changer's places in the request as it is now: changing is for those who may decide on the result."""
    weighed, review = asked.weighed, verdict.review
    if review is None:
        return weighed
    if weak := too_weak(weighed.assurance, review):
        return weak
    at_stake = stake(subject.action)
    changed = {"review": review, "amount": at_stake.amount, "currency": at_stake.currency}
    standing = asked.standing.model_copy(update=changed)
    person = laws.directory.person(weighed.by) if weighed.by else None
    mandates = mandates_of(person, standing.asked(weighed.at), laws)
    return mandates if isinstance(mandates, str) else weighed.model_copy(update={"mandates": mandates})
