"""The judge: from an action and the circumstances to a verdict that says everything needed to tell why later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.actions import BaseAction
from governance.assurance import Profile
from governance.canonical import digest
from governance.ladder import review_of
from governance.people import Directory
from governance.policy import Decided, Row, Table
from governance.rates import Rates
from governance.stated import STOPPED, state
from governance.verdict import Review, Second, Then, Verdict

SECOND = {
    "wanted": "A second reader was not asked.",
    "objects": "A second reader does not agree.",
    "silent": "A second reader had no answer.",
}


@dataclass(frozen=True)
class Circumstances:
    """What a verdict depends on besides the table and the action."""

    at: datetime
    """When, in UTC: rates are of this day, and deadlines count from here."""
    draw: Decimal
    """0 <= draw < 1, at random: below a row's sample, a person looks."""
    rates: Rates | None
    """None: an amount in another currency cannot be compared."""
    directory: Directory | None
    """None: nobody knows the roles, and business time cannot be counted."""
    profile: Profile
    stopped: str | None
    """Who stopped what, when and why; then nothing is allowed."""
    second: Second = "wanted"
    """What a second reader said, for a row that wants one."""


@dataclass(frozen=True)
class _Outcome:
    then: Then
    why: str
    row: str | None = None
    review: Review | None = None
    sampled: bool = False
    second: Second | None = None
    would: Then | None = None


def judge(table: Table, action: BaseAction, given: Circumstances) -> Verdict:
    """Decide on an action; raise `BadPolicy` where its row needs what people.toml does not have."""
    said = state(table, action.facts(), given.rates, given.at.date())
    decided = Decided(None, "deny", given.stopped) if given.stopped else said.decided_by(table)
    outcome = _outcome(table, decided, type(action), given)
    return Verdict(
        then=outcome.then,
        row=outcome.row,
        why=outcome.why,
        policy=table.policy,
        version=table.version,
        file_digest=table.file_digest,
        action_digest=digest(action),
        facts={**said.echo, **({STOPPED: "True"} if given.stopped else {})},
        profile=given.profile,
        review=outcome.review,
        sampled=outcome.sampled,
        second=outcome.second,
        would=outcome.would,
    )


def _outcome(table: Table, decided: Decided, action: type[BaseAction], given: Circumstances) -> _Outcome:
    """What a row comes to by its mode, its sample and what no table can lower."""
    row = decided.row
    if row is None or row.then == "deny":
        return _Outcome("deny", decided.why, row.id if row else None)
    if fault := too_few(row, action):
        return _Outcome("deny", fault, row.id)
    sampled = not row.always_asks and row.sample is not None and given.draw < row.sample
    second = given.second if row.second_opinion and not row.always_asks and not sampled else None
    then: Then = "review" if row.always_asks or sampled or second not in (None, "agrees") else "allow"
    if row.mode == "shadow":
        why = f"Row {row.id} is in shadow mode: nothing happens; otherwise: {then}. {row.why}"
        return _Outcome("deny", why, row.id, sampled=sampled, would=then)
    if then == "allow":
        return _Outcome("allow", row.why, row.id, second=second)
    if row.review is None:
        return _Outcome("deny", f"Row {row.id} asks for a review and names nobody.", row.id)
    where = f"{table.policy} {table.version}, row {row.id}"
    review = review_of(row.review, where, at=given.at, directory=given.directory, profile=given.profile)
    why = " ".join(filter(None, ("A random second look." if sampled else SECOND.get(second or ""), row.why)))
    return _Outcome("review", why, row.id, review, sampled, second)


def too_few(row: Row, action: type[BaseAction]) -> str | None:
    """Why a row that lets an action happen asks too few people for it; None where it asks enough, or denies."""
    asked = row.review.people if row.review and row.always_asks else 0
    if row.then == "deny" or asked >= action.least_people:
        return None
    return f"{action.__name__} needs {action.least_people} people to approve, and row {row.id} asks {asked}."
