"""All that is known of a case when it is verified, from four sources that should say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from governance.reconciliation.held import Chain, history_in
from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, with_attempts
from governance.trail.filing import Run
from governance.trail.history import History
from governance.trail.named_runs import linked
from governance.trail.record import Record

OVERDUE = timedelta(seconds=60)
"""How long what has ended may be missing from the ledger; a sweep comes every few seconds."""


@dataclass(frozen=True)
class Evidence:
    """A case's runs as the server has them, the journal's attempts, and the ledger's entries.

    Read the ledger first, the runs after it and the journal last, and let `now` be before all of them: then what goes
    on meanwhile is no damage. `attempts` is None where no journal is at hand, `asked` false where no server was asked.
    """

    case: str
    runs: Sequence[Run]
    attempts: Sequence[Attempt] | None
    chain: Chain
    now: datetime
    asked: bool = True


@dataclass(frozen=True)
class Known:
    """The evidence, and what follows from it."""

    evidence: Evidence
    chain: Chain = field(init=False)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Keep what everybody asks for."""
        object.__setattr__(self, "chain", self.evidence.chain)
        object.__setattr__(self, "now", self.evidence.now)

    @cached_property
    def server(self) -> Mapping[str, Run]:
        """What the server has, by run."""
        return {run.history.run_id: run for run in self.evidence.runs}

    @cached_property
    def archives(self) -> Mapping[str, History]:
        """What the ledger archived, by run, as far as it can be read."""
        read = ((run, history_in(held)) for run, held in self.chain.archived.items())
        return {run: history for run, history in read if history and history.run_id == run}

    @cached_property
    def histories(self) -> Mapping[str, History]:
        """Every history at hand: the archived one where there are two, since the ledger vouches for it."""
        return {run: each.history for run, each in self.server.items()} | dict(self.archives)

    @cached_property
    def records(self) -> Mapping[str, Record]:
        """The trail as histories and journal tell it now, by id."""
        told = assembled(self.histories.values())
        whole = with_attempts(told, self.evidence.attempts) if self.evidence.attempts is not None else told
        return {record.id: record for record in whole}

    @cached_property
    def activities(self) -> Mapping[tuple[str, str], Record]:
        """The activities that workers have over a queue, by run and the id that workers know."""
        found = (record for record in self.records.values() if record.kind == "activity")
        return {(record.run, str(record.attributes.get(c.ACTIVITY_ID))): record for record in found}

    @cached_property
    def attempts(self) -> Mapping[tuple[str, str], tuple[Attempt, ...]]:
        """The journal's attempts by run and activity."""
        found: dict[tuple[str, str], tuple[Attempt, ...]] = {}
        for attempt in self.evidence.attempts or ():
            key = attempt.run, attempt.activity
            found[key] = (*found.get(key, ()), attempt)
        return found

    @cached_property
    def ends(self) -> Mapping[str, datetime]:
        """When each run closed; those that go on are not in it."""
        runs = (record for record in self.records.values() if record.kind == "run")
        return {record.run: record.until for record in runs if record.until}

    @property
    def closed(self) -> datetime | None:
        """When the last run closed; None while one goes on, or may go on at a server that was not asked."""
        if not (self.evidence.asked or self.chain.sealed):
            return None
        return max(self.ends.values()) if self.histories and self.ends.keys() >= self.histories.keys() else None

    @cached_property
    def named(self) -> Mapping[str, str]:
        """Runs that something at hand names, and what names them."""
        told = ((held, held.told) for held in self.chain.own)
        by_entry = {record.run: f"entry {held.n} of the ledger" for held, record in told if record}
        by_run = {run: f"run {each.run_id}" for each in self.histories.values() for _, run in linked(each)}
        return by_entry | by_run

    @property
    def nowhere(self) -> Iterator[tuple[str, str]]:
        """Those of them whose history is neither at hand nor was erased, and what names them."""
        at_hand = self.histories.keys() | self.chain.archived.keys()
        return ((run, by) for run, by in self.named.items() if run not in at_hand)

    @property
    def whole(self) -> bool:
        """Whether every history is at hand, so that what none of them proves is proven by nothing."""
        return bool(self.histories) and self.named.keys() | self.chain.archived.keys() <= self.histories.keys()

    def overdue(self, record: Record) -> bool:
        """Whether the ledger should have had it for some time, or was sealed over its run without it."""
        sealed = self.chain.sealed and record.run in self.chain.archived and record.id not in self.chain.by_id
        return sealed or self.late(self._known_at(record))

    def late(self, moment: datetime) -> bool:
        """Whether a sweep should have come by since."""
        return moment + OVERDUE < self.now

    def away(self, moment: datetime) -> bool:
        """Whether it is no moment of the last minute, nor of the next."""
        return abs(self.now - moment) > OVERDUE

    def _known_at(self, record: Record) -> datetime:
        """When it became certain that the record stays as it is: with its last event, or with a later one."""
        history, until = self.histories.get(record.run), record.until or self.now
        if record.kind == "agent" or (record.kind == "attempt" and record.status == "unknown"):
            newest = [each.events[-1].at for each in self.histories.values() if each.events]
            return max([until, *newest])
        proof = [event.at for event in history.events if event.id in record.events] if history else []
        return max([until, *proof])
