"""The few signs in which rules say what they look for in a calm text, so that a person can read and mend them.

`my order` is these words beside each other; `order|parcel` one of two; `refund*` whatever begins so, `*n't` whatever
ends so; `log_in` two words as one; `#` anything with a digit; ` .. ` a gap of at most 40 characters in one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

GAP = r"[^.?]{0,40}?"


def pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """One expression that finds any of these phrases; raise ValueError naming a phrase that is none."""
    return re.compile("|".join(_phrase(phrase) for phrase in phrases))


def _phrase(phrase: str) -> str:
    parts = [part.split() for part in phrase.split(" .. ")]
    if not all(parts) or any(word == ".." or "" in word.split("|") for part in parts for word in part):
        raise ValueError(f'{phrase!r} is no phrase; write words as in "want|need .. money back"')
    return GAP.join(" ".join(_word(word) for word in part) for part in parts)


def _word(word: str) -> str:
    said = "|".join(re.escape(each).replace(r"\*", r"\w*").replace(r"\#", r"\w*\d\w*") for each in word.split("|"))
    return rf"(?<!\w)(?:{said.replace('_', ' ')})(?!\w)"
