"""Histories with their payloads opened: the trail, the ledger and the evidence are drawn from what was said.

So no rotation of keys changes what a history says, and whoever reads an archived one needs no key.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.common import RawValue
from temporalio.converter import DataConverter

from integrations.payloads.errors import Unopened
from integrations.payloads.storage import opens_anything

PAYLOAD, FAILURE = Payload.DESCRIPTOR.full_name, Failure.DESCRIPTOR.full_name


async def open_payloads(events: Sequence[HistoryEvent], converter: DataConverter) -> None:
    """Put in the place of every payload what it says; raise `Unopened` where the key or the content of one is missing.

    What is encrypted and is not ours stays as it is. A failure gets its message and its stack back.
    """
    if not opens_anything(converter):
        return
    payloads = [found for event in events for found in _within(event, PAYLOAD)]
    opened = await converter.decode(payloads, [RawValue] * len(payloads)) if payloads else []
    for payload, raw in zip(payloads, opened, strict=True):
        payload.CopyFrom(raw.payload)
    for failure in (found for event in events for found in _within(event, FAILURE)):
        _tell(failure, converter)


def _tell(failure: Failure, converter: DataConverter) -> None:
    """Put message and stack where they were before they were encoded."""
    if not failure.HasField("encoded_attributes"):
        return
    try:
        [said] = converter.payload_converter.from_payloads([failure.encoded_attributes])
        message, stack = str(said["message"]), str(said.get("stack_trace", ""))
    except (KeyError, TypeError, AttributeError, ValueError, RuntimeError, Unopened):
        return  # whoever wrote it, it was not the SDK
    failure.message, failure.stack_trace = message, stack
    failure.ClearField("encoded_attributes")


def _within(message: Message, wanted: str) -> Iterator[Any]:
    """Every message of a type inside this one, itself included."""
    if message.DESCRIPTOR.full_name == wanted:
        yield message
    for name, many, by_key in _ways(message.DESCRIPTOR, wanted):
        if many or message.HasField(name):
            value: Any = getattr(message, name)
            inside: Iterable[Message] = value.values() if by_key else value if many else (value,)
            for each in inside:
                yield from _within(each, wanted)


@functools.cache
def _ways(kind: Descriptor, wanted: str) -> tuple[tuple[str, bool, bool], ...]:
    """The fields of a type that lead to another type, whether they are repeated, and whether they are maps."""
    return tuple(
        (field.name, bool(field.is_repeated), made.GetOptions().map_entry)
        for field in kind.fields
        if (made := field.message_type) and _leads(made, wanted)
    )


@functools.cache
def _leads(kind: Descriptor, wanted: str) -> bool:
    seen, left = set[str](), [kind]
    while left:
        each = left.pop()
        if each.full_name == wanted:
            return True
        if each.full_name not in seen:
            seen.add(each.full_name)
            left += [made for field in each.fields if (made := _type_of(field))]
    return False


def _type_of(field: FieldDescriptor) -> Descriptor | None:
    return field.message_type
