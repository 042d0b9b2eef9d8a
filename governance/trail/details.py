"""What the events of one record say, by the kind of the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from governance.trail import conventions as c
from governance.trail.families import part_of
from governance.trail.group import Group, local
from governance.trail.history import Event
from governance.trail.reading import at, fields, items, number, payload, text, whole
from governance.trail.record import Kind, Value
from governance.trail.shapes import said
from governance.trail.values import Attributes, kept, written

FAILURE_LIMIT = 500


def details(group: Group) -> Attributes:
    """The attributes of a record."""
    told = DETAILS.get(group.kind, _nothing)(group)
    failed = failure(at(group.last.attributes, "failure"))
    ended = kept({c.ENDED: _ended(group), c.SUMMARY: written(at(group.first.beside, *SUMMARY))})
    return ended | failed | told


def failure(value: JsonValue) -> Attributes:
    """The type and message of a failure, or of what caused it where it only wraps that."""
    if not isinstance(value, dict):
        return {}
    info = next((whole(name) for name in value if name.endswith("FailureInfo")), None)
    cause = at(value, "cause")
    if isinstance(cause, dict) and info in ("activityFailureInfo", "childWorkflowExecutionFailureInfo"):
        return failure(cause)
    kind = text(value, "applicationFailureInfo", "type") or text(value, "timeoutFailureInfo", "timeoutType")
    message = (text(value, "message") or "")[:FAILURE_LIMIT]
    return kept({c.ERROR_TYPE: kind or (info or "").removesuffix("FailureInfo") or None, c.ERROR_MESSAGE: message})


def caller(event: Event) -> Attributes:
    """Who caused an event: what they claim to be, and whom the server authenticated."""
    claimed = text(event.attributes, "identity") or text(event.attributes, "meta", "identity")
    return kept({c.IDENTITY: claimed, c.PRINCIPAL: text(event.beside, "principal", "name")})


def _ended(group: Group) -> str | None:
    """The word for the end, from the last event that is one."""
    ended = [part_of(event).ended for event in group.events]
    return next((word for word in reversed(ended) if word), None)


def _run(group: Group) -> Attributes:
    first, last = group.first.attributes, group.last.attributes
    shown = {
        c.PROCESS: text(first, "workflowType", "name"),
        c.FIRST_RUN: text(first, "firstExecutionRunId"),
        c.CONTINUES: text(first, "continuedExecutionRunId"),
        c.PARENT_CASE: text(first, "parentWorkflowExecution", "workflowId"),
        c.NEXT_RUN: text(last, "newExecutionRunId"),
    }
    if group.last.type == "WORKFLOW_EXECUTION_TERMINATED":
        shown |= {c.ENDED_BY: text(last, "identity"), c.REASON: text(last, "reason")}
    values = said(payload(first, "input")) | said(payload(last, "result"))
    return values | kept(shown) | caller(group.first)


def _activity(group: Group) -> Attributes:
    every, started = group.all, group.of("ACTIVITY_TASK_STARTED")
    ran = started.attributes if started else {}
    shown = {
        c.ACTIVITY_ID: text(every, "activityId"),
        c.ATTEMPTS: number(ran, "attempt"),
        c.WORKER: text(ran, "identity"),
        c.LAST_FAILURE: (text(ran, "lastFailure", "message") or "")[:FAILURE_LIMIT] or None,
        c.RETRY_STATE: (text(every, "retryState") or "").removeprefix("RETRY_STATE_").lower().replace("_", " ") or None,
    }
    return said(payload(every, "input")) | said(payload(every, "result")) | kept(shown)


def _local(group: Group) -> Attributes:
    kept_by_sdk = local(group)
    seconds = text(kept_by_sdk, "backoff", "seconds")
    shown = {
        c.ACTIVITY_ID: text(kept_by_sdk, "activity_id"),
        c.ATTEMPTS: number(kept_by_sdk, "attempt"),
        c.RETRIES_IN: f"{seconds}s" if seconds else None,
        c.ENDED: "failed" if at(group.all, "failure") else "completed",
    }
    return said(payload(group.all, "details", "result")) | kept(shown)


def _signal(group: Group) -> Attributes:
    payloads = items(group.all, "input", "payloads")
    sent = [written(_masked(at(each, "value"))) or _unread(each) for each in payloads]
    carried = ", ".join(sent) if any(number(each, "size") for each in payloads) else None
    return kept({c.SIGNAL_TEXT: carried}) | caller(group.first)


def _masked(value: JsonValue) -> JsonValue:
    """Without a token: it proves who somebody is, and nobody else needs it."""
    return value | {"token": "(not shown)"} if isinstance(value, dict) and value.get("token") else value


def _unread(given: JsonValue) -> str:
    return f"{text(given, 'size')} bytes, {text(given, 'encoding')}"


def _child(group: Group) -> Attributes:
    every, started = group.all, group.of("CHILD_WORKFLOW_EXECUTION_STARTED")
    shown = {
        c.TARGET: text(every, "workflowId") or text(every, "workflowExecution", "workflowId"),
        c.PROCESS: text(every, "workflowType", "name"),
        c.CHILD_RUN: text(started.attributes, "workflowExecution", "runId") if started else None,
    }
    return said(payload(every, "input")) | said(payload(every, "result")) | kept(shown)


def _timer(group: Group) -> Attributes:
    return kept({c.DURATION: text(group.all, "startToFireTimeout")})


def _cancel(group: Group) -> Attributes:
    return caller(group.first) | kept({c.REASON: text(group.all, "cause")})


def _outward(group: Group) -> Attributes:
    return kept({c.TARGET: text(group.all, "workflowExecution", "workflowId"), c.REASON: text(group.all, "cause")})


def _update(group: Group) -> Attributes:
    meta = at(group.all, "acceptedRequest", "meta") or at(group.all, "request", "meta")
    return kept({c.IDENTITY: text(meta, "identity")})


def _nexus(group: Group) -> Attributes:
    path = [text(group.all, part) or "?" for part in ("endpoint", "service", "operation")]
    return kept({c.TARGET: "/".join(path)})


def _listing(group: Group) -> Attributes:
    indexed = fields(group.all, "searchAttributes", "indexedFields")
    return kept(
        {c.LISTED: tuple(whole(f"{name}={written(at(value, 'value'))}") for name, value in sorted(indexed.items()))}
    )


def _task(group: Group) -> Attributes:
    cause = (text(group.all, "cause") or "").removeprefix("WORKFLOW_TASK_FAILED_CAUSE_").lower().replace("_", " ")
    shown: dict[str, Value | None] = {c.WORKER: text(group.all, "identity"), c.REASON: cause or None}
    return kept(shown | {c.ATTEMPTS: number(group.first.attributes, "attempt")})


def _nothing(group: Group) -> Attributes:
    return caller(group.first) | kept({c.REASON: text(group.all, "reason")})


SUMMARY = ("userMetadata", "summary", "value")
DETAILS: Mapping[Kind, Callable[[Group], Attributes]] = {
    "run": _run,
    "task": _task,
    "activity": _activity,
    "local": _local,
    "timer": _timer,
    "signal": _signal,
    "child": _child,
    "outward": _outward,
    "cancel": _cancel,
    "update": _update,
    "nexus": _nexus,
    "listing": _listing,
}
