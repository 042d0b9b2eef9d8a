"""Reading a history out of the API's JSON: from the server, or from a file that was exported long ago."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import cast

from pydantic import JsonValue

from governance.trail.history import Event, History, run_of
from governance.trail.reading import at, fields, items, number, text

PAYLOAD = frozenset({"metadata", "data", "externalPayloads"})
SUFFIX = "EventAttributes"
BESIDE = ("userMetadata", "principal", "links")
CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def history_of(
    events: Sequence[JsonValue | Event],
    *,
    namespace: str | None = None,
    workflow_id: str | None = None,
    run_id: str | None = None,
) -> History:
    """A history from its events, read already or as the API's JSON has them; what is not given is read from them.

    Raise ValueError with a sentence where an event has no id, type or time, or an id comes twice.
    """
    read = sorted(
        (event if isinstance(event, Event) else event_of(event) for event in events), key=lambda each: each.id
    )
    for one, other in pairwise(read):
        if one.id == other.id:
            raise ValueError(f"event {one.id} comes twice")
    first = read[0].attributes if read else {}
    return History(
        namespace=namespace or text(first, "parentWorkflowNamespace") or _namespace(read) or "default",
        workflow_id=workflow_id or text(first, "workflowId") or "unknown",
        run_id=run_id or run_of(read) or "unknown",
        events=tuple(read),
    )


def event_of(value: JsonValue) -> Event:
    """One event; raise ValueError saying what it lacks."""
    number_, kind, moment = number(value, "eventId"), text(value, "eventType"), text(value, "eventTime")
    if number_ is None or kind is None or moment is None:
        lacks = "eventId" if number_ is None else "eventType" if kind is None else "eventTime"
        raise ValueError(f"event {number_ if number_ is not None else '?'} has no {lacks}")
    every = fields(value)
    named = next((name for name in every if name.endswith(SUFFIX)), "")
    return Event.model_construct(
        id=number_,
        type=_type(kind),
        at=_time(moment, number_),
        attributes=_opened(fields(every, named)),
        beside={name: _opened(every[name]) for name in BESIDE if name in every},
    )


def _type(name: str) -> str:
    """EVENT_TYPE_TIMER_FIRED, and TimerFired as older exports write it."""
    if name.isupper():
        return name.removeprefix("EVENT_TYPE_")
    return CAPITAL.sub("_", name).upper()


def _time(written: str, event: int) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"event {event} has the time {written[:40]!r}, which is none") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _opened(value: JsonValue) -> JsonValue:
    """The same with every payload read."""
    if isinstance(value, dict):
        if "metadata" in value and value.keys() <= PAYLOAD:
            return _payload(value)
        return {name: _opened(part) for name, part in value.items()}
    return [_opened(part) for part in value] if isinstance(value, list) else value


def _payload(value: Mapping[str, JsonValue]) -> JsonValue:
    encoding = (_bytes(at(value, "metadata", "encoding")) or b"").decode(errors="replace")
    return read_payload(encoding, _bytes(value.get("data")) or b"")


def read_payload(encoding: str, content: bytes) -> JsonValue:
    """A payload as records are drawn from: its encoding, its size in bytes and, where it is JSON, its value."""
    read: dict[str, JsonValue] = {"encoding": encoding, "size": len(content)}
    if encoding.startswith("json/") and content:
        try:
            read["value"] = cast("JsonValue", json.loads(content, parse_constant=str))
        except (ValueError, RecursionError):
            read["encoding"] = f"{encoding} (not readable)"
    return read


def _bytes(value: JsonValue) -> bytes | None:
    try:
        return base64.b64decode(value) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        return None


def _namespace(events: list[Event]) -> str | None:
    """As the start of a child names it, or a work order."""
    for event in events:
        if event.type == "START_CHILD_WORKFLOW_EXECUTION_INITIATED":
            return text(event.attributes, "namespace")
        for given in items(event.attributes, "input", "payloads"):
            if found := text(given, "value", "case", "namespace"):
                return found
    return None
