"""Outside text, made safe to show: what it hides becomes visible."""

from __future__ import annotations

import re
import unicodedata

HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode general categories without a glyph: controls, bidi and zero-width marks, surrogates, unassigned points."""

BLANK_LETTERS = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0})
"""Letters, marks and symbols that render as nothing (Unicode Default_Ignorable_Code_Point, and the blank Braille)."""

VARIATION_SELECTORS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Marks that follow a character unseen; long runs of them have carried hidden messages."""

MARKUP = str.maketrans("<>[]`*~$\\#", "(){}'.--/.")
"""What Markdown, HTML or TeX could start with, and what looks like it and starts nothing."""


LEADING_MARK = re.compile(r"(?:[-+=]|\d{1,9}[.)])(?:\s|$)|[-=]{2,}")
"""What makes a list, a rule or a heading of the line that it begins."""


def show(text: str, limit: int) -> str:
    """One line of at most `limit` characters: NFKC, white space closed up, what cannot be seen written as [U+202E].

    NFKC may turn a character into one that a markup gives a meaning, so escape after this, never before.
    """
    line = " ".join(unicodedata.normalize("NFKC", text[: limit * 4]).split())
    seen = "".join(_seen(character) for character in line[: limit + 1])
    whole = len(text) <= limit * 4 and len(line) <= limit and len(seen) <= limit
    return seen if whole else seen[: max(limit - 1, 0)] + "…"


def unmarked(text: str, limit: int) -> str:
    """One line for places that render Markdown in one view and show it as it is in another: nothing in it is markup."""
    plain = show(text, limit).translate(MARKUP).replace("://", ": //")
    plain = re.sub(r"(?i)mailto:(?=\S)", "mailto: ", plain)
    plain = re.sub(r"(?<!\w)_+|_+(?!\w)", "-", plain)
    return f"· {plain}" if LEADING_MARK.match(plain) else plain


def _seen(character: str) -> str:
    point = ord(character)
    hidden = (
        unicodedata.category(character) in HIDDEN_CATEGORIES
        or point in BLANK_LETTERS
        or any(point in selectors for selectors in VARIATION_SELECTORS)
    )
    return f"[U+{point:04X}]" if hidden else character
