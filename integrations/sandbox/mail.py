"""The sandbox's outgoing mail behind the `Mail` port: letters are kept in the books and go nowhere."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import (
    ConfirmBankDetails,
    Receipt,
    ReturnInvoice,
    SendRemittance,
    VerifyBankDetails,
)
from domain.errors import Refused
from domain.purchasing import Message
from integrations.sandbox import letters
from integrations.sandbox.accounts import is_contact
from integrations.sandbox.faults import Operation
from integrations.sandbox.lookups import all_messages
from integrations.sandbox.once import once
from integrations.sandbox.schema.effects import messages
from integrations.sandbox.schema.purchasing import suppliers
from integrations.sandbox.system import System


class SandboxMail(System):
    """Implements `domain.ports.Mail` on a prepared `Database`, with faults by setting."""

    async def send_remittance(self, key: str, action: SendRemittance) -> Receipt:
        """Tell a supplier what will be paid; refused for an address that is not in the supplier master."""
        return await self._send("send_remittance", key, action, letters.remittance(action))

    async def return_invoice(self, key: str, action: ReturnInvoice) -> Receipt:
        """Send an invoice back with the reasons; refused for an address that is not in the supplier master."""
        return await self._send("return_invoice", key, action, letters.returned(action))

    async def verify_bank_details(self, key: str, action: VerifyBankDetails) -> Receipt:
        """Ask a supplier about a change; refused for an address that was never on file for this supplier."""
        return await self._send_to_contact("verify_bank_details", key, action, letters.bank_change_asked(action))

    async def confirm_bank_details(self, key: str, action: ConfirmBankDetails) -> Receipt:
        """Tell a supplier of a change; refused for an address that was never on file for this supplier."""
        return await self._send_to_contact("confirm_bank_details", key, action, letters.bank_change_made(action))

    async def messages(self) -> tuple[Message, ...]:
        """Every message, in the order they left."""
        async with self._database.reading() as books:
            return await all_messages(books)

    async def _send(
        self, operation: Operation, key: str, action: SendRemittance | ReturnInvoice, letter: letters.Letter
    ) -> Receipt:
        async with self._trouble.around(operation), self._database.effect() as books:
            return await once(books, key, action, lambda: _leave_if_on_file(books, action.to, letter))

    async def _send_to_contact(
        self, operation: Operation, key: str, action: VerifyBankDetails | ConfirmBankDetails, letter: letters.Letter
    ) -> Receipt:
        async def leave() -> str:
            if not await is_contact(books, action.supplier_id, action.to):
                raise Refused(f"{action.to} was never a contact of supplier {action.supplier_id}.")
            return await leave_letter(books, action.to, letter)

        async with self._trouble.around(operation), self._database.effect() as books:
            return await once(books, key, action, leave)


async def leave_letter(books: AsyncConnection, to: str, letter: letters.Letter) -> str:
    """Let a letter leave; the reference is its id."""
    message = insert(messages).values(to=to, **letter.model_dump()).returning(messages.c.id)
    return (await books.execute(message)).scalar_one()


async def _leave_if_on_file(books: AsyncConnection, to: str, letter: letters.Letter) -> str:
    known = select(suppliers.c.id).where(suppliers.c.email == to).limit(1)
    if (await books.execute(known)).one_or_none() is None:
        raise Refused(f"{to} is not an address in the supplier master.")
    return await leave_letter(books, to, letter)
