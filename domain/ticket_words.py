"""What tickets want, by words: the phrases of each intent, and which intents are only reasons for others."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from re import Pattern

from domain.checks.ticket_phrases import pattern
from domain.values import Frozen


class Wish(Frozen):
    """One intent: the phrases that name it, and the intents that are only a reason for it."""

    intent: str
    words: tuple[str, ...]
    reasons: frozenset[str]


class Vocabulary(Frozen):
    """The phrases in force, and the intents that start a refund."""

    version: str
    wishes: tuple[Wish, ...]
    refunds: frozenset[str]

    @cached_property
    def _patterns(self) -> dict[str, Pattern[str]]:
        return {wish.intent: pattern(wish.words) for wish in self.wishes}

    def named(self, text: str) -> tuple[str, ...]:
        """Every intent whose phrases stand in a calm text, reasons included, in the file's order."""
        return tuple(wish.intent for wish in self.wishes if self._patterns[wish.intent].search(text))

    def wishes_among(self, named: Collection[str], known: Collection[str]) -> tuple[str, ...]:
        """Those of the intents named that are wishes: more than one where somebody wants several things.

        An intent that is only the reason for another one named (the goods are broken, so money is wanted back) is no
        wish of its own. What no queue asks for is nobody's, however clear the words.
        """
        reasons = frozenset[str]().union(*(wish.reasons for wish in self.wishes if wish.intent in named))
        return tuple(intent for intent in named if intent in known and intent not in reasons)
