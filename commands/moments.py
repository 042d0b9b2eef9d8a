"""Moments as people read them in a terminal: UTC, and how far off."""

from __future__ import annotations

from datetime import datetime, timedelta

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def until(moment: datetime, now: datetime) -> str:
    """A deadline both ways: `25 Nov 21:39 UTC, in 1 d 23 h`."""
    left = moment - now
    far = f"in {length(left)}" if left >= timedelta(0) else f"{length(-left)} ago"
    return f"{moment:%d %b %H:%M} UTC, {far}"


def length(span: timedelta) -> str:
    """A span in its two largest units: `1 d 23 h`, `6 h 12 min`, `40 s`."""
    seconds = int(span.total_seconds())
    for place, (size, unit) in enumerate(UNITS):
        if seconds >= size:
            rest, below = seconds % size, UNITS[place + 1 : place + 2]
            more = [f"{rest // smaller} {name}" for smaller, name in below if rest >= smaller]
            return " ".join([f"{seconds // size} {unit}", *more])
    return f"{seconds} s"
