"""An exact check of a table: every case that its cells can tell apart is tried, at each boundary and beside it.

Numbers: a cell's answer changes only at its boundaries, so each boundary, a point between each two, and one beyond
each end stand for all numbers. Sets: two names that no cell tells apart behave alike, so one of them stands for both,
and all subsets of the rest are tried. An amount in another currency is tried converted and not convertible. What the
check says of these cases therefore holds for every case in which an action states what it may state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, combinations, product
from math import prod

from governance.cells import Cell, FactType, FactValue
from governance.policy import ACTION, DERIVED, Facts, Table, shown

CASE_LIMIT = 2_000_000
EXAMPLES = 2


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
    undecided = dict.fromkeys(
        f"{action} is no action there is, or states nothing"
        for action in table.facts[ACTION].names
        if action not in states
    )
    gaps: Counter[str] = Counter()
    examples: list[str] = []
    count = 0
    for action, facts in _cases(table, states):
        count += 1
        decided = table.decide(facts)
        if decided.row:
            reached[decided.row.id] += 1
        elif decided.lacking and decided.lacking not in states[action]:
            undecided[f"{decided.why} ({action})"] = None
        else:
            gaps[action] += 1
            if gaps[action] <= EXAMPLES:
                examples.append(_said(facts))
    missed = tuple(row.id for row in table.rows if row.id not in reached)
    return Report(count, missed, tuple(undecided), dict(gaps), tuple(examples))


def _cases(table: Table, states: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, Facts]]:
    for action in table.facts[ACTION].names:
        if action not in states:
            continue
        domains = _domains(table, action, states[action])
        size = prod(len(values) for values in domains.values())
        if size > CASE_LIMIT:
            raise ValueError(f"{action} has {size} cases to try; the limit is {CASE_LIMIT}. Split the table.")
        for values in product(*domains.values()):
            facts = {ACTION: action, **dict(zip(domains, values, strict=True))}
            if _possible(table, facts):
                yield action, facts


def _domains(table: Table, action: str, stated: frozenset[str]) -> dict[str, tuple[FactValue, ...]]:
    """What an action can state and its rows test; None for an amount that cannot be converted."""
    rows = tuple(table.rows_for(action))
    found: dict[str, tuple[FactValue, ...]] = {}
    for name, kind in table.facts.items():
        cells = tuple(row.cells[name] for row in rows if name in row.cells)
        if name in stated and (cells or name == DERIVED):
            convertible = kind.kind == "money" and DERIVED in stated
            found[name] = (*domain(kind, cells), None) if convertible else tuple(domain(kind, cells))
    return found


def _possible(table: Table, facts: Facts) -> bool:
    """Amounts cannot be compared all or none, and only in another currency."""
    amounts = [facts[name] for name in facts if table.facts[name].kind == "money"]
    if None not in amounts:
        return True
    return facts.get(DERIVED, True) is True and not any(isinstance(amount, Decimal) for amount in amounts)


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


def _said(facts: Facts) -> str:
    return ", ".join(
        f"{name} = {'in another currency, without a rate' if value is None else shown(value)}"
        for name, value in facts.items()
    )
