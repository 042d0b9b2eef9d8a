"""Where two values or two histories begin to differ: the place, for somebody who will look there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from pydantic import JsonValue

from governance.trail.reading import items, number, text

Pair = tuple[str, object, object]
JsonFields = Mapping[str, object]
ABSENT = object()
OLDER = (
    "nor any after it: the server's database is older than the ledger, as where a backup of it alone was restored, or "
    "the end was cut off"
)


def difference(one: object, other: object) -> str | None:
    """The path to the first place where two JSON values differ, such as `attributes.amount`; None where they do not."""
    return next(differences(one, other), None)


def differences(one: object, other: object) -> Iterator[str]:
    """The paths to all such places, in order; without recursion, as both may come from anybody."""
    waiting: list[Pair] = [("", one, other)]
    while waiting:
        path, left, right = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            waiting += _fields(path, cast("JsonFields", left), cast("JsonFields", right))
        elif isinstance(left, list) and isinstance(right, list):
            waiting += _items(path, cast("list[object]", left), cast("list[object]", right))
        elif left != right or isinstance(left, bool) != isinstance(right, bool):
            yield path.removeprefix(".") or "everything"


def _fields(path: str, one: JsonFields, other: JsonFields) -> Iterator[Pair]:
    """Last to first, as they are taken from the end."""
    for name in sorted(one.keys() | other.keys(), reverse=True):
        yield f"{path}.{name}", one.get(name, ABSENT), other.get(name, ABSENT)


def _items(path: str, one: list[object], other: list[object]) -> Iterator[Pair]:
    for place in reversed(range(max(len(one), len(other)))):
        left, right = (each[place] if place < len(each) else ABSENT for each in (one, other))
        yield f"{path}.{place}", left, right


def histories_differ(server: dict[str, JsonValue], archive: dict[str, JsonValue]) -> str | None:
    """What the first difference between two exported histories is, as half a sentence; None where there is none."""
    ours, theirs = _events(server), _events(archive)
    for event in sorted(ours.keys() | theirs.keys()):
        if event not in ours or event not in theirs:
            has, lacks = ("the archive", "the server") if event in theirs else ("the server", "the archive")
            said = f"{has} has event {event} ({_type(ours.get(event) or theirs.get(event))}) and {lacks} does not"
            return f"{said}, {OLDER}" if event > max(ours, default=0) and event in theirs else said
        if place := difference(ours[event], theirs[event]):
            return f"event {event} ({_type(theirs[event])}) differs in {place}"
    counted = ({**each, "events": len(items(each, "events"))} for each in (server, archive))
    place = difference(*counted)
    return place and f"they differ in {place}"


def _events(said: dict[str, JsonValue]) -> dict[int, JsonValue]:
    return {number(event, "eventId") or 0: event for event in items(said, "events")}


def _type(event: JsonValue) -> str:
    return (text(event, "eventType") or "?").removeprefix("EVENT_TYPE_")
