"""Whether one line of a request may be given back. The first rule that fits counts.

1. Nothing of it is left → refused: already refunded.
2. No terms were in force → a person.
3. `other`, or a service that failed → open: only the customer's words tell.
4. Never given back for this reason → refused: final sale, or out of the window.
5. Not received: delivered → a person; late enough to count as lost → given; else refused: on its way.
6. Faulty or wrong goods that were never delivered → a person.
7. The window and the days of grace are over → refused: out of the window.
8. Not as described, and not all of it back → open.
9. A change of mind: only what is back is given; nothing is back, though it was delivered → refused: not returned.
10. Else given; after the window, with a person's grace.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from domain.checks.figures import counted
from domain.checks.refund_matter import Matter
from domain.checks.refund_remainder import back_of, left_of, pending, worth
from domain.checks.refund_window import ends_on, timing_of
from domain.refund_findings import (
    AlreadyRefunded,
    ContradictsDelivery,
    FinalSale,
    Late,
    LessThanAsked,
    NoTerms,
    NotReturned,
    OnItsWay,
    OutOfWindow,
    ReasonUnclear,
    RefundFinding,
    Unproven,
)
from domain.refund_terms import Window
from domain.refunding import LineStanding, Timing
from domain.sales import Category, SoldLine

SENT: frozenset[Category] = frozenset({"goods", "final_sale"})
"""What is delivered and can come back."""
FAULTS = frozenset({"damaged", "wrong_item", "not_as_described"})


def line_standing(matter: Matter, line: SoldLine, asked: Decimal) -> LineStanding:
    """How one line stands, with the pieces that could be given back and what stands in the way."""
    possible = min(asked, left_of(line, matter.account))
    back = min(possible, back_of(line, matter.account))
    timing, finding = _judged(matter, line, possible, back)
    free = finding is None or finding.leads_to == "note"
    if free and matter.reason == "changed_mind" and line.category in SENT and matter.delivered_on:
        possible = back
    if finding is None and possible < asked:
        finding = _less(line, asked, possible)
    return LineStanding(
        order_line=line.id,
        item=line.item,
        description=line.description,
        category=line.category,
        asked=asked,
        quantity=possible,
        back=back,
        amount=worth(line, possible, matter.account),
        timing=timing,
        finding=finding,
    )


def _judged(matter: Matter, line: SoldLine, possible: Decimal, back: Decimal) -> tuple[Timing, RefundFinding | None]:
    order = matter.order
    window = matter.terms.window(line.category, order.channel, matter.reason, order.placed_on)
    if possible <= 0:
        said = f"All of line {line.id} has been given back, or is on its way back."
        return "over", AlreadyRefunded(said=said, order_line=line.id, pending=pending(matter.account))
    if window is None:
        said = f"No window was in force for line {line.id} on {order.placed_on}."
        return "over", NoTerms(said=said, order_line=line.id)
    timing = timing_of(matter, window)
    finding = _doubt(matter, line) or _barred(matter, line, window, timing)
    finding = finding or _unreturned(matter, line, possible, back) or _late(matter, line, window, timing)
    return timing, finding


def _doubt(matter: Matter, line: SoldLine) -> RefundFinding | None:
    """What no rule can tell."""
    sent = line.category in SENT
    if matter.reason == "other":
        return ReasonUnclear(said="The request gives no reason that the terms know.")
    if matter.reason == "service_failed":
        return Unproven(said=f"Line {line.id} is said to have failed.", order_line=line.id)
    if matter.reason == "not_received" and matter.delivered_on:
        said = f"Line {line.id} is said to be missing; the order was delivered on {matter.delivered_on}."
        return ContradictsDelivery(said=said, order_line=line.id, delivered_on=matter.delivered_on)
    if sent and matter.reason in FAULTS and matter.delivered_on is None:
        said = f"Line {line.id} is said to be faulty; no delivery is on record."
        return ContradictsDelivery(said=said, order_line=line.id, delivered_on=None)
    return None


def _barred(matter: Matter, line: SoldLine, window: Window, timing: Timing) -> RefundFinding | None:
    """What the terms refuse."""
    lost_from = matter.order.placed_on + timedelta(days=matter.terms.lost_after_days)
    if matter.reason == "not_received" and matter.asked_on < lost_from:
        said = f"Line {line.id} has not arrived; it counts as lost from {lost_from} on."
        return OnItsWay(said=said, order_line=line.id, lost_from=lost_from)
    if timing != "over":
        return None
    if line.category == "final_sale" and window.days == 0:
        return FinalSale(said=f"Line {line.id} was sold for good.", order_line=line.id)
    ended = ends_on(matter, window)
    said = f"Line {line.id} could be given back until {ended}; it was asked on {matter.asked_on}."
    return OutOfWindow(said=said, order_line=line.id, ended_on=ended)


def _unreturned(matter: Matter, line: SoldLine, possible: Decimal, back: Decimal) -> RefundFinding | None:
    if line.category not in SENT:
        return None
    if matter.reason == "not_as_described" and back < possible:
        said = f"Line {line.id} is said not to be what was described; {counted(back)} of {counted(possible)} are back."
        return Unproven(said=said, order_line=line.id)
    if matter.reason == "changed_mind" and matter.delivered_on and back <= 0:
        return NotReturned(said=f"Nothing of line {line.id} has come back yet.", order_line=line.id)
    return None


def _late(matter: Matter, line: SoldLine, window: Window, timing: Timing) -> RefundFinding | None:
    if timing != "late":
        return None
    ended = ends_on(matter, window)
    said = f"Line {line.id} could be given back until {ended}; it was asked on {matter.asked_on}."
    return Late(said=said, order_line=line.id, ended_on=ended)


def _less(line: SoldLine, asked: Decimal, possible: Decimal) -> RefundFinding:
    said = f"Of line {line.id} {counted(asked)} are asked back, {counted(possible)} can be given."
    return LessThanAsked(said=said, order_line=line.id, asked=asked, possible=possible)
