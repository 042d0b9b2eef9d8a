"""What is wrong with a case's evidence, or has to be known about it: a sentence each, for an auditor."""

from __future__ import annotations

from typing import Literal, NamedTuple

from domain.text import show
from governance.trail import conventions as c
from governance.trail.figures import evidence
from governance.trail.record import Record
from governance.trail.wording import SHORT, label

Class = Literal["ledger", "missing", "extra", "altered", "unread", "unknown", "note"]
"""`ledger` is what the verifier says of the chain itself, `unread` why a part of the evidence could not be compared."""
DAMAGE = frozenset[Class]({"ledger", "missing", "extra", "altered"})


class Finding(NamedTuple):
    """One of them; `unread`, `unknown` and `note` are no damage."""

    what: Class
    said: str

    @property
    def is_damage(self) -> bool:
        """Whether something is not as it was."""
        return self.what in DAMAGE


def spelt(record: Record) -> str:
    """A record as sentences name it, so that it can be found."""
    run = f"run {show(record.run, 40)}, id {record.id}"
    if record.kind == "attempt":
        number, activity = (show(str(record.attributes.get(name, "?")), 40) for name in (c.ATTEMPT, c.ACTIVITY_ID))
        return f"attempt {number} of {show(record.name, SHORT)} (activity {activity} of {run})"
    proof = f"{evidence(record)} of " if record.events else ""
    return f"{record.kind} {label(record)} ({proof}{run})"


def capital(said: str) -> str:
    """The sentence with a capital letter."""
    return said[:1].upper() + said[1:]
