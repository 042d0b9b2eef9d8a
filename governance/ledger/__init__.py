"""The ledger's arithmetic: chains of salted commitments, checkpoints over them, and signatures on those."""

from governance.ledger.chain import START, Entry, Kept, Link, NoteKind, Tail, commitment, following, note
from governance.ledger.dsse import Envelope, LedgerKey
from governance.ledger.statements import Checkpoint, Head, NewKey, Statement

__all__ = [
    "START",
    "Checkpoint",
    "Entry",
    "Envelope",
    "Head",
    "Kept",
    "LedgerKey",
    "Link",
    "NewKey",
    "NoteKind",
    "Statement",
    "Tail",
    "commitment",
    "following",
    "note",
]
