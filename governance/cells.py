"""The cells of a decision table: what a fact may be, and which values of it a cell matches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

from domain.values import Frozen

FactValue = str | bool | Decimal | tuple[str, ...] | None
Test = Callable[[FactValue], bool]

NUMBER = r"-?[0-9]{1,18}(?:\.[0-9]{1,10})?"
NAME = re.compile(r"[^\s,|](?:[^,|\n]{0,58}[^\s,|])?")
NOBODY = "none"
"""How an empty set is written, so no name may be it."""
COMPARISON = re.compile(rf"(<=|<|>=|>)\s*({NUMBER})")
INTERVAL = re.compile(rf"([\[(])\s*({NUMBER})\s*,\s*({NUMBER})\s*([\])])")
COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


@dataclass(frozen=True)
class Cell:
    """One cell: its text, its test, and what an exact check must try."""

    text: str
    test: Test
    boundaries: tuple[Decimal, ...] = ()
    """Numbers at which the answer can change."""
    names: frozenset[str] = frozenset()
    """Names the answer can depend on."""


class FactType(Frozen):
    """What a fact may hold: a name of a list, a set of such names, money, a ratio from 0 to 1, or a flag."""

    kind: Literal["choice", "set", "money", "ratio", "flag"]
    names: tuple[str, ...] = ()


def fact_type(declared: object) -> FactType:
    """Read a declaration of the [facts] section; raise ValueError with what is wrong."""
    if declared in ("money", "ratio", "flag"):
        return FactType(kind=declared)
    if isinstance(declared, list):
        return FactType(kind="choice", names=_names(cast("list[object]", declared)))
    if isinstance(declared, dict) and set(cast("dict[str, object]", declared)) == {"any_of"}:
        return FactType(kind="set", names=_names(cast("dict[str, list[object]]", declared)["any_of"]))
    raise ValueError('a fact is "money", "ratio", "flag", a list of names, or { any_of = [names] }')


def read_cell(fact: FactType, cell: object) -> Cell:
    """Turn a cell into a test of the fact's value; raise ValueError with what is wrong."""
    if fact.kind == "flag":
        return _flag(cell)
    if fact.kind == "choice":
        allowed = frozenset(_known(fact, cast("object", cell) if isinstance(cell, list) else [cell]))
        return Cell(" or ".join(sorted(allowed)), lambda value: value in allowed, names=allowed)
    if fact.kind == "set":
        return _set(fact, cell)
    return _number(cell)


def _names(values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or not values:
        raise ValueError("the list of names is empty")
    names = cast("list[object]", values)
    for number, name in enumerate(names):
        if not isinstance(name, str) or not NAME.fullmatch(name) or name == NOBODY:
            raise ValueError(f'{name!r} is no name: names are text without commas, and not "{NOBODY}"')
        if name in names[:number]:
            raise ValueError(f"{name} stands there twice")
    return tuple(cast("list[str]", names))


def _known(fact: FactType, values: object) -> tuple[str, ...]:
    names = _names(values)
    unknown = sorted(set(names) - set(fact.names))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not declared in [facts]")
    return names


def _flag(cell: object) -> Cell:
    if not isinstance(cell, bool):
        raise ValueError("a flag is true or false")
    return Cell("yes" if cell else "no", lambda value: value is cell)


def _set(fact: FactType, cell: object) -> Cell:
    """`[]` is the empty set; a list or { any = […] } meets the set; { only = […] } holds all of a non-empty set."""
    if cell == []:
        return Cell("none", lambda value: value == ())
    if isinstance(cell, list):
        cell = {"any": cast("object", cell)}
    if not isinstance(cell, dict) or len(cast("dict[str, object]", cell)) != 1:
        raise ValueError("a set is tested by [], [names], { any = [names] } or { only = [names] }")
    how, listed = next(iter(cast("dict[str, object]", cell).items()))
    names = frozenset(_known(fact, listed))
    text = f"{how} of {', '.join(sorted(names))}" if len(names) > 1 else f"{how} {next(iter(names))}"
    if how == "any":
        return Cell(text, lambda value: not names.isdisjoint(cast("tuple[str, ...]", value)), names=names)
    if how == "only":
        test: Test = lambda value: bool(value) and names.issuperset(cast("tuple[str, ...]", value))  # noqa: E731
        return Cell(text, test, names=names)
    raise ValueError(f"{how} is no test of a set; use any or only")


def _number(cell: object) -> Cell:
    """`"<= 50"`, `"(50, 500]"`, or an exact number; a TOML float is refused, because money is decimal."""
    if isinstance(cell, float):
        raise ValueError(f'write {cell} in quotes: "{cell}" (a bare number with a point is not exact)')
    text = str(cell).strip()
    if compared := COMPARISON.fullmatch(text):
        compare, limit = COMPARE[compared[1]], Decimal(compared[2])
        return Cell(text, lambda value: compare(cast("Decimal", value), limit), boundaries=(limit,))
    if interval := INTERVAL.fullmatch(text):
        return _between(interval)
    if not re.fullmatch(NUMBER, text):
        raise ValueError(f'{text} is not a number, "<= 50" or "(50, 500]"')
    exact = Decimal(text)
    return Cell(text, lambda value: value == exact, boundaries=(exact,))


def _between(interval: re.Match[str]) -> Cell:
    low, high = Decimal(interval[2]), Decimal(interval[3])
    if low >= high:
        raise ValueError(f"the interval {interval[0]} is empty")
    above = COMPARE[">=" if interval[1] == "[" else ">"]
    below = COMPARE["<=" if interval[4] == "]" else "<"]
    test: Test = lambda value: above(cast("Decimal", value), low) and below(cast("Decimal", value), high)  # noqa: E731
    return Cell(interval[0], test, boundaries=(low, high))
