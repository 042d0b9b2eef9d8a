"""How a text may spell a figure or a date: every value that its characters can mean in the usual locales.

Where a spelling is ambiguous (`1.234` is a thousand in Berlin and a little over one in London; `05/06/2026` is a day in
May or in June), it counts for each of its meanings. `figures_in` and `has_date` take a text as `plain` gives it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

NOT_INSIDE = r"(?<!\w)(?<!\w[-/_])(?<![0-9][:.,'])"
"""No figure starts inside a word, an identifier, a date or a time."""

FIGURE = re.compile(rf"{NOT_INSIDE}([0-9]++(?:[.,'][0-9]++)*+)(?![-/:][0-9]|[A-Za-z]{{1,20}}[0-9])")
SPACED = re.compile(rf"(?={NOT_INSIDE}([0-9]{{1,3}}(?: [0-9]{{3}}){{1,4}}(?:[.,][0-9]++)?)(?![0-9]|[-/:.,][0-9]))")
GLUED_CURRENCY = re.compile(r"\b([A-Z]{3})(?=[0-9]+[.,][0-9]{2}\b)")
MARKS = re.compile(r"[.,' ]")
MINUS = frozenset("-\u2212\u2013")
TRAILING_MINUS = re.compile("[-\u2212\u2013](?!\\w)")
GROUP = 3
LONGEST_FIGURE = 40

MONTHS = (
    "january|januar|janvier|enero|gennaio|januari|jan",
    "february|februar|février|febrero|febbraio|februari|feb|févr",
    "march|märz|mars|marzo|maart|mar",
    "april|avril|abril|aprile|apr",
    "may|mai|mayo|maggio|mei",
    "june|juni|juin|junio|giugno|jun",
    "july|juli|juillet|julio|luglio|jul",
    "august|août|agosto|augustus|aug",
    "september|septembre|septiembre|settembre|sept|sep",
    "october|oktober|octobre|octubre|ottobre|oct|okt",
    "november|novembre|noviembre|nov",
    "december|dezember|décembre|diciembre|dicembre|dec|dez",
)
"""Month names in English, German, French, Spanish, Italian and Dutch."""


def plain(text: str) -> str:
    """The text as a person sees it: NFKC, without invisible characters, one kind of apostrophe."""
    folded = unicodedata.normalize("NFKC", text)
    seen = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    return seen.replace("\u2019", "'")


def figures_in(text: str) -> frozenset[Decimal]:
    """Every value that a figure in the text can mean."""
    spaced = GLUED_CURRENCY.sub(r"\1 ", text)
    found = [*FIGURE.finditer(spaced), *SPACED.finditer(spaced)]
    return frozenset(value for match in found for value in _signed(match))


def has_date(text: str, day: date) -> bool:
    """Whether the date occurs in a usual spelling: ISO, day first, month first, or with the month's name."""
    numeric = rf"(?<![0-9])(?:{'|'.join(_numeric(day))})(?![0-9]|[./-][0-9])"
    number, year = rf"0?{day.day}(?:st|nd|rd|th|\.)?", rf"(?:{day.year}|'?{day.year % 100:02})"
    month = rf"(?:{MONTHS[day.month - 1]})\.?"
    named = rf"(?<!\w)(?:{number}[ -]?(?:de |of )?{month},?[ -](?:de )?{year}|{month} ?{number},? {year})(?![0-9])"
    return re.search(f"{numeric}|{named}", text, re.IGNORECASE) is not None


def meanings(written: str) -> Iterator[Decimal]:
    """The values that one spelling can mean: `1.234` is 1234 and 1.234, `1.234,50` only 1234.50."""
    parts, marks = MARKS.split(written), MARKS.findall(written)
    if len(set(marks)) <= 1 and _grouped(parts):
        yield Decimal("".join(parts))
    if marks and marks[-1] in ".,":
        *grouping, mark = marks
        if mark not in grouping and len(set(grouping)) <= 1 and _grouped(parts[:-1]):
            yield Decimal(f"{''.join(parts[:-1])}.{parts[-1]}")


def _grouped(parts: list[str]) -> bool:
    first, *rest = parts
    return not rest or (len(first) <= GROUP and all(len(part) == GROUP for part in rest))


def _signed(match: re.Match[str]) -> Iterator[Decimal]:
    before, after = (
        match.string[max(0, match.start(1) - 2) : match.start(1)],
        match.string[match.end(1) : match.end(1) + 2],
    )
    negative = before[-1:] in MINUS or TRAILING_MINUS.match(after)
    perhaps = before[-1:] == "(" or (before[-1:] == " " and before[:1] in MINUS)
    for value in meanings(match[1]) if len(match[1]) <= LONGEST_FIGURE else ():
        if not negative:
            yield value
        if negative or perhaps:
            yield value.copy_negate()


def _numeric(day: date) -> Iterator[str]:
    number, month = f"0?{day.day}", f"0?{day.month}"
    for mark in (r"\.", "/", "-"):
        yield rf"{day.year}{mark}{month}{mark}{number}"
        for year in (str(day.year), f"{day.year % 100:02}"):
            yield rf"{number}{mark} ?{month}{mark} ?{year}"
            yield rf"{month}{mark}{number}{mark}{year}"
