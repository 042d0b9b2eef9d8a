"""Whether somebody other than the model has said a value: a trusted system as a field, or the requester in words."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

Leaf = str | int | float


@dataclass(frozen=True)
class Backing:
    """The values that trusted systems returned, each whole, and the requester's own words."""

    values: frozenset[str]
    words: str

    @classmethod
    def of(cls, reads: Iterable[tuple[str, frozenset[str]]], words: str) -> Backing:
        """From the JSON of each read with the fields of it that outsiders wrote, and from the requester's text."""
        values = frozenset(
            form for answer, outside in reads for leaf in leaves(_parsed(answer), outside) for form in _forms(leaf)
        )
        return cls(values=values, words=_even(words))

    def holds(self, leaf: Leaf) -> bool:
        """Whether a value is one that a system returned, or stands in the words, not as part of a longer one."""
        return any(form in self.values or self._worded(form) for form in _forms(leaf))

    def _worded(self, form: str) -> bool:
        return bool(form) and re.search(rf"(?<![\w.,-]){re.escape(form)}(?![\w-]|[.,]\w)", self.words) is not None


def leaves(value: JsonValue, without: frozenset[str] = frozenset()) -> Iterator[Leaf]:
    """Every text and number in a value, save in the fields left out; what is empty, true or false names nothing."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in without:
                yield from leaves(each, without)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, without)
    elif value is not None and value != "" and not isinstance(value, bool):
        yield value


def _parsed(answer: str) -> JsonValue:
    try:
        return json.loads(answer)
    except ValueError:
        return None


def _forms(leaf: Leaf) -> set[str]:
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
