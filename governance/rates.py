"""Dated exchange rates: what an amount is worth in another currency, and by which figure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_UP, Context, Decimal
from typing import Annotated

from pydantic import Field

from domain.values import CurrencyCode, Frozen, Sha256
from governance.entries import Entry, read_toml

EXACT = Context(prec=60, rounding=ROUND_UP)
"""An amount times a rate fits whole; a quotient that does not end is rounded up, so that no limit is slipped under."""
CODE = re.compile(r"[A-Z]{3}")
MOST_AGE = 366
RATE_DIGITS = 12
SHOWN = Context(prec=RATE_DIGITS, rounding=ROUND_HALF_EVEN)

Rate = Annotated[Decimal, Field(gt=0, max_digits=RATE_DIGITS, allow_inf_nan=False)]


class Converted(Frozen):
    """An amount in the target currency, not rounded to cents: it is compared with limits, never paid."""

    amount: Decimal
    rate: Decimal = Field(description="what one unit of the source is worth in the target, to 12 significant digits")
    day: date = Field(description="the date of the rate")


class DayRates(Frozen):
    """What one unit of each currency was worth in the base currency on a date."""

    day: date
    worth: dict[CurrencyCode, Rate]


class Rates(Frozen):
    """All rates of a file, newest first."""

    base: CurrencyCode
    source: str = Field(description="where the figures come from")
    max_age_days: Annotated[int, Field(ge=0, le=MOST_AGE)]
    days: tuple[DayRates, ...]
    file_digest: Sha256

    def convert(self, amount: Decimal, source: str, target: str, on: date) -> Converted | None:
        """Convert by the newest day at or before a date that has both currencies; None where it is missing or too old.

        From any currency to the base the amount is exact; otherwise it has 60 significant digits, rounded up.
        """
        if source == target:
            return Converted(amount=amount, rate=Decimal(1), day=on)
        for day, worth in self._usable(on):
            if source in worth and target in worth:
                return Converted(
                    amount=_times(amount, worth[source], worth[target]),
                    rate=SHOWN.divide(worth[source], worth[target]),
                    day=day,
                )
        return None

    def _usable(self, on: date) -> list[tuple[date, Mapping[str, Decimal]]]:
        oldest = on - timedelta(days=self.max_age_days)
        return [(each.day, {**each.worth, self.base: Decimal(1)}) for each in self.days if oldest <= each.day <= on]


def _times(amount: Decimal, worth: Decimal, target: Decimal) -> Decimal:
    product = EXACT.multiply(amount, worth)
    return product if target == 1 else EXACT.divide(product, target)


def load_rates(content: bytes, file: str) -> Rates:
    """Read rates.toml; raise `BadPolicy` naming the file, the entry, the field and the mend."""
    top = read_toml(content, file)
    top.only("base", "source", "max_age_days", "day")
    base = top.text("base")
    if not CODE.fullmatch(base):
        top.refuse("base", f"{base} is no currency code, such as EUR")
    days = tuple(_day(entry, base) for entry in top.entries("day"))
    if not days:
        top.refuse("day", "no rates are given; add a [[day]]")
    if twice := [str(day) for day, count in Counter(each.day for each in days).items() if count > 1]:
        top.refuse("day", f"{twice[0]} stands there twice; keep one of them")
    return Rates(
        base=base,
        source=top.text("source"),
        max_age_days=top.count("max_age_days", MOST_AGE),
        days=tuple(sorted(days, key=lambda each: each.day, reverse=True)),
        file_digest=hashlib.sha256(content).hexdigest(),
    )


def _day(entry: Entry, base: str) -> DayRates:
    day = entry.day("date")
    worth = {code: _rate(entry, code, base) for code in entry.fields if code != "date"}
    if not worth:
        entry.refuse(None, 'names no currency; add what one unit is worth, such as USD = "0.8613"')
    return DayRates(day=day, worth=worth)


def _rate(entry: Entry, code: str, base: str) -> Decimal:
    if not CODE.fullmatch(code):
        entry.refuse(code, "is no currency code, such as USD")
    if code == base:
        entry.refuse(code, f"is the base itself; remove it, since 1 {base} is 1 {base}")
    worth = entry.number(code)
    if not worth or len(worth.as_tuple().digits) > RATE_DIGITS:
        entry.refuse(code, f"must be more than 0, with at most {RATE_DIGITS} digits")
    return worth
