"""The figures beside a record: which events prove it, how long it took, what reasoning cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from governance.trail import conventions as c
from governance.trail.record import Record

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def evidence(record: Record) -> str:
    """The events that prove it: `event 11`, `events 5-7, 12`; of an attempt, the journal."""
    if record.kind == "attempt":
        return "journal"
    if not record.events:
        return ""
    return f"event{'s' if len(record.events) > 1 else ''} {', '.join(_ranges(record.events))}"


def counted(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def clock(record: Record, *, dated: bool) -> str:
    """When it began, to the millisecond, in UTC."""
    day = f"{record.at:%d %b} " if dated else ""
    return f"{day}{record.at:%H:%M:%S}.{record.at.microsecond // 1000:03d}"


def several_days(records: Sequence[Record]) -> bool:
    """Whether a time without its day would not say when."""
    return len({moment.date() for record in records for moment in (record.at, record.until) if moment}) > 1


def took(record: Record) -> str:
    """How long it took: `3 ms`, `2.4 s`, `3 h 20 min`; empty for a moment, `…` while it goes on."""
    if record.until is None:
        return "…"
    seconds = (record.until - record.at).total_seconds()
    if not seconds:
        return ""
    if seconds < MINUTE:
        return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    minutes, hours, days = int(seconds // MINUTE), int(seconds // HOUR), int(seconds // DAY)
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {int(seconds) % 60} s"


def spent(records: Iterable[Record]) -> str:
    """What the agents' reasoning took in all: turns, tokens, money in the currency of the price table."""
    agents = [record for record in records if record.kind == "agent"]
    if not agents:
        return "no agent reasoned"
    cost = sum((Decimal(str(agent.attributes.get(c.COST, 0))) for agent in agents), Decimal(0))
    turns, into, out, free = (
        sum(value for agent in agents if isinstance(value := agent.attributes.get(name, 0), int))
        for name in (c.TURNS, c.INPUT_TOKENS, c.OUTPUT_TOKENS, c.UNPRICED)
    )
    unpriced = f", {counted(free, 'turn')} of unknown price not included" if free else ""
    return f"agents: {counted(turns, 'turn')}, {into} + {out} tokens, cost {cost:f}{unpriced}"


def _ranges(events: Sequence[int]) -> Iterator[str]:
    start = before = events[0]
    for event in (*events[1:], None):
        if event != before + 1 or event is None:
            yield f"{start}-{before}" if start != before else str(start)
            start = event or 0
        before = event or 0
