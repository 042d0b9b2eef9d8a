"""Credit: for the customer to spend, and in the books."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.refunds import BookCreditNote, GrantStoreCredit, ReverseCreditNote
from domain.errors import Refused
from integrations.sandbox.billing_lookups import credit_notes_of
from integrations.sandbox.billing_remainder import (
    charged,
    left_of_order,
    locked_account,
    refuse,
    refuse_beyond,
    refuse_disputed,
    refuse_given_twice,
)
from integrations.sandbox.schema.sales import credit_notes, store_credits

OF_ORDER = {"order_id", "customer_id", "amount", "currency"}


async def grant(transaction: AsyncConnection, action: GrantStoreCredit, at: datetime) -> str:
    """Credit the customer's account, at most with what is left of the order; the reference is the credit's id."""
    account = await locked_account(transaction, action)
    refuse_disputed(account, None)
    if action.currency != account.order.currency:
        refuse("other_currency", f"{action.order_id} is in {account.order.currency}, not in {action.currency}.")
    refuse_beyond(left_of_order(account), action)
    refuse_given_twice(account, action.items)
    row = action.model_dump(include=OF_ORDER | {"items"}) | {"at": at}
    return (await transaction.execute(insert(store_credits).values(row).returning(store_credits.c.id))).scalar_one()


async def book(transaction: AsyncConnection, action: BookCreditNote, at: datetime) -> str:
    """Book a credit note, all of an order's together at most what was charged; the reference is its id."""
    account = await locked_account(transaction, action)
    if action.currency != account.order.currency:
        raise Refused(f"{action.order_id} is in {account.order.currency}, the credit note in {action.currency}.")
    valid = (note for note in await credit_notes_of(transaction, action.order_id) if note.reversed_because is None)
    left = charged(account) - sum((note.amount for note in valid), Decimal(0))
    if action.amount > left:
        raise Refused(f"{left:f} {action.currency} of {action.order_id} can be credited, not {action.amount:f}.")
    row = action.model_dump(include=OF_ORDER) | {"at": at}
    return (await transaction.execute(insert(credit_notes).values(row).returning(credit_notes.c.id))).scalar_one()


async def reverse(transaction: AsyncConnection, action: ReverseCreditNote) -> str:
    """Reverse a credit note; the reference is its id."""
    this = credit_notes.c.id == action.credit_note_id
    note = (await transaction.execute(select(credit_notes).where(this).with_for_update())).one_or_none()
    if note is None:
        raise Refused(f"There is no credit note {action.credit_note_id}.")
    if note.reversed_because is not None:
        raise Refused(f"{action.credit_note_id} is reversed already: {note.reversed_because}.")
    await transaction.execute(update(credit_notes).where(this).values(reversed_because=action.why))
    return action.credit_note_id
