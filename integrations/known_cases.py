"""What is known of cases by now: their histories and attempts, read for many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from temporalio.service import RPCError, RPCStatusCode

from domain.errors import DomainError
from domain.text import show
from governance.trail.attempts import Attempt
from governance.trail.entries import CaseEntries
from governance.trail.filing import Known, Told, filed
from integrations.payloads.errors import Unopened
from integrations.store import Journal
from integrations.temporal.histories import Fetched, Histories


@dataclass
class Found:
    """Some cases: what is known of them, which the server does not have, and what is wrong with others."""

    known: list[Known] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class KnownCases:
    """Asks server and journal."""

    def __init__(self, histories: Histories, journal: Journal, told: Told) -> None:
        self._histories = histories
        self._journal = journal
        self._told = told

    async def find(self, cases: Collection[str]) -> Found:
        """All runs of these cases, with their attempts."""
        found, listed = Found(), await self._histories.listed_runs(cases)
        read = {case: runs for case in cases if (runs := await self._runs(case, listed[case], found))}
        attempts = await self._attempts(read.values())
        for case, runs in read.items():
            tried = [attempt for run in runs for attempt in attempts[run.history.run_id]]
            found.known.append(Known(case, runs, tried, self._told))
        return found

    async def _runs(self, case: str, listed: Sequence[str], found: Found) -> tuple[Fetched, ...]:
        try:
            return await self._histories.every_run(case, listed)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            found.gone.append(case)
        except (DomainError, Unopened, ValueError) as error:
            found.wrong.append(_not_swept(case, error))
        return ()

    async def _attempts(self, read: Iterable[Iterable[Fetched]]) -> defaultdict[str, list[Attempt]]:
        by_run = defaultdict[str, list[Attempt]](list)
        for attempt in await self._journal.attempts([run.history.run_id for runs in read for run in runs]):
            by_run[attempt.run].append(attempt)
        return by_run


def filed_each(known: Iterable[Known], now: datetime) -> tuple[list[tuple[Known, CaseEntries]], list[str]]:
    """The entries that each case should have, and what is wrong with those that cannot be told."""
    entered, wrong = list[tuple[Known, CaseEntries]](), list[str]()
    for each in known:
        try:
            entered.append((each, filed(each, now)))
        except (DomainError, ValueError) as error:
            wrong.append(_not_swept(each.case, error))
    return entered, wrong


def _not_swept(case: str, error: Exception) -> str:
    return f"Case {show(case, 120)} cannot be swept: {show(str(error), 300)}"
