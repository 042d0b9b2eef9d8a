"""The server's events as the trail reads them: what their JSON would say, without the detour through it."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from pydantic import JsonValue
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from governance.trail.exported import read_payload
from governance.trail.history import Event

Reader = Callable[[Any], JsonValue]
LONG = frozenset({FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64})
FRACTIONS = frozenset({FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE})
"""JSON has a way of its own to spell these."""
TYPES = {number: name.removeprefix("EVENT_TYPE_") for name, number in EventType.items()}


def read_event(event: HistoryEvent) -> Event:
    """The event; one of a type that this client does not know keeps its number as its name."""
    kind = event.WhichOneof("attributes")
    beside: dict[str, JsonValue] = {}
    if event.HasField("user_metadata"):
        beside["userMetadata"] = _object(event.user_metadata, _opened)
    if event.HasField("principal"):
        beside["principal"] = _object(event.principal, _opened)
    if event.links:
        beside["links"] = [_object(link, _opened) for link in event.links]
    return Event.model_construct(
        id=event.event_id,
        type=TYPES.get(event.event_type) or str(event.event_type),
        at=event.event_time.ToDatetime(tzinfo=UTC),
        attributes=_object(getattr(event, kind), _opened) if kind else {},
        beside=beside,
    )


def exported_event(event: HistoryEvent) -> dict[str, JsonValue]:
    """The event as the API's JSON has it, payloads and all: what `MessageToDict` makes of it, in half the time."""
    return _object(event, None)


def _opened(payload: Payload) -> JsonValue:
    return read_payload(payload.metadata.get("encoding", b"").decode(errors="replace"), payload.data)


def _object(message: Message, payload: Reader | None) -> dict[str, JsonValue]:
    """Payloads are read by their reader; without one they are messages like all others."""
    readers = _readers(message.DESCRIPTOR, payload)
    made: dict[str, JsonValue] = {}
    for field, value in message.ListFields():
        name, read = readers[field.number]
        made[name] = read(value)
    return made


@functools.cache
def _readers(kind: Descriptor, payload: Reader | None) -> dict[int, tuple[str, Reader]]:
    """How the fields of a type are called in JSON, and read; made once for each type."""
    return {field.number: (field.json_name, _reader(field, payload)) for field in kind.fields}


def _reader(field: FieldDescriptor, payload: Reader | None) -> Reader:
    made = field.message_type
    if made and made.GetOptions().map_entry:
        one = _one(made.fields_by_name["value"], payload)
        return lambda values: {str(key): one(value) for key, value in cast("Mapping[Any, Any]", values).items()}
    one = _one(field, payload)
    return (lambda values: [one(value) for value in values]) if field.is_repeated else one


def _one(field: FieldDescriptor, payload: Reader | None) -> Reader:
    made = field.message_type
    if made is None:
        return _scalar(field)
    if payload and made.full_name == Payload.DESCRIPTOR.full_name:
        return payload
    if made.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        return lambda value: value.ToJsonString()
    if made.full_name.startswith("google.protobuf.") or any(each.cpp_type in FRACTIONS for each in made.fields):
        return MessageToDict
    return lambda value: _object(value, payload)


def _scalar(field: FieldDescriptor) -> Reader:
    if field.enum_type:
        names = {number: value.name for number, value in field.enum_type.values_by_number.items()}
        return lambda value: names.get(value, value)
    if field.cpp_type in LONG:
        return str
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: base64.b64encode(value).decode()
    return lambda value: value
