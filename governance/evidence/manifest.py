"""What is in a pack: every file by its digest, signed by the ledger's key where that is at hand."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.text import show
from domain.values import Frozen
from governance.canonical import canonical_json
from governance.ledger import LedgerKey
from governance.ledger.dsse import sealed

PAYLOAD_TYPE = "application/vnd.signalbox.evidence+json"
PLAIN = re.compile(r"[A-Za-z0-9_@-][\w.@-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Part:
    """A file of a pack, and what it is in a phrase."""

    path: str
    content: bytes
    what: str


class Lack(Frozen):
    """What is not in a pack, though somebody may look for it, and why."""

    what: str
    why: str


class Manifest(Frozen):
    """What the signature covers."""

    format: Literal["signalbox.evidence.1"] = "signalbox.evidence.1"
    case: str
    signed_by: str | None
    files: tuple[Mapping[str, str | int], ...]
    missing: tuple[Lack, ...]


def manifest(case: str, parts: Iterable[Part], missing: Sequence[Lack], key: LedgerKey | None) -> bytes:
    """The manifest as its file: a DSSE envelope, without signatures where there is no key."""
    said = Manifest(
        case=case,
        signed_by=key.kid if key else None,
        files=tuple(_listed(part) for part in sorted(parts, key=lambda each: each.path)),
        missing=tuple(missing),
    )
    envelope = sealed(PAYLOAD_TYPE, canonical_json(said), [key] if key else [])
    return canonical_json(envelope) + b"\n"


def file_name(name: str) -> str:
    """A name as it may stand in a path; of one that no path takes, its digest."""
    return name if PLAIN.fullmatch(name) else hashlib.sha256(name.encode(errors="replace")).hexdigest()[:32]


def _listed(part: Part) -> dict[str, str | int]:
    digest = hashlib.sha256(part.content).hexdigest()
    return {"path": part.path, "size": len(part.content), "sha256": digest, "is": show(part.what, 200)}
