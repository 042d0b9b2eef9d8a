"""What the ledger holds of a trail: records that will not change any more, histories, what agents were told.

Ids stay readable after an erasure; bodies are canonical JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.canonical import WRITER
from governance.ledger import Entry
from governance.ledger.chain import BODY_LIMIT
from governance.trail import conventions as c
from governance.trail.record import Record

PROJECTION = 1
"""Raised when the same history gives other records than before; those of another projection are compared by `CORE`."""
CORE = ("id", "trace", "case", "run", "kind", "name", "at", "until", "status", "events")
HISTORY, AGENT = "history", "agent.declaration"
"""Kinds of entries that are no records."""


SETTLED = ".settled"
"""Ends the id of an entry that says how a record ended whose outcome was unknown when it was first entered."""


@dataclass(frozen=True)
class CaseEntries:
    """What the ledger should hold of a case by now."""

    case: str
    entries: tuple[Entry, ...]
    closed: bool
    """Whether nothing more will come, so that it can be sealed."""
    settling: bool = False
    """Whether every run is closed, and only the ends of attempts are waited for."""


def entry_of(record: Record) -> Entry:
    """A record as the ledger keeps it: the same whether or not a reset has copied its events meanwhile."""
    return Entry(record_id=record.id, kind=record.kind, body=body_of(record))


def body_of(record: Record) -> bytes:
    """The record's canonical JSON, and by which projection it was made."""
    said = record.model_dump(mode="json")
    said["attributes"] = {name: value for name, value in said["attributes"].items() if name != c.COPIED}
    return WRITER.encode({"projection": PROJECTION, **said}).encode()


def settled(record: Record) -> Entry:
    """The record once more, with the outcome that was unknown before."""
    first = entry_of(record)
    return first.model_copy(update={"record_id": f"{first.record_id}{SETTLED}"})


def record_in(body: bytes) -> Record | None:
    """The record that a body says; None where it is no record."""
    try:
        said: dict[str, Any] = json.loads(body)
        return Record.model_validate({name: said[name] for name in Record.model_fields})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def final(record: Record, *, closed: bool) -> bool:
    """Whether it stays as it is: it has ended, and no worker can still tell how."""
    waits = record.kind == "attempt" and record.status == "unknown" and not closed
    return record.until is not None and not waits


def kept(record: Record, *, closed: bool) -> bool:
    """Whether it is an entry of its own: what is routine and has events is in the history that is kept whole."""
    return final(record, closed=closed) and (record.kind == "attempt" or not record.routine)


def history_entry(run: str, exported: bytes) -> Entry:
    """A closed run's history as the server has it, the API's JSON; of one too large for an entry, only its digest."""
    if len(exported) > BODY_LIMIT:
        told = {"run_id": run, "events": None, "sha256": hashlib.sha256(exported).hexdigest(), "size": len(exported)}
        exported = WRITER.encode(told).encode()
    return Entry(record_id=f"{HISTORY}.{run}", kind=HISTORY, body=exported)


def agent_entry(name: str, version: str, told: Mapping[str, Any]) -> Entry:
    """What an agent of this version was told: instructions, rules and schema."""
    body = WRITER.encode({"name": name, "version": version, **told}).encode()
    return Entry(record_id=f"agent.{name}@{version}", kind=AGENT, body=body)
