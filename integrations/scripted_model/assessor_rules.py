"""The stated rules by which the scripted model assesses a refund: first match wins, each with its confidence.

1. The message speaks of lawyers, courts or the bank's chargeback, or to whoever reads it as a machine ("ignore",
   "instructions", "system prompt") → escalate, 0.90.
2. Its words fit no reason, or more than one → escalate, 0.50.
3. The reason is what its words say: broken, cracked → damaged; never arrived → not_received; wrong → wrong_item; not as
   described → not_as_described; twice → charged_twice; changed my mind, no longer → changed_mind; down, outage,
   did not work → service_failed.
4. The form is what it asks for (exchange, replacement; store credit, voucher), else money; one that
   is not among the brief's options → escalate, 0.60.
5. The lines are those with a word of their description (five letters or more) in the message, else all; confidence
   0.90, or 0.80 where none is named.

The quote is the sentence with the reason's words. Nothing here knows a customer or an order by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from agents.refund_assessor import AssessorBrief, AssessorClaim, ClaimedItem
from domain.actions.refunds import RefundReason
from domain.refunding import Form

DELICATE = re.compile(
    r"\b(?:lawyers?|attorney|solicitor|court|sue|chargeback|ignore|instructions?|system prompt)\b", re.IGNORECASE
)
WORDS: Mapping[RefundReason, str] = {
    "damaged": r"damaged|broken?|broke|crack(?:ed|s)|shattered|defective|faulty",
    "not_received": r"never (?:arrived|came|received)|not (?:arrived|received)|has(?:n't| not) (?:arrived|come)|lost",
    "wrong_item": r"wrong (?:item|article|product|size|colou?r|one)|something else",
    "not_as_described": r"not (?:as|what was|what is) (?:described|shown|pictured|advertised)|differs? from",
    "charged_twice": r"(?:charged|paid|billed) (?:me |us )?(?:twice|double)|double[ -]charged?",
    "changed_mind": r"changed (?:my|our) mind|no longer (?:need|want)|do(?:n't| not) (?:need|want)",
    "service_failed": r"outage|was down|did(?:n't| not) work|does(?:n't| not) work|unusable",
}
EXCHANGE = re.compile(r"\b(?:exchange|replace(?:ment)?|swap)\b", re.IGNORECASE)
CREDIT = re.compile(r"\b(?:store credit|voucher)\b", re.IGNORECASE)
SENTENCE = re.compile(r"[^.!?\n]+")
LONG_WORD = re.compile(r"[^\W\d_]{5,}")
QUOTE_LIMIT, WHY_LIMIT = 300, 600


def assess_refund(brief: AssessorBrief, message: str) -> AssessorClaim:
    """Propose what the first rule that matches says."""
    if DELICATE.search(message):
        return _claim(brief, "escalate", "The message threatens or instructs.", "0.90")
    spoken: dict[RefundReason, str] = {
        reason: quote for reason, words in WORDS.items() if (quote := _sentence(words, message))
    }
    if len(spoken) != 1:
        return _claim(brief, "escalate", f"The message gives {len(spoken)} reasons; one would settle it.", "0.50")
    ((reason, quote),) = spoken.items()
    form = _form(message)
    if form not in {choice.option for choice in brief.options}:
        return _claim(brief, "escalate", f"The message asks for {form}, which is not open.", "0.60")
    items = _named_lines(brief, message)
    return AssessorClaim(
        option=form,
        items=items,
        reason=reason,
        evidence=(quote,),
        why=f"The customer writes: {quote}"[:WHY_LIMIT],
        confidence=Decimal("0.90" if items else "0.80"),
    )


def _form(message: str) -> Form:
    if EXCHANGE.search(message):
        return "exchange"
    return "store_credit" if CREDIT.search(message) else "money"


def _sentence(words: str, message: str) -> str | None:
    found = (each[0].strip() for each in SENTENCE.finditer(message))
    return next((each[:QUOTE_LIMIT] for each in found if re.search(rf"\b(?:{words})\b", each, re.IGNORECASE)), None)


def _named_lines(brief: AssessorBrief, message: str) -> tuple[ClaimedItem, ...]:
    said = {word.casefold() for word in LONG_WORD.findall(message)}
    named = [line for line in brief.lines if said & {word.casefold() for word in LONG_WORD.findall(line.description)}]
    return tuple(ClaimedItem(order_line=line.order_line, quantity=line.quantity) for line in named if line.quantity > 0)


def _claim(brief: AssessorBrief, option: Literal["escalate"], why: str, confidence: str) -> AssessorClaim:
    return AssessorClaim(
        option=option, items=(), reason=brief.reason, evidence=(), why=why, confidence=Decimal(confidence)
    )
