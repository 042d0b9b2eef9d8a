"""The amounts at which a row of a table decides: those that its own cells let in and no row above it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from domain.actions import GUARDED, KINDS, STATED_FACTS
from governance.cells import FactValue
from governance.policy import ACTION, Row, Table
from governance.policy_check import domain

AMOUNT = "amount"
LARGEST = Decimal(99_999_999_999_999)
"""Stands for any amount, however large."""


@dataclass(frozen=True)
class Reach:
    """From which amount to which, in the table's currency."""

    least: Decimal
    most: Decimal


def reach(table: Table, row: Row) -> Reach | None:
    """The amounts at which a row decides on money; None where it decides on none.

    A row above takes an amount when it takes all that this row would at that amount. Where only several rows together
    do, the amount counts as reached: the answer is never too small.
    """
    found = [
        each for action in table.facts[ACTION].names if row.concerns(action) for each in _reach(table, row, action)
    ]
    return Reach(min(each.least for each in found), max(each.most for each in found)) if found else None


def _reach(table: Table, row: Row, action: str) -> Iterator[Reach]:
    if action not in KINDS or KINDS[action].effect not in GUARDED or AMOUNT not in STATED_FACTS[action]:
        return
    values = sorted(value for value in _domain(table, action, AMOUNT) if isinstance(value, Decimal))
    above = takewhile(lambda each: each is not row, table.rows_for(action))
    takers = [each for each in above if _takes(table, each, row, action)]
    reached = [
        number
        for number, value in enumerate(values)
        if _admits(row, AMOUNT, value) and not any(_admits(each, AMOUNT, value) for each in takers)
    ]
    if reached:
        marks = {
            mark for each in table.rows_for(action) if AMOUNT in each.cells for mark in each.cells[AMOUNT].boundaries
        }
        first, last = reached[0], reached[-1]
        below = values[first - 1] if first else Decimal(0)
        least = values[first] if values[first] in marks else below
        ends = values[last if values[last] in marks else last + 1] if last < len(values) - 1 else LARGEST
        yield Reach(least, ends)
    elif not values and not takers:
        yield Reach(Decimal(0), LARGEST)


def _takes(table: Table, above: Row, row: Row, action: str) -> bool:
    """Whether a row takes all that another would, whatever the amount."""
    tested = [name for name in above.cells if name not in (ACTION, AMOUNT)]
    return all(
        name in STATED_FACTS[action]
        and all(_admits(above, name, value) for value in _domain(table, action, name) if _admits(row, name, value))
        for name in tested
    )


def _domain(table: Table, action: str, name: str) -> Iterator[FactValue]:
    if name in table.facts:
        yield from domain(table.facts[name], (row.cells[name] for row in table.rows_for(action) if name in row.cells))


def _admits(row: Row, name: str, value: FactValue) -> bool:
    return name not in row.cells or row.cells[name].test(value)
