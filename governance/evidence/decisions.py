"""Judgements, requests and answers as a history holds them, each with its event, so that anybody can look there."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue, ValidationError

from domain.documents import DocumentRef
from governance.canonical import WRITER
from governance.trail.reading import items, number, text

PAYLOAD = frozenset({"metadata", "data", "externalPayloads"})
KINDS: Mapping[str, frozenset[str]] = {
    "request": frozenset({"question", "digest", "subject", "verdict"}),
    "decision": frozenset({"state", "digest", "votes", "heard"}),
    "answer": frozenset({"event_id", "identity", "assurance", "mandates"}),
    "amendment": frozenset({"weighed", "amended", "why_not"}),
    "work order": frozenset({"action", "key", "verdict"}),
    "judgement": frozenset({"then", "row", "policy", "file_digest"}),
}
"""What a payload with these names is; what was not counted stands in a decision's `heard`, and why in an answer."""


def decisions(histories: Sequence[Mapping[str, JsonValue]]) -> list[dict[str, JsonValue]]:
    """All of them, run by run in the order of their events, each said once; `histories` are the API's JSON."""
    found: list[dict[str, JsonValue]] = []
    known: set[str] = set()
    for history in histories:
        for event, value in _told(history):
            kind = _kind(value)
            written = WRITER.encode(value)
            if kind and written not in known:
                known.add(written)
                place = {"case": text(history, "workflow_id"), "run": text(history, "run_id"), "event": event}
                found.append({"is": kind, **place, "says": value})
    return found


def documents(histories: Sequence[Mapping[str, JsonValue]]) -> dict[str, DocumentRef]:
    """By its digest every document that a history refers to: what the case is about, readings, briefs, questions."""
    found: dict[str, DocumentRef] = {}
    for history in histories:
        for _, value in _told(history):
            for ref in _refs(value):
                found.setdefault(ref.digest, ref)
    return found


def _kind(value: JsonValue) -> str | None:
    if not isinstance(value, dict):
        return None
    return next((kind for kind, names in KINDS.items() if names <= value.keys()), None)


def _told(history: Mapping[str, JsonValue]) -> Iterator[tuple[int | None, JsonValue]]:
    for event in items(history, "events"):
        for value in _payloads(event):
            yield number(event, "eventId"), value


def _payloads(value: JsonValue) -> Iterator[JsonValue]:
    """What every payload within says that is JSON."""
    if isinstance(value, list):
        for part in value:
            yield from _payloads(part)
    elif isinstance(value, dict) and not PAYLOAD >= value.keys() >= {"metadata"}:
        yield from _payloads([*value.values()])
    elif isinstance(value, dict):
        try:
            yield json.loads(base64.b64decode(text(value, "data") or ""))
        except (ValueError, binascii.Error, RecursionError):
            return


def _refs(value: JsonValue) -> Iterator[DocumentRef]:
    if isinstance(value, list):
        for part in value:
            yield from _refs(part)
    elif isinstance(value, dict):
        yield from _refs([*value.values()])
        if DocumentRef.model_fields.keys() <= value.keys():
            try:
                yield DocumentRef.model_validate(value)
            except ValidationError:
                return
