"""Reading the entries of a TOML file: what is wrong is refused naming the file, the entry, the field and the mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import NoReturn, TypeVar, cast

from domain.errors import BadPolicy
from domain.text import show

NUMBER = re.compile(r"\d{1,14}(?:\.\d{1,10})?", re.ASCII)
TEXT_LIMIT = 200
SHOWN = 60
T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """One table of a TOML file, and how a person finds it."""

    file: str
    where: str
    fields: dict[str, object]

    def refuse(self, field: str | None, what: str) -> NoReturn:
        """Raise `BadPolicy` saying where and what."""
        raise BadPolicy(f"{self.file}: {self.where}{f', {field}' if field else ''}: {what}.")

    def only(self, *known: str) -> None:
        """Refuse fields that nobody would read."""
        if unknown := sorted(set(self.fields) - set(known)):
            self.refuse(show(unknown[0], SHOWN), f"is not known here; known are {', '.join(known)}")

    def has(self, field: str) -> bool:
        """Whether the field is there."""
        return field in self.fields

    def text(self, field: str) -> str:
        """A line of visible text."""
        return self._line(field, self._typed(field, str, 'must be given, as text in "quotes"'))

    def texts(self, field: str) -> tuple[str, ...]:
        """Lines of visible text, none twice; nothing where the field is not there."""
        listed = self._list(field)
        lines = tuple(self._line(field, each) for each in listed if isinstance(each, str))
        if len(lines) < len(listed) or len(set(lines)) < len(lines):
            self.refuse(field, 'is a list of texts, none twice, such as ["one", "two"]')
        return lines

    def number(self, field: str) -> Decimal:
        """An exact decimal that is not negative; a TOML float is refused, because money is decimal."""
        value = self.fields.get(field)
        if isinstance(value, float):
            self.refuse(field, f'write {value} in quotes: "{value}" (a bare number with a point is not exact)')
        if isinstance(value, bool) or not isinstance(value, str | int) or not NUMBER.fullmatch(str(value)):
            self.refuse(field, 'must be given, as a number in quotes such as "5000.00", of 0 or more')
        return Decimal(value)

    def count(self, field: str, most: int) -> int:
        """A whole number from 0 to a limit."""
        value = self._typed(field, int, f"must be given, as a whole number up to {most}")
        if not 0 <= value <= most:
            self.refuse(field, f"is {value}; it must be from 0 to {most}")
        return value

    def day(self, field: str) -> date:
        """A date without a time."""
        return self._typed(field, date, "must be given, as a date such as 2026-12-24, without quotes")

    def days(self, field: str) -> tuple[date, ...]:
        """Dates without a time; nothing where the field is not there."""
        listed = self._list(field)
        days = tuple(each for each in listed if type(each) is date)
        if len(days) < len(listed):
            self.refuse(field, "is a list of dates such as [2026-12-25, 2026-12-26], without quotes")
        return days

    def clock(self, field: str) -> time:
        """A clock time."""
        return self._typed(field, time, "must be given, as a clock time such as 09:00:00, without quotes")

    def entries(self, field: str) -> Iterator[Entry]:
        """The tables of a list, such as all [[person]]; named by place and id."""
        for number, each in enumerate(self._list(field), start=1):
            if not isinstance(each, dict):
                self.refuse(field, "is a list of tables")
            found = cast("dict[str, object]", each)
            name = found.get("id") or found.get("kid") or found.get("issuer") or found.get("giver")
            said = f"{field} {number}" + (f" ({show(name, SHOWN)})" if isinstance(name, str) else "")
            yield Entry(self.file, self._inside(said), found)

    def named(self, field: str) -> Iterator[tuple[str, Entry]]:
        """The tables of a section, such as all [role.x], with their names."""
        section = self.fields.get(field, {})
        if not isinstance(section, dict):
            self.refuse(field, f"is a section of tables such as [{field}.name]")
        for name, each in cast("dict[str, object]", section).items():
            if not isinstance(each, dict):
                self.refuse(f"{field}.{show(name, SHOWN)}", f"is a table such as [{field}.name]")
            yield name, Entry(self.file, self._inside(f"{field} {show(name, SHOWN)}"), cast("dict[str, object]", each))

    def _inside(self, where: str) -> str:
        return where if self.where == TOP else f"{self.where}, {where}"

    def _list(self, field: str) -> list[object]:
        value = self.fields.get(field, [])
        if not isinstance(value, list):
            self.refuse(field, "is a list, in [ ]")
        return cast("list[object]", value)

    def _typed(self, field: str, kind: type[T], mend: str) -> T:
        value = self.fields.get(field)
        if type(value) is not kind:  # a bool is no number here, and a date with a time no date
            self.refuse(field, mend)
        return cast("T", value)

    def _line(self, field: str, value: str) -> str:
        if not value or value != show(value, TEXT_LIMIT):
            said = show(value, SHOWN)
            self.refuse(field, f"is {said!r}; it must be 1 to {TEXT_LIMIT} visible characters, plainly written")
        return value


TOP = "the file"


def read_toml(content: bytes, file: str) -> Entry:
    """The whole file as an entry; raise `BadPolicy` where it is no TOML."""
    try:
        return Entry(file, TOP, tomllib.loads(content.decode()))
    except (ValueError, RecursionError) as error:
        raise BadPolicy(f"{file}: not a TOML file: {error}") from None
