"""The sandbox's books, for the commands that write in them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from commands.console import UserError
from integrations.sandbox import Database
from integrations.settings import Settings


@asynccontextmanager
async def books(settings: Settings) -> AsyncGenerator[Database]:
    """The sandbox's database, with its tables."""
    try:
        database = Database(settings.books)
    except ValueError as error:
        raise UserError(f"SIGNALBOX_DATABASE: {error}") from None
    await database.prepare()
    try:
        yield database
    finally:
        await database.close()
