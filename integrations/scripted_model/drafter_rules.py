"""The stated rules by which the scripted model drafts an answer: first match wins.

1. An article about an intent of the ticket, in its language, else in English → its first three sentences, 0.92; a
   second such article → its first sentence as well, and 0.85, because two may differ.
2. Anything else → no passages, 0.
"""

from __future__ import annotations

from decimal import Decimal

from agents.reply_drafter import DraftClaim, DrafterBrief, beginning_of

ONE, SEVERAL, NONE = Decimal("0.92"), Decimal("0.85"), Decimal(0)
BASE_LANGUAGE = "en"


def draft(brief: DrafterBrief) -> DraftClaim:
    """The sentences that answer."""
    about = [article for article in brief.articles if set(article.intents) & set(brief.intents)]
    readable = [article for article in about if article.language == brief.language]
    readable = readable or [article for article in about if article.language == BASE_LANGUAGE]
    if not readable:
        return DraftClaim(passages=(), confidence=NONE)
    first, *others = readable
    passages = (beginning_of(first), *(beginning_of(other, sentences=1) for other in others[:1]))
    return DraftClaim(passages=passages, confidence=SEVERAL if others else ONE)
