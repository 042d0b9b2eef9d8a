"""A row that workers write again and again: whether the store takes what is written is not known until it has."""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.database import Database
from integrations.group_commit import GroupCommit
from integrations.lines import Insertion
from integrations.store.schema import spelt

SIGN = Insertion(
    table="signs",
    columns=("whose", "at"),
    conflict="ON CONFLICT (whose) DO UPDATE SET at = excluded.at WHERE signs.at < excluded.at",
)
WHOSE = "workers"


class Signs:
    """Written into the database that holds journal and ledger."""

    def __init__(self, database: Database) -> None:
        self._lines = GroupCommit(database, SIGN)

    async def give(self) -> None:
        """Write one; raise `Unavailable` within seconds where the store does not take it."""
        await self._lines.write(WHOSE, spelt(datetime.now(UTC)))

    async def close(self) -> None:
        """Close its connection."""
        await self._lines.close()
