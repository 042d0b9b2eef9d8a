"""A sweep that dies at one place for good: `python -m tests.process.dying_sweep ADDRESS HOME QUEUE PLACE`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from integrations.store import Outbox, open_store
from integrations.store.journal import Journal
from integrations.store.ledger import Ledger
from integrations.sweep import sweep_of
from integrations.telemetry import Outlets
from integrations.telemetry.file import FileSink
from integrations.temporal.moved import Scope
from workflows.registered import NAMES, TOLD

PLACES: dict[str, tuple[type, str]] = {
    "after the journal was read, before the ledger is written": (Ledger, "write"),
    "after the ledger was written, before marks are taken away": (Journal, "visited"),
    "after the ledger was written, before anything is sent": (FileSink, "send"),
    "after spans were sent, before that is remembered": (Outbox, "sent"),
}
CODE = 77


async def die(*_: Any, **__: Any) -> None:
    os._exit(CODE)


async def main(address: str, home: str, queue: str, place: str) -> None:
    kind, name = PLACES[place]
    setattr(kind, name, die)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with open_store(f"sqlite:///{home}/signalbox.db") as store:
        outlets = Outlets((FileSink(Path(home) / "spans.jsonl", {}),), content=False)
        await sweep_of(client, store, outlets, Scope(NAMES, queue), TOLD).sweep(patience=None)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
