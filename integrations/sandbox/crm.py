"""The sandbox's customers behind the `Crm` port."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import Receipt
from domain.actions.refunds import NoteCustomer
from domain.customers import KnownCustomer
from domain.errors import Refused
from integrations.sandbox.crm_lookups import customer_by_id, known_customer, writer_from
from integrations.sandbox.schema.customers import customer_notes
from integrations.sandbox.system import System


class SandboxCrm(System):
    """Implements `domain.support_ports.Crm` on a prepared `Database`, with faults by setting."""

    async def find_customer(
        self, *, customer_id: str | None = None, address: str | None = None
    ) -> KnownCustomer | None:
        """The customer with this id, or the one customer who writes from this address; the id counts first."""

        async def look(books: AsyncConnection) -> KnownCustomer | None:
            found = customer_id or (await writer_from(books, address) if address else None)
            return await known_customer(books, found, self._clock().date()) if found else None

        return await self._ask("find_customer", look)

    async def note_customer(self, key: str, action: NoteCustomer) -> Receipt:
        """Write a note; refused for an unknown customer."""
        return await self._do("note_customer", key, action, self._note)

    async def _note(self, books: AsyncConnection, action: NoteCustomer) -> str:
        if await customer_by_id(books, action.customer_id) is None:
            raise Refused(f"There is no customer {action.customer_id}.")
        row = {"customer_id": action.customer_id, "text": action.text, "at": self._clock()}
        return (await books.execute(insert(customer_notes).values(row).returning(customer_notes.c.id))).scalar_one()
