"""Records as OpenTelemetry spans: plain values that an exporter only has to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import JsonValue

from domain.values import Frozen
from governance.trail import conventions as c
from governance.trail.identity import record_id
from governance.trail.record import Record, Value

SpanKind = Literal["INTERNAL", "CLIENT"]
SpanStatus = Literal["UNSET", "OK", "ERROR"]
KINDS: Mapping[SpanKind, int] = {"INTERNAL": 1, "CLIENT": 3}
STATUSES: Mapping[SpanStatus, int] = {"UNSET": 0, "OK": 1, "ERROR": 2}
"""As OTLP numbers them."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INTEGERS = range(-(2**63), 2**63)
"""What OTLP has as a number; a greater one, which only a damaged answer has, goes as text."""


class SpanEvent(Frozen):
    """Something that happened within a span."""

    name: str
    time_ns: int
    attributes: dict[str, Value]


class Link(Frozen):
    """Another span that this one has to do with."""

    trace_id: str
    span_id: str
    attributes: dict[str, Value]


class Span(Frozen):
    """A finished record; ids are hex, times nanoseconds since 1970, as precise as a microsecond."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    kind: SpanKind
    start_ns: int
    end_ns: int
    status: SpanStatus
    message: str
    attributes: dict[str, Value]
    events: tuple[SpanEvent, ...] = ()
    links: tuple[Link, ...] = ()


def spans_of(records: Iterable[Record], *, content: bool = False, routine: bool = False) -> tuple[Span, ...]:
    """The spans of all records that have ended; what people and models wrote stands in them only with `content`."""
    return tuple(
        _span(record, content=content)
        for record in records
        if record.until is not None and (routine or not record.routine)
    )


def _span(record: Record, *, content: bool) -> Span:
    told = {name: value for name, value in record.attributes.items() if content or name not in c.CONTENT}
    failed = record.status == "error"
    return Span(
        trace_id=record.trace,
        span_id=record.id,
        parent_span_id=record.parent,
        name=_name(record),
        kind="CLIENT" if _operation(record) == "chat" else "INTERNAL",
        start_ns=_nanoseconds(record.at),
        end_ns=_nanoseconds(record.until or record.at),
        status="ERROR" if failed else "OK" if record.status == "ok" else "UNSET",
        message=str(record.attributes.get(c.ERROR_MESSAGE, "")) if failed else "",
        attributes=told | _named(record) | _place(record),
        events=tuple(_failure(record)),
        links=tuple(_links(record)),
    )


def _operation(record: Record) -> str | None:
    """The GenAI operation that a record is; None for what has no name there."""
    if record.kind == "agent" or (c.ANSWER_EVENT in record.attributes and c.PROVIDER in record.attributes):
        return "invoke_agent"
    if record.kind == "activity" and c.TURNS in record.attributes:
        return "chat"
    return "execute_tool" if c.ORDER_KEY in record.attributes or c.TOOL_CALL in record.attributes else None


def _name(record: Record) -> str:
    """`chat gpt-5`, `invoke_agent invoice_examiner`, `execute_tool post_bill`; else the record's own name."""
    operation = _operation(record)
    if operation == "chat":
        return f"chat {record.attributes.get(c.MODEL, '')}".rstrip()
    if operation == "invoke_agent":
        return f"invoke_agent {record.attributes.get(c.AGENT_NAME, record.name)}"
    if operation:
        return f"{operation} {record.attributes.get(c.TOOL_NAME, record.name)}"
    return f"{record.kind} {record.name}" if record.kind in ("signal", "update", "attempt") else record.name


def _named(record: Record) -> dict[str, Value]:
    operation = _operation(record)
    kinds = {"chat": "LLM", "invoke_agent": "AGENT", "execute_tool": "TOOL"}
    judged = "GUARDRAIL" if record.kind == "local" and c.THEN in record.attributes else "CHAIN"
    named: dict[str, Value] = {c.OPENINFERENCE: kinds.get(operation or "", judged)}
    named |= {c.OPERATION: operation} if operation else {}
    return named | (
        {c.TOOL_NAME: record.attributes.get(c.TOOL_NAME, record.name)} if operation == "execute_tool" else {}
    )


def _place(record: Record) -> dict[str, Value]:
    events = {c.EVENTS: tuple(str(event) for event in record.events)} if record.events else {}
    return {c.KIND: record.kind, c.CASE: record.case, c.RUN: record.run, **events}


def _failure(record: Record) -> Iterator[SpanEvent]:
    if c.ERROR_TYPE in record.attributes:
        told = {"exception.type": record.attributes[c.ERROR_TYPE]}
        if c.ERROR_MESSAGE in record.attributes:
            told[c.ERROR_MESSAGE] = record.attributes[c.ERROR_MESSAGE]
        yield SpanEvent(name="exception", time_ns=_nanoseconds(record.until or record.at), attributes=told)


def _links(record: Record) -> Iterator[Link]:
    """From what was made of an answer to its signal, and from a run to the one before it."""
    answered, before = record.attributes.get(c.ANSWER_EVENT), record.attributes.get(c.CONTINUES)
    if answered is not None and record.kind in ("local", "activity"):
        yield _link(record, record_id(record.run, "event", str(answered)), "answers")
    if isinstance(before, str) and record.kind == "run":
        yield _link(record, record_id(before, "run"), "continues")


def _link(record: Record, span: str, why: str) -> Link:
    return Link(trace_id=record.trace, span_id=span, attributes={"signalbox.link": why})


def _nanoseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def otlp(span: Span) -> dict[str, JsonValue]:
    """The span as OTLP's JSON has it: ids in hex, 64-bit numbers as text."""
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        **({"parentSpanId": span.parent_span_id} if span.parent_span_id else {}),
        "name": span.name,
        "kind": KINDS[span.kind],
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _otlp(span.attributes),
        "events": [
            {"timeUnixNano": str(each.time_ns), "name": each.name, "attributes": _otlp(each.attributes)}
            for each in span.events
        ],
        "links": [
            {"traceId": each.trace_id, "spanId": each.span_id, "attributes": _otlp(each.attributes)}
            for each in span.links
        ],
        "status": {"code": STATUSES[span.status], "message": span.message},
    }


def _otlp(attributes: Mapping[str, Value]) -> list[JsonValue]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: Value) -> JsonValue:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue" if value in INTEGERS else "stringValue": str(value)}
    if isinstance(value, tuple):
        return {"arrayValue": {"values": [{"stringValue": each} for each in value]}}
    return {"stringValue": value}
