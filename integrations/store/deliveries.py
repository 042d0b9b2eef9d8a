"""Which notice went to whom over which channel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import ColumnElement, select, update

from domain.values import Frozen
from integrations.database import Database
from integrations.insertion import insertion
from integrations.store.schema import notices

End = Literal["sent", "refused"]


class Delivery(Frozen):
    """One notice, over one channel, to one recipient."""

    key: str
    channel: str
    recipient: str


class Deliveries:
    """Remembers deliveries on a prepared store, so that what was sent is not sent again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, delivery: Delivery) -> bool:
        """Write down that it is about to be sent; False where it was sent, or refused for good, before."""
        row = {**delivery.model_dump(), "state": "begun", "at": datetime.now(UTC)}
        async with self._database.effect() as transaction:
            await transaction.execute(insertion(transaction, notices).values(**row).on_conflict_do_nothing())
            state = await transaction.execute(select(notices.c.state).where(*_is(delivery)))
            return state.scalar_one() == "begun"

    async def end(self, delivery: Delivery, state: End) -> None:
        """Write down how it ended."""
        ended = update(notices).where(*_is(delivery)).values(state=state, at=datetime.now(UTC))
        async with self._database.effect() as transaction:
            await transaction.execute(ended)

    async def states(self, key: str) -> dict[tuple[str, str], str]:
        """How far a notice has come, by channel and recipient."""
        wanted = select(notices.c.channel, notices.c.recipient, notices.c.state).where(notices.c.key == key)
        async with self._database.reading() as snapshot:
            return {(row.channel, row.recipient): row.state for row in await snapshot.execute(wanted)}


def _is(delivery: Delivery) -> list[ColumnElement[bool]]:
    return [notices.c[name] == value for name, value in delivery.model_dump().items()]
