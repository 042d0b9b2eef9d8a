"""Reading sla.toml: what support promises, the priority grid, and when a ticket needs a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar, get_args

from domain.actions.tickets import TicketFlag
from domain.ticket_terms import PRIORITIES, Cell, LeastPriority, Level, Promise, Promised, TicketTerms
from governance.calendars import span
from governance.entries import Entry, read_toml

LEVELS: tuple[Level, ...] = get_args(Level)
FLAGS: tuple[TicketFlag, ...] = get_args(TicketFlag)
SHARES = ("sure_from", "close_within", "link_from", "warn_at")
MOST_HOURS, MOST_TIMES = 8_760, 100
Word = TypeVar("Word", bound=str)


def load_sla(content: bytes, file: str) -> TicketTerms:
    """Read sla.toml; raise `BadPolicy` naming the file, the field and the mend."""
    top = read_toml(content, file)
    counts = ("duplicate_hours", "reassigned_times")
    top.only("version", "fallback_queue", *SHARES, *counts, "promise", "priority", "least")
    return TicketTerms(
        version=top.text("version"),
        fallback_queue=top.text("fallback_queue"),
        warn_at=_share(top, "warn_at"),
        sure_from=_share(top, "sure_from"),
        close_within=_share(top, "close_within"),
        link_from=_share(top, "link_from"),
        duplicate_hours=_at_least_one(top, "duplicate_hours", MOST_HOURS),
        reassigned_times=_at_least_one(top, "reassigned_times", MOST_TIMES),
        grid=tuple(_grid(top)),
        least=tuple(_least(top)),
        promises=tuple(_promises(top)),
    )


def _share(entry: Entry, field: str) -> Decimal:
    share = entry.number(field)
    if not 0 < share <= 1:
        entry.refuse(field, f'is {share}; it is a share above 0 and up to 1, such as "0.8"')
    return share


def _at_least_one(entry: Entry, field: str, most: int) -> int:
    count = entry.count(field, most)
    if count < 1:
        entry.refuse(field, f"is 0; it must be from 1 to {most}")
    return count


def _grid(top: Entry) -> Iterator[Cell]:
    rows = _whole(top, "priority", LEVELS)
    for impact in LEVELS:
        row = rows[impact]
        row.only(*LEVELS)
        for urgency in LEVELS:
            yield Cell(impact=impact, urgency=urgency, priority=_word(row, urgency, PRIORITIES))


def _promises(top: Entry) -> Iterator[Promised]:
    rows = _whole(top, "promise", PRIORITIES)
    for priority in PRIORITIES:
        row = rows[priority]
        row.only("first_reply", "resolution")
        promise = Promise(first_reply=_length(row, "first_reply"), resolution=_length(row, "resolution"))
        if promise.first_reply > promise.resolution:
            row.refuse("first_reply", "is longer than resolution; a ticket is answered before it is resolved")
        yield Promised(priority=priority, promise=promise)


def _least(top: Entry) -> Iterator[LeastPriority]:
    section = Entry(top.file, "least", _fields(top, "least"))
    for name in section.fields:
        if name not in FLAGS:
            section.refuse(name, f"is no flag; flags are {', '.join(FLAGS)}")
        yield LeastPriority(flag=name, priority=_word(section, name, PRIORITIES))


def _whole(top: Entry, field: str, names: tuple[str, ...]) -> dict[str, Entry]:
    """The tables of a section, which must be exactly these."""
    found = dict(top.named(field))
    if missing := [name for name in names if name not in found]:
        top.refuse(f"{field}.{missing[0]}", f"must be given; a table for each of {', '.join(names)}")
    Entry(top.file, field, {**found}).only(*names)
    return found


def _fields(top: Entry, field: str) -> dict[str, object]:
    section = top.fields.get(field, {})
    if not isinstance(section, dict):
        top.refuse(field, f"is a section such as [{field}]")
    return {str(name): value for name, value in section.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _word(entry: Entry, field: str, known: tuple[Word, ...]) -> Word:
    said = entry.text(field)
    for each in known:
        if each == said:
            return each
    return entry.refuse(field, f"is {said!r}; it is one of {', '.join(known)}")


def _length(entry: Entry, field: str) -> timedelta:
    """A wait as people write it. It is counted in open time, whatever its unit, so it names no business hours."""
    try:
        wait = span(entry.text(field))
    except ValueError as error:
        entry.refuse(field, str(error))
    if wait.business or wait.unit == "day":
        entry.refuse(field, 'is counted in open time anyhow; write minutes or hours, such as "8 hours"')
    return wait.length
