"""The server's events as the trail reads them: what their JSON would say, without the detour through it."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, cast

from google.protobuf.descriptor import FieldDescriptor
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
BESIDE = {"user_metadata": "userMetadata", "principal": "principal", "links": "links"}


def read_event(event: HistoryEvent) -> Event:
    """The event; one of a type that this client does not know keeps its number as its name."""
    kind = event.WhichOneof("attributes")
    known = event.event_type in EventType.values()
    every = {field.name: (field, value) for field, value in event.ListFields() if field.name in BESIDE}
    return Event.model_construct(
        id=event.event_id,
        type=EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") if known else str(event.event_type),
        at=event.event_time.ToDatetime(tzinfo=UTC),
        attributes=_object(getattr(event, kind)) if kind else {},
        beside={BESIDE[name]: _reader(field)(value) for name, (field, value) in every.items()},
    )


def _object(message: Message) -> dict[str, JsonValue]:
    return {field.json_name: _reader(field)(value) for field, value in message.ListFields()}


@functools.cache
def _reader(field: FieldDescriptor) -> Reader:
    """How the values of a field are read; there are some hundreds of fields, and each is looked at once."""
    made = field.message_type
    if made and made.GetOptions().map_entry:
        one = _one(made.fields_by_name["value"])
        return lambda values: {str(key): one(value) for key, value in cast("Mapping[Any, Any]", values).items()}
    one = _one(field)
    return (lambda values: [one(value) for value in values]) if field.is_repeated else one


def _one(field: FieldDescriptor) -> Reader:
    made = field.message_type
    if made is None:
        return _scalar(field)
    if made.full_name == Payload.DESCRIPTOR.full_name:
        return lambda value: read_payload(value.metadata.get("encoding", b"").decode(errors="replace"), value.data)
    if made.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        return lambda value: value.ToJsonString()
    return MessageToDict if made.full_name.startswith("google.protobuf.") else _object


def _scalar(field: FieldDescriptor) -> Reader:
    if field.enum_type:
        names = {number: value.name for number, value in field.enum_type.values_by_number.items()}
        return lambda value: names.get(value, value)
    if field.cpp_type in LONG:
        return str
    if field.type == FieldDescriptor.TYPE_BYTES:
        return lambda value: base64.b64encode(value).decode()
    return lambda value: value
