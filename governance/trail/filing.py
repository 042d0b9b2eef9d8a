"""What of a case goes into the ledger at a moment, and whether that is all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from governance.ledger import Entry
from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, with_attempts
from governance.trail.entries import CaseEntries, agent_entry, entry_of, history_entry, kept
from governance.trail.history import History
from governance.trail.record import Record

SETTLING = timedelta(seconds=30)
"""How long a closed case waits for the ends of attempts that were at work when it closed."""

Extent = tuple[frozenset[tuple[str, int]], frozenset[Attempt]]
"""How far a case has come: the newest event of each run, and the attempts."""
Told = Mapping[tuple[str, str], Mapping[str, object]]
"""By name and version of an agent, what it is told."""


class Run(Protocol):
    """A run's history, and how it is exported."""

    @property
    def history(self) -> History:
        """As it was read."""
        ...

    def exported(self) -> bytes:
        """The API's JSON."""
        ...


@dataclass(frozen=True)
class Known:
    """All that is known of a case: its runs, the journal's attempts, what agents are told."""

    case: str
    runs: Sequence[Run]
    attempts: Sequence[Attempt]
    agents: Told

    @property
    def extent(self) -> Extent:
        """The same as long as nothing new is known."""
        newest = ((run.history.run_id, len(run.history.events)) for run in self.runs)
        return frozenset(newest), frozenset(self.attempts)


def filed(known: Known, now: datetime) -> CaseEntries:
    """The entries that the case should have by now; the same again adds nothing."""
    records = with_attempts(assembled(run.history for run in known.runs), known.attempts)
    closed = [record for record in records if record.kind == "run" and record.until is not None]
    every = len(closed) == len(known.runs)
    done = every and _settled(records, closed, now)
    told = [entry_of(record) for record in records if kept(record, closed=done)]
    over = {record.run for record in closed}
    ended = [run for run in known.runs if run.history.run_id in over]
    histories = [history_entry(run.history.run_id, run.exported()) for run in ended]
    entries = (*told, *histories, *_agents(records, known.agents))
    return CaseEntries(known.case, entries, closed=done, settling=every and not done)


def _settled(records: Iterable[Record], runs: Iterable[Record], now: datetime) -> bool:
    """Whether every attempt has an end, or has had time enough to say so."""
    ended = max((run.until for run in runs if run.until), default=now)
    unknown = any(record.kind == "attempt" and record.status in ("open", "unknown") for record in records)
    return not unknown or now - ended >= SETTLING


def _agents(records: Iterable[Record], told: Told) -> list[Entry]:
    """What the agents of the case were told, as far as this worker knows their versions."""
    asked = {
        (str(record.attributes[c.AGENT_NAME]), str(record.attributes[c.AGENT_VERSION]))
        for record in records
        if c.AGENT_NAME in record.attributes and c.AGENT_VERSION in record.attributes
    }
    return [agent_entry(name, version, told[name, version]) for name, version in sorted(asked & told.keys())]
