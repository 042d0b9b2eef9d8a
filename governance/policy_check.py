"""An exact check of a table: every case that its cells can tell apart is tried, at each boundary and beside it.

Numbers: a cell's answer changes only at its boundaries, so each boundary, a point between each two, and one beyond
each end stand for all numbers. Sets: two names that no cell tells apart behave alike, so one of them stands for both,
and all subsets of the rest are tried. What the check says of these cases therefore holds for every case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations, product

from governance.cells import Cell, FactType, FactValue
from governance.policy import DERIVED, Facts, Table, shown

ACTION = "action"
CASE_LIMIT = 2_000_000
EXAMPLES = 5


@dataclass(frozen=True)
class Report:
    """What was found; a table is sound when no row is unreachable and no row is left undecided."""

    cases: int
    unreachable: tuple[str, ...]
    """Rows that no case reaches, because rows above them take everything they would match."""
    undecided: tuple[str, ...]
    """Rows that test a fact which an action never states, with the action."""
    gaps: Mapping[str, int]
    """Cases an action that no row takes, so that the default denies them."""
    examples: tuple[str, ...]
    """Some of the gaps, in words."""

    @property
    def sound(self) -> bool:
        """Whether every row does something and can be decided."""
        return not self.unreachable and not self.undecided


def check(table: Table, states: Mapping[str, frozenset[str]]) -> Report:
    """Try every case; `states` says which facts each action states, or may state."""
    reached: Counter[str] = Counter()
    undecided: dict[str, None] = {}
    gaps: Counter[str] = Counter()
    examples: list[str] = []
    count = 0
    for action, facts in _cases(table, states):
        count += 1
        decided = table.decide(facts)
        if decided.row:
            reached[decided.row.id] += 1
        elif decided.lacking and decided.lacking not in states.get(action, frozenset()):
            undecided[f"{decided.why} ({action})"] = None
        else:
            gaps[action] += 1
            if gaps[action] <= EXAMPLES:
                examples.append(_said(facts))
    missed = tuple(row.id for row in table.rows if row.id not in reached)
    return Report(count, missed, tuple(undecided), dict(gaps), tuple(examples))


def _cases(table: Table, states: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, Facts]]:
    domains = {name: tuple(domain(kind, _cells(table, name))) for name, kind in table.facts.items()}
    for action in table.facts[ACTION].names:
        stated = [name for name in domains if name != ACTION and name in states.get(action, frozenset())]
        size = 1
        for name in stated:
            size *= len(domains[name])
        if size > CASE_LIMIT:
            raise ValueError(f"{action} has {size} cases to try; the limit is {CASE_LIMIT}. Split the table.")
        for values in product(*(domains[name] for name in stated)):
            yield action, _comparable(table, {ACTION: action, **dict(zip(stated, values, strict=True))})


def _comparable(table: Table, facts: Facts) -> Facts:
    """An amount in a foreign currency is not stated, as the judge sees it."""
    if not facts.get(DERIVED):
        return facts
    return {name: value for name, value in facts.items() if table.facts[name].kind != "money"}


def domain(kind: FactType, cells: Iterable[Cell]) -> Iterator[FactValue]:
    """Values of a fact that stand for all of its values, given the cells that test it."""
    cells = tuple(cells)
    if kind.kind == "flag":
        yield from (False, True)
    elif kind.kind == "choice":
        yield from _representatives(kind, cells)
    elif kind.kind == "set":
        names = tuple(_representatives(kind, cells))
        yield from chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))
    else:
        yield from _numbers(cells, ratio=kind.kind == "ratio")


def _representatives(kind: FactType, cells: tuple[Cell, ...]) -> Iterator[str]:
    """One name for each group that no cell tells apart."""
    seen: set[tuple[bool, ...]] = set()
    for name in kind.names:
        signature = tuple(name in cell.names for cell in cells)
        if signature not in seen:
            seen.add(signature)
            yield name


def _numbers(cells: tuple[Cell, ...], *, ratio: bool) -> Iterator[Decimal]:
    ends = (Decimal(0), Decimal(1)) if ratio else ()
    marks = sorted({*chain.from_iterable(cell.boundaries for cell in cells), *ends})
    if not marks:
        yield Decimal(1)
        return
    if not ratio:
        yield marks[0] - 1
    for low, high in zip(marks, [*marks[1:], None], strict=True):
        yield low
        if high is not None:
            yield (low + high) / 2
        elif not ratio:
            yield low + 1


def _cells(table: Table, name: str) -> Iterator[Cell]:
    return (row.cells[name] for row in table.rows if name in row.cells)


def _said(facts: Facts) -> str:
    return ", ".join(f"{name} = {shown(value)}" for name, value in facts.items())
