"""What an element of the document states, by path: absent is None, unusable or contradictory is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from domain.errors import Unreadable
from domain.text import show
from integrations.reading.element import Element, local_name

AMOUNT = re.compile(r"([+-]?(?:[0-9]{1,14}\.[0-9]{0,10}|\.[0-9]{1,10}))0*|([+-]?[0-9]{1,14})")
"""An xs:decimal that fits `domain.values.Amount`; exponents, NaN, separators and other scripts' digits do not."""

PERCENT = re.compile(r"([+-]?(?:[0-9]{1,6}\.[0-9]{0,6}|\.[0-9]{1,6}))0*|([+-]?[0-9]{1,6})")
"""An xs:decimal that fits `domain.values.Percent`."""

CURRENCY = re.compile(r"[A-Z]{3}")

XML_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:T.*|Z|[+-][0-9]{2}:[0-9]{2})?")
COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}|[0-9]{6})?")
"""UNTDID 2379 formats 102, 203 and 204: CCYYMMDD, with or without a time."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Statements:
    """What one element states below itself; an absent element states nothing.

    A value that occurs twice with two meanings is refused: two programs would read two different invoices.
    """

    element: Element | None
    names: Mapping[str, str]
    """Namespaces by the prefixes that paths use."""
    currency: str | None = None
    """What amounts are in; one that says it is in another currency is refused."""

    def __bool__(self) -> bool:
        """Whether the document has the element."""
        return self.element is not None

    def every(self, path: str) -> tuple[Statements, ...]:
        """Each element at the path, in document order."""
        found = () if self.element is None else self.element.findall(path, self.names)
        return tuple(replace(self, element=element) for element in found)

    def one(self, path: str) -> Statements:
        """The only element at the path."""
        found = self.every(path)
        if len(found) > 1:
            raise Unreadable(f"{found[0].label} occurs {len(found)} times where one is allowed.")
        return found[0] if found else replace(self, element=None)

    def attribute(self, name: str) -> str | None:
        """An attribute of the element itself."""
        return (self.element.get(name) or "").strip() or None if self.element is not None else None

    def texts(self, path: str) -> tuple[str, ...]:
        """The different texts at the path, in document order."""
        return tuple(dict.fromkeys(text for found in self.every(path) if (text := found.own_text())))

    def joined(self, path: str) -> str | None:
        """All texts at the path, a line each."""
        return "\n".join(self.texts(path)) or None

    def text(self, path: str) -> str | None:
        """The one text at the path."""
        return self._only(path, Statements.own_text)

    def amount(self, path: str) -> Decimal | None:
        """The amount, price or quantity at the path."""
        return self._only(path, Statements.own_amount)

    def percent(self, path: str) -> Decimal | None:
        """The percentage at the path."""
        return self._only(path, lambda found: found.own_number(PERCENT))

    def currency_code(self, path: str) -> str | None:
        """The ISO 4217 code at the path."""
        return self._only(path, Statements._own_currency)

    def date(self, path: str) -> date | None:
        """The date at the path, written 2026-11-30 or 20261130; a time or zone behind it is dropped."""
        return self._only(path, Statements._own_date)

    def flag(self, path: str) -> bool | None:
        """The xs:boolean at the path."""
        return self._only(path, Statements._own_flag)

    def own_text(self) -> str | None:
        """The text of the element itself; None where it is blank."""
        if self.element is None:
            return None
        if len(self.element):
            raise Unreadable(f"{self.label} holds elements where a value is expected.")
        return (self.element.text or "").strip() or None

    def own_number(self, form: re.Pattern[str]) -> Decimal | None:
        """The number that the element itself holds."""
        text = self.own_text()
        if text is None:
            return None
        if written := form.fullmatch(text):
            return Decimal(written[1] or written[2])
        raise self._unusable(text, "no number that can be read exactly")

    def own_amount(self) -> Decimal | None:
        """The amount, price or quantity that the element itself holds, in the document's currency."""
        said = self.attribute("currencyID")
        if said and self.currency and said != self.currency:
            raise Unreadable(f"{self.label} is in '{show(said, 40)}', but the invoice is in {self.currency}.")
        return self.own_number(AMOUNT)

    @property
    def label(self) -> str:
        """How a message names the element: its parent and itself."""
        if self.element is None:
            return "nothing"
        parent = self.element.getparent()
        return ("" if parent is None else f"{local_name(parent)}/") + local_name(self.element)

    def _only(self, path: str, read: Callable[[Statements], Value | None]) -> Value | None:
        found = self.every(path)
        return only((read(one) for one in found), found[0].label) if found else None

    def _own_currency(self) -> str | None:
        text = self.own_text()
        if text is not None and not CURRENCY.fullmatch(text):
            raise self._unusable(text, "no ISO 4217 currency code")
        return text

    def _own_date(self) -> date | None:
        text = self.own_text()
        if text is None:
            return None
        if written := XML_DATE.fullmatch(text) or COMPACT_DATE.fullmatch(text):
            with suppress(ValueError):
                return date(*(int(part) for part in written.groups()))
        raise self._unusable(text, "no date")

    def _own_flag(self) -> bool | None:
        text = self.own_text()
        if text not in {None, "true", "1", "false", "0"}:
            raise self._unusable(text or "", "neither true nor false")
        return None if text is None else text in {"true", "1"}

    def _unusable(self, text: str, what: str) -> Unreadable:
        return Unreadable(f"{self.label} says '{show(text, 40)}', which is {what}.")


def only(stated: Iterable[Value | None], label: str) -> Value | None:
    """The one value among those that a document gives for the same thing."""
    values = [value for value in dict.fromkeys(stated) if value is not None]
    if len(values) > 1:
        shown = ", ".join(f"'{show(str(value), 40)}'" for value in values[:3])
        raise Unreadable(f"{label} is stated {len(values)} times, each time differently: {shown}.")
    return values[0] if values else None
