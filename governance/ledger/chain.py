"""One case's chain: each entry commits to a body that it does not hold, and to the entry before it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.values import Frozen, Sha256
from governance.canonical import WRITER, canonical_json

FORMAT = "signalbox.entry.1"
SALT_SIZE = 32
BODY_LIMIT = 16 * 1024 * 1024
"""Bytes; four times what one workflow task can hold."""
RESERVED = "ledger."
"""How kinds and record ids begin that are the ledger's own."""

NoteKind = Literal["ledger.seal", "ledger.reopen", "ledger.erasure"]
"""What the ledger says of a case itself; a note's body is never erased."""


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds a NUL character, which no database stores")
    return text


def _free(text: str) -> str:
    if text.startswith(RESERVED):
        raise ValueError(f"names that begin with {RESERVED} are the ledger's own")
    return _storable(text)


def _written(body: bytes) -> bytes:
    body.decode()
    return body


Name = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_storable)]
"""An id; ids outlive every erasure, so that nothing personal may be in one."""


class Entry(Frozen):
    """What somebody wants on record: an id that stays the same however often it is said, a kind, and a body in JSON."""

    record_id: Annotated[Name, AfterValidator(_free)]
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,99}$"), AfterValidator(_free)]
    body: Annotated[bytes, Field(max_length=BODY_LIMIT), AfterValidator(_written)]


class Link(Frozen):
    """One entry of a chain, without its body."""

    case: Name
    n: int = Field(ge=1)
    kind: str
    record: str
    commitment: Sha256
    previous: Sha256
    hash: Sha256


@dataclass(frozen=True)
class Tail:
    """Where a chain ends for now."""

    n: int
    hash: str
    sealed: bool


@dataclass(frozen=True)
class Kept:
    """An entry with what it commits to."""

    link: Link
    salt: bytes
    body: bytes


class Said(Frozen):
    """The body of a note."""

    at: datetime
    by: str = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1000)


START = Tail(0, "0" * 64, sealed=False)


def commitment(salt: bytes, body: bytes) -> str:
    """SHA-256 of salt and body: who has neither learns nothing, and nobody finds another body for it."""
    return hashlib.sha256(salt + body).hexdigest()


def following(case: str, tail: Tail, entry: Entry, salt: bytes) -> Kept:
    """The entry that comes next in a chain; the salt is 32 random bytes, used once."""
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes, not {len(salt)}")
    n, commits = tail.n + 1, commitment(salt, entry.body)
    said = WRITER.encode([FORMAT, case, n, entry.kind, entry.record_id, commits, tail.hash])
    link = Link(
        case=case,
        n=n,
        kind=entry.kind,
        record=entry.record_id,
        commitment=commits,
        previous=tail.hash,
        hash=hashlib.sha256(said.encode()).hexdigest(),
    )
    return Kept(link, salt, entry.body)


def note(kind: NoteKind, tail: Tail, said: Said) -> Entry:
    """The ledger's own entry after this tail: that a case was sealed, opened again or erased, by whom, when and why."""
    return Entry.model_construct(record_id=f"{kind}.{tail.n + 1}", kind=kind, body=canonical_json(said))
