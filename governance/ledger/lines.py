"""A ledger as JSON lines for `verifier/verify.py`: what it is, what was signed, the entries.

Whatever stands in a damaged store becomes a line: it is the verifier that judges, and never the export.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from governance.ledger import merkle
from governance.ledger.dsse import Envelope
from governance.ledger.statements import CHECKPOINT, KEY, Head, NewKey, folded, leaf

FORMAT = "signalbox.ledger.1"
WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr)


class Stated(NamedTuple):
    """A statement as it is stored, with the heads that moved since the one before."""

    number: int
    envelope: str
    heads: Sequence[Head]

    @property
    def line(self) -> bytes:
        """It as a line of the whole ledger, and as the file that is kept elsewhere."""
        return self._line(heads=[list(head) for head in self.heads])

    @property
    def read(self) -> Any:  # noqa: ANN401 - whatever stands there
        """The envelope, or its text where that is no JSON."""
        try:
            return json.loads(self.envelope)
        except ValueError:
            return self.envelope

    @property
    def is_checkpoint(self) -> bool:
        """Whether it says that it is one."""
        said = self.read
        return isinstance(said, dict) and cast("dict[str, object]", said).get("payloadType") == CHECKPOINT

    def proven(self, case: str, heads: Sequence[Head]) -> bytes:
        """It as a line of one case, with the proof that the case's head is under its root; that names no other case."""
        [index] = [place for place, head in enumerate(heads) if head.case == case]
        path = [each.hex() for each in merkle.path([leaf(head) for head in heads], index)]
        return self._line(heads=[], proof={"head": list(heads[index]), "index": index, "path": path})

    def _line(self, **more: object) -> bytes:
        return _written({"type": "statement", "number": self.number, "envelope": self.read, **more})


def header(case: str | None) -> bytes:
    """The first line: a whole ledger, or one case of it."""
    return _written({"type": FORMAT, "case": case})


def entry_line(columns: Mapping[Any, Any]) -> bytes:
    """An entry with its salt and body, which are null where they were erased."""
    salt, body = columns["salt"], columns["body"]
    kept = {
        "salt": salt.hex() if isinstance(salt, bytes) else salt,  # a database may hold text where bytes were
        "body": body.decode(errors="replace") if isinstance(body, bytes) else body,
    }
    return _written({"type": "entry", **columns, **kept})


def of_case(case: str, log: Iterable[Stated]) -> Iterator[bytes]:
    """What one case needs of the log: all keys, and the checkpoints that saw it move, the last one among them."""
    known, statements = dict[str, Head](), list(log)
    last = max((each.number for each in statements if each.is_checkpoint), default=0)
    for each in statements:
        folded(known, each.heads)
        if not each.is_checkpoint:
            yield each.line
        elif case in known and (each.number == last or any(head.case == case for head in each.heads)):
            yield each.proven(case, list(known.values()))


def current_key(lines: Iterable[bytes]) -> str | None:
    """The id of the key that signs now, by the statements among these lines; None where there is none."""
    found: str | None = None
    for line in lines:
        try:
            envelope = Envelope.model_validate(json.loads(line)["envelope"])
            found = NewKey.model_validate_json(envelope.content).kid if envelope.payloadType == KEY else found
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _written(said: dict[str, Any]) -> bytes:
    return WRITER.encode(said).encode() + b"\n"
