"""Holding the lock of a SQLite file, as another process does that is slow."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def locked(file: Path) -> AsyncGenerator[None]:
    """Nobody else can write into the file meanwhile; whoever writes now, on this event loop too, ends first."""

    def lock() -> sqlite3.Connection:
        connection = sqlite3.connect(file, isolation_level=None, timeout=20, check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")
        return connection

    connection = await asyncio.to_thread(lock)
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()
