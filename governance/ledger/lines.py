"""A ledger as JSON lines, which `verifier/verify.py` reads: what it is, what was signed, and the entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from governance.canonical import WRITER
from governance.ledger import merkle
from governance.ledger.chain import Link
from governance.ledger.dsse import Envelope
from governance.ledger.statements import Head, leaf

FORMAT = "signalbox.ledger.1"


def header(case: str | None) -> bytes:
    """The first line: a whole ledger, or one case of it."""
    return _line({"type": FORMAT, "case": case})


def entry_line(link: Link, salt: bytes | None, body: bytes | None) -> bytes:
    """An entry, with its body and salt unless they were erased."""
    kept = {"salt": salt and salt.hex(), "body": body.decode() if body is not None else None}
    return _line({"type": "entry", **link.model_dump(), **kept})


def statement(number: int, envelope: Envelope, heads: Sequence[Head]) -> dict[str, Any]:
    """A signed statement with the heads that moved since the one before."""
    said = {"number": number, "envelope": envelope.model_dump(mode="json")}
    return {"type": "statement", **said, "heads": [list(head) for head in heads]}


def proven(number: int, envelope: Envelope, case: str, heads: Sequence[Head]) -> dict[str, Any]:
    """A checkpoint with the proof that one case's head is under its root, which names no other case."""
    [index] = [place for place, head in enumerate(heads) if head.case == case]
    path = [each.hex() for each in merkle.path([leaf(head) for head in heads], index)]
    proof = {"head": list(heads[index]), "index": index, "path": path}
    return {**statement(number, envelope, []), "proof": proof}


def statement_line(said: dict[str, Any]) -> bytes:
    """A statement as a line."""
    return _line(said)


def _line(said: dict[str, Any]) -> bytes:
    return WRITER.encode(said).encode() + b"\n"
