"""What an action states, as a table can test it and as a verdict records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from governance.cells import FactType, FactValue
from governance.policy import ACTION, DERIVED, Decided, Facts, Table, shown
from governance.rates import Converted, Rates

CURRENCY = "currency"
RATE = "rate"
STOPPED = "stopped"
"""Recorded where a person had stopped the action, so that nobody takes its denial for the table's."""


@dataclass(frozen=True)
class Statement:
    """The facts that a table tests, and all that was stated, as text."""

    facts: Facts
    echo: Mapping[str, str]
    misfit: str | None = None
    """Why the table cannot judge this at all: a fact holds what [facts] does not declare, so no row foresaw it."""

    def decided_by(self, table: Table) -> Decided:
        """What the table makes of it."""
        return Decided(None, "deny", self.misfit) if self.misfit else table.decide(self.facts)


def state(table: Table, said: Facts, rates: Rates | None, on: date) -> Statement:
    """Hold stated facts against a table: money in another currency is converted by the rates of a date.

    Without a usable rate such money is unstated, so that no row can compare it. What was stated is recorded as it was,
    the converted figure beside it, as in `amount_in_EUR`.
    """
    foreign = is_foreign(table, said)
    facts = {name: said.get(name) for name in table.facts}
    echo = {name: shown(value) for name, value in said.items() if value is not None}
    if DERIVED in table.facts:
        facts[DERIVED] = foreign
        echo[DERIVED] = shown(foreign)
    if foreign:
        for name in money(table):
            converted = _converted(facts[name], str(said[CURRENCY]), table.currency, rates, on)
            facts[name] = converted.amount if converted else None
            if converted:
                echo[converted_name(name, table.currency)] = shown(converted.amount)
                echo[RATE] = f"1 {said[CURRENCY]} = {converted.rate:f} {table.currency} of {converted.day}"
    return Statement(facts, echo, misfit(table, facts))


def is_foreign(table: Table, said: Mapping[str, object]) -> bool:
    """Whether amounts are stated in another currency than the table's."""
    return said.get(CURRENCY) not in (None, table.currency)


def money(table: Table) -> tuple[str, ...]:
    """The facts that are amounts."""
    return tuple(name for name, kind in table.facts.items() if kind.kind == "money")


def converted_name(fact: str, currency: str) -> str:
    """Under which name a converted amount is recorded."""
    return f"{fact}_in_{currency}"


def misfit(table: Table, facts: Facts) -> str | None:
    """A fact that holds what the table does not declare, in words; None where all fit."""
    for name, value in facts.items():
        if value is not None and name != ACTION and not _fits(table.facts[name], value):
            return f"{name} is {shown(value)}, which [facts] of the table does not declare."
    return None


def _fits(kind: FactType, value: FactValue) -> bool:
    if kind.kind == "flag":
        return isinstance(value, bool)
    if kind.kind == "choice":
        return value in kind.names
    if kind.kind == "set":
        return isinstance(value, tuple) and all(name in kind.names for name in value)
    return isinstance(value, Decimal) and (kind.kind == "money" or 0 <= value <= 1)


def _converted(value: FactValue, source: str, target: str, rates: Rates | None, on: date) -> Converted | None:
    return rates.convert(value, source, target, on) if rates and isinstance(value, Decimal) else None


def restated(table: Table, echo: Mapping[str, str]) -> Statement | str:
    """Read recorded facts back, as another table would have tested them; or say what cannot be read back.

    A fact that the record does not have is unstated; an amount in a currency that the table does not count in, and
    that was not converted into it then, is unstated too: nothing is guessed.
    """
    foreign = is_foreign(table, echo)
    source = {name: converted_name(name, table.currency) if foreign else name for name in money(table)}
    facts: dict[str, FactValue] = {}
    for name, kind in table.facts.items():
        text = echo.get(source.get(name, name))
        try:
            facts[name] = None if text is None else _read(kind, text)
        except (KeyError, ArithmeticError):
            return f"{name} was recorded as {text}, which is no {kind.kind}"
    if DERIVED in facts:
        facts[DERIVED] = foreign
    return Statement(facts, echo, misfit(table, facts))


def _read(kind: FactType, text: str) -> FactValue:
    if kind.kind == "choice":
        return text
    if kind.kind == "set":
        return () if text == "none" else tuple(text.split(", "))
    if kind.kind == "flag":
        return {"True": True, "False": False}[text]
    return Decimal(text)
