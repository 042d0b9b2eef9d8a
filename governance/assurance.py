"""How sure we are of who answered, weakest first, and under which profile a worker runs."""

from __future__ import annotations

from typing import Literal, get_args

Assurance = Literal["anonymous", "claimed", "principal", "signed", "step-up"]
"""anonymous: nobody said · claimed: a name that the client gives · principal: the server authenticated the caller ·
signed: a token proves it · step-up: signed, and a second proof beside it."""

Profile = Literal["dev", "production"]
"""dev authenticates nobody and lets everybody in; it works with a server on this machine alone."""

ORDER: tuple[Assurance, ...] = get_args(Assurance)


def reaches(given: Assurance, least: Assurance) -> bool:
    """Whether an assurance is at least another one."""
    return ORDER.index(given) >= ORDER.index(least)


def weakest(given: tuple[Assurance, ...]) -> Assurance | None:
    """The weakest of several; None for none."""
    return min(given, key=ORDER.index, default=None)
