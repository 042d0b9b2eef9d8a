"""One broken rule of an invoice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from domain.checks.figures import fitting, shown
from domain.values import Amount, Frozen


class Violation(Frozen):
    """A rule that the invoice breaks; the figures are there where the rule compares two."""

    rule: str = Field(description="an EN 16931 or Peppol rule id, or a lower-case name for a rule of our own")
    field: str = Field(description="the business term that is wrong, with its line where it is on one")
    said: str = Field(description="one sentence for a person")
    stated: Amount | None = None
    computed: Amount | None = None


def mismatch(rule: str, field: str, *, stated: Decimal | None, computed: Decimal | None, source: str) -> Violation:
    """Say that a stated figure is not what `source` gives."""
    return Violation(
        rule=rule,
        field=field,
        said=f"{field} states {shown(stated)}, but {source} gives {shown(computed)} ({rule}).",
        stated=None if stated is None else fitting(stated),
        computed=None if computed is None else fitting(computed),
    )


def unequal(
    rule: str, field: str, *, stated: Decimal | None, computed: Decimal | None, source: str
) -> Iterator[Violation]:
    """Compare two figures; a missing operand breaks the rule, as it does officially."""
    if stated is None or stated != computed:
        yield mismatch(rule, field, stated=stated, computed=computed, source=source)
