"""What every action has: an effect, a step, the facts policy may test, and what a person may change of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar, Literal, Self, cast

from pydantic import Field, ValidationError

from domain.values import Amount, Frozen, Ratio

Effect = Literal["read", "write", "irreversible", "money", "message"]
GUARDED: frozenset[Effect] = frozenset({"money", "irreversible"})
"""Effects that nobody can simply take back."""
Fact = str | bool | Amount | Ratio | tuple[str, ...] | None
"""A value that a policy row may test."""
SHOWN = 60
"""Characters of a name from outside that an error repeats."""


class BaseAction(Frozen):
    """What one effect activity may be asked to do."""

    effect: ClassVar[Effect]
    step: ClassVar[str]
    least_people: ClassVar[int] = 0
    """How many people must approve, whatever a table says."""
    amendable: ClassVar[frozenset[str]] = frozenset()
    """The fields that a person who approves may change."""
    stated: ClassVar[tuple[str, ...]] = ()
    """The fields and properties that a policy row may test; of `currency`, whether it is foreign."""
    business_key: str = Field(min_length=1, description="who and what this is about, from business identity alone")

    def facts(self) -> dict[str, Fact]:
        """What is stated, by the names the tables use, its own name first."""
        return {"action": kind_of(type(self)), **{name: getattr(self, name) for name in self.stated}}

    def amended(self, changes: Mapping[str, object]) -> Self:
        """The same action with some fields changed, given as JSON values; raise ValueError with a sentence for people.

        Numbers are whole or in quotes: a JSON number with a point is not exact.
        """
        if unknown := sorted(changes.keys() - self.amendable):
            known = f"it may change {', '.join(sorted(self.amendable))}" if self.amendable else "it can only be decided"
            raise ValueError(f"an answer cannot change {_short(unknown[0])} of this action; {known}")
        try:
            if inexact := next((name for name, value in changes.items() if _inexact(value)), None):
                raise ValueError(f'{inexact} must be exact: write a number with a point in quotes, such as "12.50"')
            text = json.dumps(self.model_dump(mode="json") | dict(changes))
        except (TypeError, RecursionError):
            raise ValueError("the changes are not plain JSON, or nested too deeply") from None
        try:
            return type(self).model_validate_json(text, strict=True)
        except ValidationError as error:
            raise ValueError(_said(error)) from None


def kind_of(action: type[BaseAction]) -> str:
    """The name of an action in policy tables."""
    return str(action.model_fields["kind"].default)


def refuse_raised(amount: Decimal, before: Decimal, currency: str) -> None:
    """Raise ValueError unless an amount is left as it is, or lowered to more than nothing."""
    if not (amount == before or 0 < amount < before):
        raise ValueError(f"amount may only be lowered: more than 0 and at most {before:f} {currency}")


def _inexact(value: object) -> bool:
    if isinstance(value, dict):
        return any(_inexact(each) for each in cast("dict[str, object]", value).values())
    if isinstance(value, list | tuple):
        return any(_inexact(each) for each in cast("list[object]", value))
    return isinstance(value, float)


def _said(error: ValidationError) -> str:
    """The first things that are wrong, in words; never the value, which came from outside."""
    faults = [
        f"{_short('.'.join(str(part) for part in fault['loc']) or 'the changes')}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False, include_context=False)[:2]
    ]
    return "; ".join(faults)


def _short(name: str) -> str:
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
