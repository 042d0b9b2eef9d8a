"""Which events belong together: every type of the API, what it is about, whom it continues and how it ends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from governance.trail.history import Event
from governance.trail.reading import text
from governance.trail.record import Kind, Status


@dataclass(frozen=True)
class Part:
    """A type of event; `follows` is the path to the id of the event that its record begins with."""

    kind: Kind
    follows: tuple[str, ...] = ()
    status: Status | None = None
    ended: str = ""


SCHEDULED, STARTED, INITIATED = ("scheduledEventId",), ("startedEventId",), ("initiatedEventId",)
UPDATE = ("meta", "updateId")

PARTS: Mapping[str, Part] = {
    "WORKFLOW_EXECUTION_STARTED": Part("run"),
    "WORKFLOW_EXECUTION_COMPLETED": Part("run", status="ok", ended="completed"),
    "WORKFLOW_EXECUTION_FAILED": Part("run", status="error", ended="failed"),
    "WORKFLOW_EXECUTION_TIMED_OUT": Part("run", status="error", ended="timed out"),
    "WORKFLOW_EXECUTION_CANCELED": Part("run", status="error", ended="cancelled"),
    "WORKFLOW_EXECUTION_TERMINATED": Part("run", status="error", ended="terminated"),
    "WORKFLOW_EXECUTION_CONTINUED_AS_NEW": Part("run", status="ok", ended="continued as new"),
    "WORKFLOW_TASK_SCHEDULED": Part("task"),
    "WORKFLOW_TASK_STARTED": Part("task", SCHEDULED),
    "WORKFLOW_TASK_COMPLETED": Part("task", SCHEDULED, "ok", "completed"),
    "WORKFLOW_TASK_FAILED": Part("task", SCHEDULED, "error", "failed"),
    "WORKFLOW_TASK_TIMED_OUT": Part("task", SCHEDULED, "error", "timed out"),
    "ACTIVITY_TASK_SCHEDULED": Part("activity"),
    "ACTIVITY_TASK_STARTED": Part("activity", SCHEDULED),
    "ACTIVITY_TASK_COMPLETED": Part("activity", SCHEDULED, "ok", "completed"),
    "ACTIVITY_TASK_FAILED": Part("activity", SCHEDULED, "error", "failed"),
    "ACTIVITY_TASK_TIMED_OUT": Part("activity", SCHEDULED, "unknown", "timed out"),
    "ACTIVITY_TASK_CANCEL_REQUESTED": Part("activity", SCHEDULED),
    "ACTIVITY_TASK_CANCELED": Part("activity", SCHEDULED, "error", "cancelled"),
    "ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY": Part("activity", SCHEDULED),
    "TIMER_STARTED": Part("timer"),
    "TIMER_FIRED": Part("timer", STARTED, "ok", "fired"),
    "TIMER_CANCELED": Part("timer", STARTED, "ok", "cancelled"),
    "WORKFLOW_EXECUTION_SIGNALED": Part("signal", status="ok"),
    "WORKFLOW_EXECUTION_CANCEL_REQUESTED": Part("cancel", status="ok"),
    "START_CHILD_WORKFLOW_EXECUTION_INITIATED": Part("child"),
    "START_CHILD_WORKFLOW_EXECUTION_FAILED": Part("child", INITIATED, "error", "not started"),
    "CHILD_WORKFLOW_EXECUTION_STARTED": Part("child", INITIATED),
    "CHILD_WORKFLOW_EXECUTION_COMPLETED": Part("child", INITIATED, "ok", "completed"),
    "CHILD_WORKFLOW_EXECUTION_FAILED": Part("child", INITIATED, "error", "failed"),
    "CHILD_WORKFLOW_EXECUTION_CANCELED": Part("child", INITIATED, "error", "cancelled"),
    "CHILD_WORKFLOW_EXECUTION_TIMED_OUT": Part("child", INITIATED, "error", "timed out"),
    "CHILD_WORKFLOW_EXECUTION_TERMINATED": Part("child", INITIATED, "error", "terminated"),
    "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED": Part("outward"),
    "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED": Part("outward", INITIATED, "error", "failed"),
    "EXTERNAL_WORKFLOW_EXECUTION_SIGNALED": Part("outward", INITIATED, "ok", "delivered"),
    "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED": Part("outward"),
    "REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED": Part("outward", INITIATED, "error", "failed"),
    "EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED": Part("outward", INITIATED, "ok", "delivered"),
    "WORKFLOW_EXECUTION_UPDATE_ADMITTED": Part("update", ("request", *UPDATE)),
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": Part("update", ("protocolInstanceId",)),
    "WORKFLOW_EXECUTION_UPDATE_REJECTED": Part("update", ("protocolInstanceId",), "error", "rejected"),
    "WORKFLOW_EXECUTION_UPDATE_COMPLETED": Part("update", UPDATE, "ok", "completed"),
    "NEXUS_OPERATION_SCHEDULED": Part("nexus"),
    "NEXUS_OPERATION_STARTED": Part("nexus", SCHEDULED),
    "NEXUS_OPERATION_COMPLETED": Part("nexus", SCHEDULED, "ok", "completed"),
    "NEXUS_OPERATION_FAILED": Part("nexus", SCHEDULED, "error", "failed"),
    "NEXUS_OPERATION_CANCELED": Part("nexus", SCHEDULED, "error", "cancelled"),
    "NEXUS_OPERATION_TIMED_OUT": Part("nexus", SCHEDULED, "unknown", "timed out"),
    "NEXUS_OPERATION_CANCEL_REQUESTED": Part("nexus", SCHEDULED),
    "NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED": Part("nexus", SCHEDULED),
    "NEXUS_OPERATION_CANCEL_REQUEST_FAILED": Part("nexus", SCHEDULED),
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": Part("listing", status="ok"),
    "WORKFLOW_PROPERTIES_MODIFIED": Part("memo", status="ok"),
    "WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY": Part("setting", status="ok"),
    "WORKFLOW_EXECUTION_OPTIONS_UPDATED": Part("setting", status="ok"),
    "WORKFLOW_EXECUTION_PAUSED": Part("setting", status="ok"),
    "WORKFLOW_EXECUTION_UNPAUSED": Part("setting", status="ok"),
    "WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED": Part("setting", status="ok"),
}
"""All event types of the API but markers, which say by their names what they are."""

MARKERS: Mapping[str, Kind] = {"core_local_activity": "local", "core_patch": "patch"}
OTHER = Part("other", status="ok")


def part_of(event: Event) -> Part:
    """What an event is part of; a type that is not known is a record of its own."""
    if event.type == "MARKER_RECORDED":
        kind = MARKERS.get(text(event.attributes, "markerName") or "", "marker")
        return Part(kind, status="error" if event.attributes.get("failure") else "ok")
    return PARTS.get(event.type, OTHER)


def family_of(event: Event) -> tuple[str, str]:
    """The same for all events of one record of a run."""
    part = part_of(event)
    if part.kind == "run":
        return "run", ""
    named = text(event.attributes, *part.follows) if part.follows else None
    return part.kind, named or str(event.id)
