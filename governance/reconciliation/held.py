"""What the ledger holds of one case, read without trusting it: records, histories, who erased what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from pydantic import JsonValue

from governance.ledger.chain import RESERVED
from governance.trail.entries import HISTORY, record_in
from governance.trail.exported import history_of
from governance.trail.history import History
from governance.trail.reading import at, fields, items, text
from governance.trail.record import Record

SEAL, ERASURE = "ledger.seal", "ledger.erasure"


class Held(NamedTuple):
    """One entry: its place, kind and id, and its body where that was not erased."""

    n: int
    kind: str
    record: str
    body: bytes | None

    @property
    def said(self) -> dict[str, JsonValue]:
        """Its body as JSON; empty where that is none."""
        return read(self.body or b"")

    @property
    def told(self) -> Record | None:
        """The record that its body says; None where it is none, or was erased."""
        try:
            return record_in(self.body) if self.body else None
        except RecursionError:
            return None


class Erasure(NamedTuple):
    """That bodies were erased, as the ledger has it on record."""

    n: int
    by: str
    at: str
    reason: str


@dataclass(frozen=True)
class Chain:
    """The entries of a case, first to last."""

    entries: tuple[Held, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Held]:
        """Each entry by the id of its record; of two with one id the first."""
        return {held.record: held for held in reversed(self.entries)}

    @property
    def own(self) -> tuple[Held, ...]:
        """What others entered, without the ledger's own notes."""
        return tuple(held for held in self.entries if not held.kind.startswith(RESERVED))

    @property
    def sealed(self) -> bool:
        """Whether it takes nothing but erasures."""
        kinds = [held.kind for held in self.entries if held.kind != ERASURE]
        return kinds[-1:] == [SEAL]

    @property
    def erasures(self) -> tuple[Erasure, ...]:
        """Who erased bodies, when and why."""
        return tuple(_erasure(held) for held in self.entries if held.kind == ERASURE)

    @property
    def archived(self) -> Mapping[str, Held]:
        """The entries of histories by their runs."""
        return {held.record.removeprefix(f"{HISTORY}."): held for held in self.own if held.kind == HISTORY}


def chain_of(lines: Iterable[bytes]) -> Chain:
    """The entries in lines of an export; what is no entry is left out, since the verifier says that."""
    found = [held for line in lines if (held := _held(read(line)))]
    return Chain(tuple(sorted(found, key=lambda held: held.n)))


def history_in(held: Held) -> History | None:
    """The history that an entry archives; None where its body is gone, is none, or has its digest alone."""
    said = held.said
    beside = {name: text(said, name) for name in ("namespace", "workflow_id", "run_id")}
    try:
        return history_of(items(said, "events"), **beside) if items(said, "events") else None
    except (ValueError, RecursionError):
        return None


def same_digest(held: Held, exported: bytes) -> bool | None:
    """Whether this is the history of which an entry has the digest alone; None where it has more than that."""
    digest = text(held.said, "sha256")
    return None if digest is None or items(held.said, "events") else digest == hashlib.sha256(exported).hexdigest()


def read(content: bytes) -> dict[str, JsonValue]:
    """A JSON object; empty where there is none."""
    try:
        said: JsonValue = json.loads(content, parse_constant=str)
    except (ValueError, RecursionError):
        return {}
    return fields(said)


def _held(said: dict[str, JsonValue]) -> Held | None:
    n, kind, record, body = (said.get(name) for name in ("n", "kind", "record", "body"))
    if (
        at(said, "type") != "entry"
        or not isinstance(n, int)
        or not isinstance(kind, str)
        or not isinstance(record, str)
    ):
        return None
    return Held(n, kind, record, body.encode(errors="replace") if isinstance(body, str) else None)


def _erasure(held: Held) -> Erasure:
    by, when, why = (text(held.said, name) or "?" for name in ("by", "at", "reason"))
    return Erasure(held.n, by, _minute(when), why)


def _minute(when: str) -> str:
    try:
        return f"{datetime.fromisoformat(when):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return when
