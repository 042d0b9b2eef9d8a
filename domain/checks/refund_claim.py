"""What an assessor's claim comes to: it may say what the customer means and wants; every figure is computed again.

The claim is taken where plain code agrees with it: its quotes stand in what the customer wrote, it names lines that the
request is about, and the request, read as the claim reads it, is one that the rules would settle in the form proposed,
or leave open with that form among what may be chosen. Anything else goes to a person. So nobody is refused, and nobody
is given more than they asked for, on a model's word alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from domain.actions.refunds import RefundReason
from domain.refunding import AskedItem, Escalate, Form, Give, RefundCourse, RefundRequest, Refuse, Standing
from domain.values import Ratio

SHORTEST_QUOTE = 8
"""Letters and figures of a quote: fewer stand in any text."""


def understood(request: RefundRequest, reason: RefundReason, items: tuple[AskedItem, ...], wish: Form) -> RefundRequest:
    """The request as somebody reads it: another reason, another form, fewer of the items. The bound stays."""
    return request.model_copy(update={"reason": reason, "items": items or request.items, "wish": wish})


def unquoted(quotes: Sequence[str], text: str) -> str | None:
    """Why quotes bear nothing out: there are none, one is too short, or it is not in the text. None where all are."""
    if not quotes:
        return "The assessor quotes nothing of what the customer wrote."
    said = _plain(text)
    for quote in quotes:
        if len(re.findall(r"\w", quote)) < SHORTEST_QUOTE:
            return "A quote of the assessor is too short to bear anything out."
        if _plain(quote) not in said:
            return "A quote of the assessor is not in what the customer wrote."
    return None


def widened(items: tuple[AskedItem, ...], standing: Standing) -> str | None:
    """Why a claim reaches beyond the request: a line that is not asked back, or more of it. None where it does not."""
    asked = {line.order_line: line.asked for line in standing.lines}
    for item in items:
        if item.quantity > asked.get(item.line, 0):
            return "The assessor names more than the customer asks back."
        asked[item.line] -= item.quantity
    return None


def chosen(standing: Standing, again: Standing, form: Form | None, confidence: Ratio) -> RefundCourse:
    """Hold a proposed form (None: refuse) against the request as it was read, `again`; `standing` is as asked."""
    if standing.settled is not None:
        return standing.settled
    match again.settled:
        case Refuse() as refusal if form is None:
            return refusal
        case Give() as offer if offer.form == form:
            return _by_agent(offer, standing, again, confidence)
        case None if offers := [each for each in again.options if each.form == form]:
            return _by_agent(offers[0], standing, again, confidence)
        case Escalate() as person:
            return person
        case _:
            return escalated(standing, "The assessor and the rules do not agree.")


def escalated(standing: Standing, why: str) -> Escalate:
    """For a person, with what was open."""
    first = standing.findings[0] if standing.findings else None
    return Escalate(
        owner=first.owner if first else "support",
        reason=f"{first.said} {why}" if first else why,
        removed_by="a person reads the request and decides",
    )


def _by_agent(offer: Give, standing: Standing, again: Standing, confidence: Ratio) -> Give:
    """Fewer lines than the request is about are a part of it, whatever was read into it."""
    whole = {line.order_line: line.asked for line in standing.lines}
    same = not again.lines or {line.order_line: line.asked for line in again.lines} == whole
    return offer.model_copy(update={"full": offer.full and same, "decided_by": "agent", "confidence": confidence})


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
