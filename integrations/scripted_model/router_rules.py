"""The stated rules by which the scripted model routes a ticket; each level and confidence follows from the text alone.

1. Wishes are those that the brief's phrases found: one → its queue, 0.90; several → the queue of the first, 0.80, each
   further one 0.80 as well, so that two queues are equally likely; none → no intent, and the last queue with 0.20.
2. Impact: high where work stands still or people may be hurt, low where nothing is wanted but an answer ("how", "what",
   "can I" and nothing gone wrong), else medium.
3. Urgency: high where a date within days or a loss is named, low with low impact, else medium.
4. Concerns are the flags that words raise; order numbers and amounts are copied; the feeling is upset where it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from agents.ticket_router import (
    MOST_ENTITIES,
    ConcernClaim,
    EntityClaim,
    IntentClaim,
    LevelClaim,
    QueueClaim,
    RouterBrief,
    RouterClaim,
    SentimentClaim,
)
from domain.checks.ticket_flags import WordFlag, word_flags
from domain.checks.ticket_phrases import pattern
from domain.checks.ticket_text import calm
from domain.ticket_terms import Level
from domain.ticketing import EntityKind

CLEAR, DIVIDED, LOST = Decimal("0.90"), Decimal("0.80"), Decimal("0.20")
STANDSTILL = pattern(
    (
        *("production|line|site|machine|work .. stopped|down|standing_still|halted|steht", "stillstand", "all of us"),
        *("injur*|smoke|fire|shock|burn*", "nobody|none_of_us can work|order|log_in", "whole team|company|site"),
    )
)
QUESTION = pattern(("how|what|when|where|which|who|why|can|could|do|does|is|are|wie|was|wann|wo|kann",))
WRONG = pattern(
    (
        *("not|never|*n't|cannot|wrong|broken|damaged|lost|stolen|late|missing|fail*|declin*|twice|blocked", "nicht"),
        *("refund|kaputt|beschädigt|verloren|falsch*|doppelt|geld",),
    )
)
SOON = pattern(
    (
        *(
            "today|tomorrow|tonight|heute|morgen",
            "by monday|tuesday|wednesday|thursday|friday",
            "lost|stolen|gestohlen",
        ),
        *("losing|lose money|customers|orders", "deadline|frist", "every hour|minute"),
    )
)
UPSET = pattern(("angry|furious|terrible|disappointed|unacceptable|worst|ridiculous|verärgert|enttäuscht|frechheit",))
ENTITIES: Mapping[EntityKind, re.Pattern[str]] = {
    "order": re.compile(r"\b[a-z]{1,4}-\d{3,10}\b"),
    "amount": re.compile(r"(?:[€$£] ?\d[\d.,]{0,12}\d|\d[\d.,]{0,12} ?(?:€|\$|£|eur\b|usd\b|gbp\b))"),
}


def route(brief: RouterBrief, outside: str) -> RouterClaim:
    """What the rules above say of a ticket, given in the calm text."""
    text = calm(outside)
    owner = {intent: queue.name for queue in brief.queues for intent in queue.intents}
    sure = CLEAR if len(brief.wishes) == 1 else DIVIDED if brief.wishes else LOST
    queues = list(dict.fromkeys(owner[intent] for intent in brief.wishes if intent in owner))
    queues = queues or [queue.name for queue in brief.queues][-1:] or ["none"]
    impact = _impact(text)
    return RouterClaim(
        queue=QueueClaim(name=queues[0], confidence=sure),
        second_queue=QueueClaim(name=queues[1], confidence=sure) if len(queues) > 1 else None,
        intents=tuple(IntentClaim(intent=intent, confidence=sure) for intent in brief.wishes[:5]),
        impact=LevelClaim(level=impact, confidence=CLEAR),
        urgency=LevelClaim(level=_urgency(text, impact), confidence=CLEAR),
        sentiment=SentimentClaim(feeling="upset" if UPSET.search(text) else "neutral", confidence=DIVIDED),
        concerns=tuple(ConcernClaim(flag=flag, confidence=CLEAR) for flag in _concerns(text)),
        entities=tuple(_entities(text))[:MOST_ENTITIES],
    )


def _impact(text: str) -> Level:
    if STANDSTILL.search(text):
        return "high"
    return "low" if QUESTION.search(text) and not WRONG.search(text) else "medium"


def _urgency(text: str, impact: Level) -> Level:
    if SOON.search(text):
        return "high"
    return "low" if impact == "low" else "medium"


def _concerns(text: str) -> tuple[WordFlag, ...]:
    flags: dict[WordFlag, None] = {flagged.flag: None for flagged in word_flags(text)}
    return tuple(flags)


def _entities(text: str) -> Iterator[EntityClaim]:
    for kind, found in ENTITIES.items():
        for said in dict.fromkeys(found.findall(text)):
            yield EntityClaim(kind=kind, text=said, confidence=CLEAR)
