"""A case's evidence, gathered where each part of it is kept, and held together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryFile

from temporalio.service import RPCError, RPCStatusCode

from commands.console import UserError
from commands.desk import Desk
from commands.outcomes import CASES
from commands.waiting import quotable
from domain.text import show
from governance.reconciliation.held import Chain, chain_of
from governance.reconciliation.known import Evidence
from governance.reconciliation.reconcile import Reconciled, reconcile
from integrations.ledger_lines import LedgerLines
from integrations.payloads.errors import Unopened
from integrations.store import Store
from integrations.temporal.histories import Fetched, Histories
from integrations.temporal.moved import Scope
from integrations.temporal.unavailable import available
from verifier.verify import Report, examine
from workflows.registered import NAMES

Examine = Callable[[Iterable[bytes]], Report]
SEVERAL = 5
"""Cases that are looked up where a beginning names more than one; the newest runs of a case count one by one."""


@dataclass(frozen=True)
class Sources:
    """The store, and the server unless it is not to be asked."""

    store: Store
    desk: Desk | None

    async def case(self, case: str, examined: Examine) -> Reconciled:
        """One case alone: its slice of the ledger is checked by the verifier as well."""
        now = datetime.now(UTC)
        lines = [line async for line in self.store.ledger_log.export(case)]
        chain = chain_of(lines)
        found = await self.compared(case, lines, now)
        known = chain.entries or any(b'"proof":' in line for line in lines)
        return found.with_ledger(examined(lines).damage if known else ())

    async def compared(self, case: str, lines: Iterable[bytes], now: datetime) -> Reconciled:
        """One case against the lines of its entries, which were read after this moment.

        Where its histories do not open, for want of a key or of a payload that is kept elsewhere, the rest is compared.
        """
        chain, asked = chain_of(lines), self.desk is not None
        try:
            runs = await self.runs(case)
        except Unopened as error:
            said = await self._compared(case, (), chain, now, asked=False)
            return said.with_unread(f"The server's histories were not compared. {error}")
        return await self._compared(case, runs, chain, now, asked=asked)

    async def _compared(
        self, case: str, runs: Sequence[Fetched], chain: Chain, now: datetime, *, asked: bool
    ) -> Reconciled:
        known = {run.history.run_id for run in runs} | chain.archived.keys()
        try:
            attempts = await self.store.journal.attempts(known)
        except ValueError:
            said = await asyncio.to_thread(reconcile, Evidence(case, runs, None, chain, now, asked=asked))
            return said.with_ledger(["A row of this case in the journal cannot be read: it was altered."])
        return await asyncio.to_thread(reconcile, Evidence(case, runs, attempts, chain, now, asked=asked))

    async def every(self, lines: LedgerLines, now: datetime) -> AsyncGenerator[Reconciled]:
        """Every case of the ledger, whose lines are given, and then those that the server alone has."""
        for case in lines.cases:
            yield await self.compared(case, lines.of(case), now)
        seen = set(lines.cases)
        async for case in self._cases():
            if case not in seen:
                seen.add(case)
                yield await self.compared(case, (), now)

    async def runs(self, case: str) -> Sequence[Fetched]:
        """Every run of a case that the server has; none where it is not asked or has the case no more."""
        if self.desk is None:
            return ()
        try:
            async with available():
                return await Histories(self.desk.client).every_run(case)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return ()

    async def _cases(self) -> AsyncIterator[str]:
        if self.desk:
            scope = Scope(NAMES, self.desk.queue)
            async for found in self.desk.client.list_workflows(scope.query("StartTime>'1970-01-01T00:00:00Z'")):
                yield found.id

    async def named(self, beginning: str) -> str:
        """The one case whose id is or begins with this, on the server or in the ledger."""
        found = set(await self.store.ledger_view.cases(beginning, limit=SEVERAL))
        if self.desk:
            query = f'{CASES} AND WorkflowId STARTS_WITH "{quotable(beginning)}"'
            found |= {each.id async for each in self.desk.client.list_workflows(query, limit=SEVERAL)}
        if beginning in found:
            return beginning
        if len(found) != 1:
            said = f"{'Several' if found else 'No'} cases begin with {show(beginning, 80)}"
            raise UserError(f"{said}, on the server or in the ledger. `starter.py list` shows those on the server.")
        return found.pop()


@contextmanager
def spooled() -> Generator[LedgerLines]:
    """Room for a ledger's lines on disk, gone afterwards."""
    with TemporaryFile() as file:
        yield LedgerLines(file)


async def spool(store: Store, lines: LedgerLines) -> None:
    """Export the whole ledger into that room, as it is at one moment."""
    async for line in store.ledger_log.export():
        lines.add(line)


def examined(key: Sequence[str], kept: Sequence[tuple[str, bytes]]) -> Examine:
    """The verifier, told which keys to trust and what was kept elsewhere."""
    return lambda lines: examine(lines, key, kept)


class Chains:
    """What the verifier says of a whole ledger, sorted by the cases that it has."""

    def __init__(self, report: Report, cases: Iterable[str]) -> None:
        self.report = report
        self._begin = {case: f"Case {case!r}: " for case in cases} if report.damage else {}
        mine = tuple(self._begin.values())
        self.rest = [said for said in report.damage if not said.startswith(mine)]

    def of(self, case: str) -> list[str]:
        """The sentences about one case."""
        begin = self._begin.get(case)
        return [said.removeprefix(begin) for said in self.report.damage if said.startswith(begin)] if begin else []
