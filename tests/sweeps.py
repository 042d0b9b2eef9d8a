"""Sweeping an office's cases, and what its ledger has then."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from governance.trail.assembly import assembled
from governance.trail.attempts import with_attempts
from governance.trail.entries import kept, record_in
from governance.trail.record import Record
from integrations.store import Store, open_store
from integrations.sweep import Sweep, sweep_of
from integrations.telemetry import Sink
from integrations.telemetry.sinks import Outlets
from integrations.temporal.histories import Histories
from integrations.temporal.moved import Scope
from tests.office import Office
from workflows.registered import NAMES, TOLD


@asynccontextmanager
async def sweeping(office: Office, *sinks: Sink) -> AsyncGenerator[tuple[Sweep, Store]]:
    """A sweep over an office's cases that remembers nothing yet, with the store it keeps."""
    async with open_store(office.desk.settings.store_url) as store:
        yield sweep_over(office, store, *sinks), store


def sweep_over(office: Office, store: Store, *sinks: Sink) -> Sweep:
    """A further one, as another worker would have it."""
    return sweep_of(office.desk.client, store, Outlets(sinks, content=False), Scope(NAMES, office.desk.queue), TOLD)


async def lines_of(store: Store, case: str) -> list[dict[str, Any]]:
    """The ledger's entries of a case."""
    lines = [json.loads(line) async for line in store.ledger_log.export(case)]
    return [line for line in lines if line["type"] == "entry"]


async def kinds_of(store: Store, case: str) -> list[str]:
    """What kinds of entries a case has, in order."""
    return [line["kind"] for line in await lines_of(store, case)]


async def records_in(store: Store, case: str) -> dict[str, Record]:
    """The records that the ledger has of a case."""
    bodies = {line["record"]: record_in(line["body"].encode()) for line in await lines_of(store, case)}
    return {name: record for name, record in bodies.items() if record}


async def expected(office: Office, store: Store, case: str) -> dict[str, Record]:
    """The records that it should have, once the case is closed."""
    runs = [each.history for each in await Histories(office.desk.client).every_run(case)]
    attempts = await store.journal.attempts([run.run_id for run in runs])
    return {each.id: each for each in with_attempts(assembled(runs), attempts) if kept(each, closed=True)}
