"""Which cases a sweep looks at: those that said so, those that have closed, and a few open ones in turn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, takewhile

from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from domain.text import show
from governance.trail.identity import record_id
from integrations.store.journal import Touched
from integrations.store.ledger_view import LedgerView
from integrations.temporal.listing import described, listed

PATROL, BEAT = 20, timedelta(seconds=30)
"""Open cases that a round looks at although nobody said that they moved, and how long each of them is left in peace."""
CLOSED = 200
"""Closed cases that a round takes in; after a long downtime the rest comes in the next ones."""
NEAR, FAR = timedelta(minutes=1), timedelta(minutes=15)
"""How far lists of workflows may lag behind: mostly, and at most."""
SOON = timedelta(hours=1)
"""No server deletes a history before."""
RECOUNT = timedelta(minutes=1)
"""How often open cases are listed anew."""
ROOTS_KEPT = 10_000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Scope:
    """Whose cases these are."""

    processes: Collection[str]
    """The types of their workflows."""
    queue: str

    def query(self, more: str) -> str:
        """What finds them in lists."""
        types = ", ".join(f"'{name}'" for name in self.processes)
        return f"WorkflowType IN ({types}) AND TaskQueue='{self.queue}' AND {more}"


@dataclass(frozen=True)
class Cases:
    """The cases of one round, by workflow id."""

    cases: tuple[str, ...]
    left: int
    warnings: tuple[str, ...]


class Moved:
    """Asks the server; what it remembers is found again by whoever begins anew."""

    def __init__(self, client: Client, scope: Scope, ledger: LedgerView) -> None:
        self._client = client
        self._scope = scope
        self._ledger = ledger
        self._roots: dict[str, str] = {}
        self._soon: dict[str, None] = {}
        """Cases that only wait for the ends of attempts: looked at in every round, longest ago first."""
        self._open: dict[str, datetime] = {}
        """The others whose chains are open, and when they were looked at, longest ago first."""
        self._listed = LONG_AGO
        self._since = self._looked = LONG_AGO
        """Every case that closed before is in the ledger; and when late ones were last looked for."""
        self._ended: set[tuple[str, str]] = set()
        self._retention: timedelta | None = None

    async def cases(self, touched: Iterable[Touched]) -> Cases:
        """What to look at now."""
        closed, left, warnings = await self._closed()
        wanted = dict.fromkeys([await self._root(each.workflow_id, each.run_id) for each in touched])
        wanted |= dict.fromkeys(closed)
        wanted |= dict.fromkeys(await self._patrol())
        return Cases(tuple(wanted), left, warnings)

    def seen(self, case: str) -> None:
        """Leave it in peace for a while, unless somebody says that it moved."""
        self.forget(case)
        self._open[case] = datetime.now(UTC)

    def again(self, case: str) -> None:
        """Look at it in the next round: it will be sealed before long."""
        self.forget(case)
        self._soon[case] = None

    def forget(self, case: str) -> None:
        """It is sealed, or the server does not have it."""
        self._open.pop(case, None)
        self._soon.pop(case, None)

    async def _root(self, workflow_id: str, run_id: str) -> str:
        """The case that a run belongs to; itself where the server does not know it any more."""
        if run_id not in self._roots:
            self._keep_root(run_id, await self._root_of(workflow_id, run_id))
        return self._roots[run_id]

    def _keep_root(self, run_id: str, root: str) -> None:
        self._roots[run_id] = root
        while len(self._roots) > ROOTS_KEPT:
            self._roots.pop(next(iter(self._roots)))

    async def _root_of(self, workflow_id: str, run_id: str) -> str:
        try:
            found = await described(self._client, workflow_id, run_id)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return workflow_id
        return found.root_execution.workflow_id or workflow_id

    async def _closed(self) -> tuple[list[str], int, tuple[str, ...]]:
        """Cases that have closed and whose ends the ledger does not have; how many more, and which are in danger."""
        began = datetime.now(UTC)
        far = began - self._looked >= FAR / 2
        since = min(self._since, began - FAR) if far else self._since
        query = self._scope.query(f"ExecutionStatus!='Running' AND CloseTime>'{since.isoformat()}'")
        ends = dict[tuple[str, str], WorkflowExecutionInfo]()
        async for each in listed(self._client, query):
            ends[each.execution.workflow_id, record_id(each.execution.run_id, "run")] = each
            if each.root_execution.workflow_id:
                self._keep_root(each.execution.run_id, each.root_execution.workflow_id)
        new = [end for end in ends if end not in self._ended]
        self._ended = {end for end in ends if end in self._ended} | await self._ledger.with_record(new)
        lacking = sorted((each for end, each in ends.items() if end not in self._ended), key=_closed_at)
        if len(lacking) <= CLOSED:
            self._since = began - NEAR
            self._looked = began if far else self._looked
        taken = list(dict.fromkeys(each.execution.workflow_id for each in lacking[:CLOSED]))
        return taken, max(len(lacking) - CLOSED, 0), await self._danger(lacking, began)

    async def _danger(self, lacking: list[WorkflowExecutionInfo], now: datetime) -> tuple[str, ...]:
        """Cases that closed so long ago that the server will soon delete their histories."""
        if not lacking or now - _closed_at(lacking[0]) < SOON:
            return ()
        if self._retention is None:
            asked = DescribeNamespaceRequest(namespace=self._client.namespace)
            found = await self._client.workflow_service.describe_namespace(asked)
            self._retention = found.config.workflow_execution_retention_ttl.ToTimedelta()
        said = danger([(each.execution.workflow_id, _closed_at(each)) for each in lacking], self._retention, now)
        return (said,) if said else ()

    async def _patrol(self) -> tuple[str, ...]:
        """Open cases that have been left in peace for long enough."""
        now = datetime.now(UTC)
        if now - self._listed >= RECOUNT:
            running = listed(self._client, self._scope.query("ExecutionStatus='Running'"))
            cases = [each.execution.workflow_id async for each in running]
            if self._listed == LONG_AGO:
                cases += await self._ledger.unsealed()
            new = [case for case in cases if case not in self._open and case not in self._soon]
            self._open = dict.fromkeys(new, LONG_AGO) | self._open
            self._listed = now
        due = takewhile(lambda case: now - self._open[case] >= BEAT, self._open)
        return tuple(islice(chain(self._soon, due), PATROL))


def danger(lacking: Sequence[tuple[str, datetime]], retention: timedelta, now: datetime) -> str | None:
    """What to say of closed cases that the ledger does not have and the server will delete before long."""
    late = [case for case, closed in lacking if now - closed > retention * 3 / 4]
    if not late:
        return None
    return (
        f"{len(late)} closed cases are not in the ledger yet, first {show(late[0], 120)}, and the server deletes "
        f"histories {retention / timedelta(days=1):g} days after the end: let the sweep catch up, or lengthen that."
    )


def _closed_at(case: WorkflowExecutionInfo) -> datetime:
    return case.close_time.ToDatetime(tzinfo=UTC)
