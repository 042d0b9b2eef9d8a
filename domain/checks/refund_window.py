"""When a line may be given back, by the customer's terms and the company's own days."""

from __future__ import annotations

from datetime import date, timedelta

from domain.checks.refund_matter import Matter
from domain.refund_terms import Window
from domain.refunding import Timing


def timing_of(matter: Matter, window: Window) -> Timing:
    """In the window, in the days of grace after it, or later; the last day counts."""
    if window.days == 0:
        return "over"
    ends = ends_on(matter, window)
    if matter.asked_on <= ends:
        return "in_time"
    return "late" if matter.asked_on <= ends + timedelta(days=window.grace_days) else "over"


def ends_on(matter: Matter, window: Window) -> date:
    """The last day of the window: counted from delivery, or the order where none is known."""
    return (matter.delivered_on or matter.order.placed_on) + timedelta(days=window.days)
