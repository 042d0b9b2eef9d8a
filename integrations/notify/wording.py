"""What a notice says, in the same words over every channel."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from domain.notice import Notice, NoticeKind

HEADINGS: dict[NoticeKind, str] = {
    "asked": "To decide",
    "reminder": "Still to decide",
    "escalated": "Escalated to you",
    "decided": "Decided",
}
SUBJECT_LIMIT = 150
LINE_LIMIT = 400
LINES_LIMIT = 40

Shown = Callable[[str, int], str]
"""Makes outside text safe for one channel: one line of at most so many characters."""


def subject(notice: Notice, shown: Shown) -> str:
    """One line: what is to be done, and with what."""
    return shown(f"{HEADINGS[notice.kind]}: {notice.title}", SUBJECT_LIMIT)


def body(notice: Notice, shown: Shown) -> list[str]:
    """The lines beneath it; how long there is to answer is the last one."""
    lines = [shown(line, LINE_LIMIT) for line in islice(notice.lines, LINES_LIMIT)]
    if len(notice.lines) > LINES_LIMIT:
        lines.append("…")
    if notice.due and notice.kind != "decided":
        lines.append(f"An answer counts until {notice.due:%d %b %Y %H:%M} UTC.")
    return lines
