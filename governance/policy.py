"""Decision tables: a spreadsheet a controller can read. First matching row wins; nothing matches, nothing happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal, Protocol

from domain.actions import BaseAction
from governance.canonical import digest
from governance.cells import Cell, FactType, FactValue
from governance.verdict import Verdict

Then = Literal["allow", "review", "deny"]
DERIVED = "foreign_currency"
"""A flag the judge sets itself: the amount is not in the table's currency, so its money cells cannot be tested."""

Facts = Mapping[str, FactValue]


@dataclass(frozen=True)
class Row:
    """One row: every cell must match."""

    id: str
    cells: Mapping[str, Cell]
    then: Then
    approver: str | None
    deadline: timedelta | None
    why: str

    def unmatched(self, facts: Facts) -> str | None:
        """The first stated fact that does not match, or None where all that are stated do."""
        for name, cell in self.cells.items():
            fact = facts.get(name)
            if fact is not None and not cell.test(fact):
                return name
        return None

    def unstated(self, facts: Facts) -> str | None:
        """The first fact that this row tests and nobody states."""
        return next((name for name in self.cells if facts.get(name) is None), None)


@dataclass(frozen=True)
class Decided:
    """What a table makes of facts; `row` is None where the default or a row that cannot be decided denies."""

    row: Row | None
    then: Then
    why: str
    lacking: str | None = None
    """The fact for want of which a row could not be decided."""


@dataclass(frozen=True)
class Table:
    """A policy file as it was read."""

    policy: str
    version: str
    currency: str
    facts: Mapping[str, FactType]
    rows: tuple[Row, ...]
    file_digest: str

    def decide(self, facts: Facts) -> Decided:
        """Find the first row that matches; deny where none does or where a row cannot be decided."""
        for row in self.rows:
            if row.unmatched(facts):
                continue
            if lacking := row.unstated(facts):
                return Decided(None, "deny", f"Row {row.id} tests {lacking}, which this action lacks.", lacking)
            return Decided(row, row.then, row.why)
        return Decided(None, "deny", "No row of the table covers this action.")

    def judge(self, action: BaseAction) -> Verdict:
        """Decide on an action, and say everything that is needed to tell why later."""
        facts = self.stated(action.facts())
        decided = self.decide(facts)
        row = decided.row
        return Verdict(
            then=decided.then,
            row=row.id if row else None,
            why=decided.why,
            policy=self.policy,
            version=self.version,
            file_digest=self.file_digest,
            action_digest=digest(action),
            facts={name: shown(value) for name, value in facts.items() if value is not None},
            approver=row.approver if row else None,
            deadline=row.deadline if row else None,
        )

    def stated(self, said: Facts) -> dict[str, FactValue]:
        """The facts of this table as an action states them; an amount in another currency is none at all."""
        foreign = said.get("currency") not in (None, self.currency)
        facts = {name: said.get(name) for name in self.facts}
        if DERIVED in self.facts:
            facts[DERIVED] = foreign
        if foreign:
            facts.update({name: None for name, kind in self.facts.items() if kind.kind == "money"})
        return facts


class PolicyTables(Protocol):
    """Where the tables in force are kept."""

    async def table(self, policy: str) -> Table:
        """The table in force now; raise `BadPolicy` where there is none or it cannot be read."""
        ...


def shown(value: FactValue) -> str:
    """A fact as text: names with commas, decimals without exponent."""
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
