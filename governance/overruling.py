"""Whether a decision still stands after a wait, by the rules as they are now."""

from __future__ import annotations

from typing import Any

from governance.assurance import reaches
from governance.card import places
from governance.quorum import missing
from governance.verdict import Verdict
from governance.work_order import WorkOrder


def overruled(order: WorkOrder[Any], now: Verdict) -> str | None:
    """Why the rules no longer let an order's action happen by the answers it has; None where they do.

    Nobody is asked again: what the rules want more than was given is for a new request.
    """
    if now.then == "deny":
        return now.why
    if now.review is None:
        return None
    votes = order.decision.votes if order.decision else ()
    if weak := [vote.person for vote in votes if not reaches(vote.assurance, now.review.assurance)]:
        return f"The rules now want somebody {now.review.assurance}, which {weak[0]} was not. Ask anew."
    deputies = tuple(rung.role for rung in now.review.ladder if rung.does == "escalate" and rung.role)
    left = missing(votes, now.review.approvers, deputies)
    return f"The rules now want more people: {places(left)} is still needed. Ask anew." if left else None
