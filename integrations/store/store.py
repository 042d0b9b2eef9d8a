"""Opening the store."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from integrations.database import Database
from integrations.store.deliveries import Deliveries
from integrations.store.journal import Journal
from integrations.store.ledger import Ledger
from integrations.store.ledger_log import LedgerLog
from integrations.store.ledger_view import LedgerView
from integrations.store.outbox import Outbox
from integrations.store.schema import schema
from integrations.store.signs import Signs
from integrations.store.stops import Stops


@dataclass(frozen=True)
class Store:
    """What it keeps."""

    stops: Stops
    deliveries: Deliveries
    ledger: Ledger
    ledger_view: LedgerView
    ledger_log: LedgerLog
    journal: Journal
    outbox: Outbox
    signs: Signs


@asynccontextmanager
async def open_store(url: str) -> AsyncGenerator[Store]:
    """Open it and create the tables that are missing; several processes may do so at once.

    Raises `ValueError` for a URL that is none, and `Unavailable` where the database does not answer.
    """
    database = Database(url, schema, "store")
    store = Store(
        stops=Stops(database),
        deliveries=Deliveries(database),
        ledger=Ledger(database),
        ledger_view=LedgerView(database),
        ledger_log=LedgerLog(database),
        journal=Journal(database),
        outbox=Outbox(database),
        signs=Signs(database),
    )
    try:
        await database.prepare()
        yield store
    finally:
        await store.signs.close()
        await store.journal.close()
        await store.stops.close()
        await database.close()
