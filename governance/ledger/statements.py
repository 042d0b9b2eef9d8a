"""What a ledger signs: checkpoints over all chains, and which key signs from then on. Each names the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from domain.values import Frozen, Sha256
from governance.canonical import WRITER, canonical_json
from governance.ledger import merkle
from governance.ledger.chain import START
from governance.ledger.dsse import Envelope, LedgerKey, sealed

CHECKPOINT = "application/vnd.signalbox.checkpoint+json"
KEY = "application/vnd.signalbox.key+json"


class Head(NamedTuple):
    """Where a case's chain ended when a checkpoint was made."""

    case: str
    n: int
    hash: str


class Statement(Frozen):
    """One place in the log of signed statements."""

    number: int = Field(ge=1)
    previous: Sha256
    """SHA-256 of what the signatures on the statement before cover; zeros in the first."""
    at: datetime


class Checkpoint(Statement):
    """All chains as they were at a moment; `root` is over their heads, in the order in which checkpoints met them."""

    chains: int
    entries: int
    root: Sha256


class NewKey(Statement):
    """From the next statement on this key signs; it signs this one too, beside the key that signed until now."""

    kid: str
    x: str


def placed(last: Envelope | None, at: datetime) -> Statement:
    """The place in the log that follows this one."""
    if last is None:
        return Statement(number=1, previous=START.hash, at=at)
    digest = hashlib.sha256(last.signed).hexdigest()
    return Statement(number=number_of(last) + 1, previous=digest, at=at)


def number_of(envelope: Envelope) -> int:
    """Which place a statement says that it has."""
    read = Checkpoint if envelope.payloadType == CHECKPOINT else NewKey
    return read.model_validate_json(envelope.content).number


def checkpoint(place: Statement, heads: Sequence[Head]) -> Checkpoint:
    """The checkpoint over these heads, which come in the order in which checkpoints met their cases."""
    root = merkle.root([leaf(head) for head in heads]).hex()
    entries = sum(head.n for head in heads)
    return Checkpoint(**dict(place), chains=len(heads), entries=entries, root=root)


def signed_checkpoint(said: Checkpoint, key: LedgerKey) -> Envelope:
    """The checkpoint in an envelope."""
    return sealed(CHECKPOINT, canonical_json(said), [key])


def signed_key(place: Statement, new: LedgerKey, old: LedgerKey | None) -> Envelope:
    """Introduces a key; signed by the old one too, unless there is none or it was lost."""
    said = NewKey(**dict(place), kid=new.kid, x=new.x)
    return sealed(KEY, canonical_json(said), [key for key in (old, new) if key])


def leaf(head: Head) -> bytes:
    """A head as the tree holds it."""
    return WRITER.encode(list(head)).encode()


def folded(known: dict[str, Head], changed: Iterable[Head]) -> None:
    """Bring known heads up to date: a case keeps the place it was first met in, new ones follow by name."""
    known.update({head.case: head for head in sorted(changed)})


def changed(known: Mapping[str, Head], now: Iterable[Head]) -> list[Head]:
    """The heads that have moved."""
    return sorted(head for head in now if known.get(head.case) != head)
