"""What the ledger holds of a trail: records that will not change any more, histories, what agents were told.

Ids stay readable after an erasure; bodies are canonical JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from governance.canonical import WRITER
from governance.ledger import Entry
from governance.trail import conventions as c
from governance.trail.record import Record

PROJECTION = 1
"""Raised when the same history gives other records than before; those of another projection are compared by `CORE`."""
CORE = ("id", "trace", "case", "run", "kind", "name", "at", "until", "status", "events")
HISTORY, AGENT = "history", "agent.declaration"
"""Kinds of entries that are no records."""


def entry_of(record: Record) -> Entry:
    """A record as the ledger keeps it: the same whether or not a reset has copied its events meanwhile."""
    return Entry(record_id=record.id, kind=record.kind, body=body_of(record))


def body_of(record: Record) -> bytes:
    """The record's canonical JSON, and by which projection it was made."""
    said = record.model_dump(mode="json")
    said["attributes"] = {name: value for name, value in said["attributes"].items() if name != c.COPIED}
    return WRITER.encode({"projection": PROJECTION, **said}).encode()


def record_in(body: bytes) -> Record | None:
    """The record that a body says; None where it is no record."""
    try:
        said: dict[str, Any] = json.loads(body)
        return Record.model_validate({name: said[name] for name in Record.model_fields})
    except (ValueError, KeyError, TypeError, ValidationError):
        return None


def final(record: Record, *, closed: bool) -> bool:
    """Whether it stays as it is: it has ended, and no worker can still tell how."""
    waits = record.kind == "attempt" and record.status == "unknown" and not closed
    return record.until is not None and not waits


def finals(records: Iterable[Record], *, closed: bool) -> tuple[Record, ...]:
    """The records that will not change any more."""
    return tuple(record for record in records if final(record, closed=closed))


def history_entry(run: str, exported: bytes) -> Entry:
    """A closed run's history as the server has it: the API's JSON, of which `history_in` makes a history again."""
    return Entry(record_id=f"{HISTORY}.{run}", kind=HISTORY, body=exported)


def agent_entry(name: str, version: str, told: Mapping[str, Any]) -> Entry:
    """What an agent of this version was told: instructions, rules and schema."""
    body = WRITER.encode({"name": name, "version": version, **told}).encode()
    return Entry(record_id=f"agent.{name}@{version}", kind=AGENT, body=body)
