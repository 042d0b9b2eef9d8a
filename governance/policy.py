"""Decision tables: a spreadsheet a controller can read. First matching row wins; nothing matches, nothing happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from governance.assurance import Assurance
from governance.calendars import Span
from governance.cells import Cell, FactType, FactValue, Test
from governance.verdict import Then

ACTION = "action"
"""The fact that every table has: the name of the action that is judged."""
DERIVED = "foreign_currency"
"""A flag the judge sets itself: the amount is stated in another currency than the table's."""

Facts = Mapping[str, FactValue]
Mode = Literal["auto", "review", "shadow"]
"""auto: as the row says · review: a person looks at all that the row allows · shadow: denied, and what would have been
is recorded."""
Silence = Literal["refuse", "allow"]


@dataclass(frozen=True)
class ReviewRow:
    """Who must answer, how surely, and until when."""

    approvers: Mapping[str, int]
    """How many distinct people of each role must approve."""
    assurance: Assurance
    deadline: Span
    """How long each stage lasts: the first, and one more for each role of `escalate`."""
    escalate: tuple[str, ...]
    """The roles that may answer too, one after another, when a stage ends unanswered."""
    silence: Silence

    @property
    def people(self) -> int:
        """How many people must approve."""
        return sum(self.approvers.values())


@dataclass(frozen=True)
class Row:
    """One row: every cell must match. `review` stands wherever the row, its mode or its sample may ask people."""

    id: str
    cells: Mapping[str, Cell]
    then: Then
    why: str
    review: ReviewRow | None = None
    mode: Mode = "auto"
    sample: Decimal | None = None
    """The share of what the row allows that a person looks at all the same."""
    second_opinion: bool = False
    """Whether what the row allows goes to people unless a second reader agrees."""

    def unmatched(self, facts: Facts) -> str | None:
        """The first stated fact that does not match, or None where all that are stated do."""
        for name, cell in self.cells.items():
            fact = facts.get(name)
            if fact is not None and not cell.test(fact):
                return name
        return None

    def concerns(self, action: str) -> bool:
        """Whether the row can match an action of this name."""
        return ACTION not in self.cells or action in self.cells[ACTION].names

    @property
    def always_asks(self) -> bool:
        """Whether nothing happens by this row unless a person says so."""
        return self.then == "review" or (self.then == "allow" and self.mode == "review")


@dataclass(frozen=True)
class Decided:
    """What a table makes of facts; `row` is None where the default or a row that cannot be decided denies."""

    row: Row | None
    then: Then
    why: str
    lacking: str | None = None
    """The fact for want of which a row could not be decided."""


_Tried = tuple[Row, tuple[tuple[str, Test], ...]]
"""A row with the tests that are left once its action is known."""


@dataclass(frozen=True)
class Table:
    """A policy file as it was read."""

    policy: str
    version: str
    currency: str
    facts: Mapping[str, FactType]
    rows: tuple[Row, ...]
    file_digest: str

    @cached_property
    def _by_action(self) -> Mapping[FactValue, tuple[_Tried, ...]]:
        return {name: tuple(_tried(row) for row in self.rows_for(name)) for name in self.facts[ACTION].names}

    def rows_for(self, action: str) -> Iterator[Row]:
        """The rows that can match an action of this name, in order."""
        return (row for row in self.rows if row.concerns(action))

    def decide(self, facts: Facts) -> Decided:
        """Find the first row that matches; deny where none does or where a row cannot be decided.

        Only rows for the action are tried: the others could not match it.
        """
        for row, tests in self._by_action.get(facts.get(ACTION), ()):
            lacking: str | None = None
            for name, test in tests:
                fact = facts.get(name)
                if fact is None:
                    lacking = lacking or name
                elif not test(fact):
                    break
            else:
                if lacking:
                    why = f"Row {row.id} tests {lacking}, which this action lacks."
                    return Decided(None, "deny", why, lacking)
                return Decided(row, row.then, row.why)
        return Decided(None, "deny", "No row of the table covers this action.")


def _tried(row: Row) -> _Tried:
    return row, tuple((name, cell.test) for name, cell in row.cells.items() if name != ACTION)


def shown(value: FactValue) -> str:
    """A fact as text: names with commas, decimals without exponent."""
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
