"""The events of one record, before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from governance.trail.history import Event
from governance.trail.reading import payload, text
from governance.trail.record import Kind

NAMES: Mapping[Kind, tuple[tuple[str, ...], str]] = {
    "run": (("workflowType", "name"), "workflow"),
    "task": ((), "workflow task"),
    "activity": (("activityType", "name"), "activity"),
    "timer": ((), "timer"),
    "signal": (("signalName",), "signal"),
    "child": (("workflowType", "name"), "child workflow"),
    "outward": (("signalName",), "cancel another workflow"),
    "cancel": ((), "cancel requested"),
    "listing": ((), "search attributes"),
    "memo": ((), "memo"),
    "marker": (("markerName",), "marker"),
    "nexus": (("operation",), "operation"),
}
"""Where the name of a record stands, and what it is called without one."""


@dataclass(frozen=True)
class Group:
    """The events of one record, in order."""

    kind: Kind
    run: str
    events: tuple[Event, ...]

    @cached_property
    def all(self) -> Mapping[str, JsonValue]:
        """What all events say; where two say the same, the later one."""
        if len(self.events) == 1:
            return self.first.attributes
        return {name: value for event in self.events for name, value in event.attributes.items()}

    @property
    def first(self) -> Event:
        """The event that it begins with."""
        return self.events[0]

    @property
    def last(self) -> Event:
        """The newest event."""
        return self.events[-1]

    def of(self, kind: str) -> Event | None:
        """The last of its events of one type."""
        return next((event for event in reversed(self.events) if event.type == kind), None)


def name_of(group: Group) -> str:
    """What the record is called: the type of an activity or workflow, the name of a signal, else what it is."""
    if group.kind == "local":
        return text(local(group), "activity_type") or "local activity"
    if group.kind == "patch":
        return text(payload(group.all, "details", "patch-data"), "id") or "patch"
    if group.kind == "update":
        asked = ("acceptedRequest", "request")
        return next((name for each in asked if (name := text(group.all, each, "input", "name"))), "update")
    path, fallback = NAMES.get(group.kind, ((), group.first.type.lower().replace("_", " ")))
    return (text(group.all, *path) if path else None) or fallback


def activity_id(group: Group) -> str | None:
    """The id that the worker knows an activity by; None for what is none."""
    if group.kind == "activity":
        return text(group.all, "activityId")
    return text(local(group), "activity_id") if group.kind == "local" else None


def local(group: Group) -> JsonValue:
    """What the SDK keeps about a local activity."""
    return payload(group.all, "details", "data")
