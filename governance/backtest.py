"""What another table would have said of the facts on record: which decisions flip, and how much money they move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from domain.actions import KINDS
from domain.values import Frozen
from governance.judge import too_few
from governance.policy import ACTION, Row, Table
from governance.policy_text import people_of
from governance.stated import CURRENCY, STOPPED, restated
from governance.verdict import Then, Verdict

AMOUNT = "amount"
FREEDOM: tuple[Then, ...] = ("deny", "review", "allow")
"""From what stops an action to what lets it go."""


class Recorded(Frozen):
    """A verdict as a history recorded it."""

    case: str
    verdict: Verdict


@dataclass(frozen=True)
class Ruling:
    """What a table says, without chance: what a row allows counts as allowed, whoever then has a random look."""

    then: Then
    row: str | None
    people: str
    """Who must approve, such as two of finance; empty where nobody is asked."""


@dataclass(frozen=True)
class Flip:
    """A decision that would not have been the same; `amount` and `currency` as the action stated them, if it did."""

    case: str
    action: str
    before: Ruling
    after: Ruling
    amount: Decimal | None
    currency: str | None

    @property
    def direction(self) -> Literal["looser", "stricter", "other people"]:
        """Whether more would have happened by itself, or less, or the same after other people were asked."""
        before, after = FREEDOM.index(self.before.then), FREEDOM.index(self.after.then)
        return "looser" if after > before else "stricter" if after < before else "other people"


@dataclass(frozen=True)
class Unjudged:
    """A verdict of which nobody can say what the other table would have made of it."""

    case: str
    action: str
    why: str


@dataclass(frozen=True)
class Backtest:
    """What came of judging everything again."""

    judged: int
    flips: tuple[Flip, ...]
    unjudged: tuple[Unjudged, ...]


def backtest(table: Table, records: Iterable[Recorded]) -> Backtest:
    """Judge recorded facts again with a table; of two verdicts on the same action of a case, the last one counts."""
    latest = {(each.case, each.verdict.action_digest): each for each in records}
    found = [_again(table, each) for each in latest.values()]
    return Backtest(
        judged=sum(not isinstance(each, Unjudged) for each in found),
        flips=tuple(each for each in found if isinstance(each, Flip)),
        unjudged=tuple(each for each in found if isinstance(each, Unjudged)),
    )


def _again(table: Table, record: Recorded) -> Flip | Unjudged | None:
    """A flip, the reason why nobody can tell, or None where nothing changes."""
    facts = record.verdict.facts
    action = facts.get(ACTION, "")
    if STOPPED in facts:
        return Unjudged(record.case, action, "it was stopped by a person, whatever the table said")
    said = restated(table, facts)
    if isinstance(said, str):
        return Unjudged(record.case, action, said)
    decided = said.decided_by(table)
    if decided.lacking:
        return Unjudged(record.case, action, f"a row tests {decided.lacking}, which is not on record")
    before, after = _ruling_then(record.verdict), _ruling(decided.row, action)
    if (before.then, before.people) == (after.then, after.people):
        return None
    return Flip(record.case, action, before, after, _amount(facts.get(AMOUNT)), facts.get(CURRENCY))


def _ruling_then(verdict: Verdict) -> Ruling:
    if verdict.sampled or verdict.second:
        return Ruling("allow" if verdict.would is None else verdict.then, verdict.row, "")
    return Ruling(verdict.then, verdict.row, people_of(verdict.review.approvers) if verdict.review else "")


def _ruling(row: Row | None, action: str) -> Ruling:
    """What a row comes to, with its mode and with what no table can lower."""
    if row is None or row.then == "deny" or row.mode == "shadow":
        return Ruling("deny", row.id if row else None, "")
    if action in KINDS and too_few(row, KINDS[action]):
        return Ruling("deny", row.id, "")
    if row.always_asks:
        return Ruling("review", row.id, people_of(row.review.approvers) if row.review else "")
    return Ruling("allow", row.id, "")


def _amount(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None
