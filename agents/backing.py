"""Whether somebody other than the model has said a value: a trusted system as a field, or the requester in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import cast

from domain.values import Frozen


@dataclass(frozen=True)
class Backing:
    """The values that trusted systems returned, each whole, and the requester's own words.

    Decimals stand apart from all else, or the order 70001 would back an amount of 70,001.
    """

    values: frozenset[str]
    decimals: frozenset[str]
    words: str

    @classmethod
    def of(cls, reads: Iterable[tuple[Frozen, frozenset[str]]], words: str) -> Backing:
        """From each answer with the fields of it that outsiders wrote, and from the requester's text."""
        found = [leaf for answer, outside in reads for leaf in leaves(answer.model_dump(), outside)]
        return cls(
            values=frozenset(form for leaf in found if not isinstance(leaf, Decimal) for form in _forms(leaf)),
            decimals=frozenset(form for leaf in found if isinstance(leaf, Decimal) for form in _forms(leaf)),
            words=_even(words),
        )

    def holds(self, leaf: object) -> bool:
        """Whether a value is one that a system returned, or stands in the words, not as part of a longer one."""
        returned = self.decimals if isinstance(leaf, Decimal) else self.values
        return any(form in returned or self._worded(form) for form in _forms(leaf))

    def _worded(self, form: str) -> bool:
        return bool(form) and re.search(rf"(?<![\w.,-]){re.escape(form)}(?![\w-]|[.,]\w)", self.words) is not None


def leaves(value: object, without: frozenset[str] = frozenset()) -> Iterator[object]:
    """Every text, number and date in a value, save in the fields left out; empty, true and false name nothing."""
    if isinstance(value, Mapping):
        for name, each in cast("Mapping[object, object]", value).items():
            if name not in without:
                yield from leaves(each, without)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in cast("Iterable[object]", value):
            yield from leaves(each, without)
    elif value is not None and value != "" and not isinstance(value, bool):
        yield value


def _forms(leaf: object) -> set[str]:
    """A value as it may be written: a number with and without its trailing zeros."""
    form = _even(str(leaf))
    try:
        number = Decimal(form)
    except InvalidOperation:
        return {form}
    if not number.is_finite() or abs(number.adjusted()) > DIGITS:
        return {form}
    return {form, f"{number.normalize():f}", f"{number:.2f}" if number == round(number, 2) else form}


DIGITS = 24
"""Places of a number that is still money; a larger one is compared as it is written."""


def _even(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
