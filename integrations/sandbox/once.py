"""An effect at most once: its key is written in the same transaction as the effect itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pydantic import BaseModel
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import Receipt
from domain.errors import IdempotencyConflict
from governance.canonical import digest
from integrations.insertion import insertion
from integrations.sandbox.schema.effects import keys

Effect = Callable[[], Awaitable[str]]
"""Does the thing and returns its reference."""


async def once(transaction: AsyncConnection, key: str, action: BaseModel, effect: Effect) -> Receipt:
    """Do the effect for this key, or return the receipt of the first time.

    Claiming a key makes every other transaction with that key wait until this one commits or rolls back.
    """
    body = digest(action)
    claim = insertion(transaction, keys).values(key=key, body=body).on_conflict_do_nothing()
    if (await transaction.execute(claim)).rowcount == 0 and (known := await _first_receipt(transaction, key, body)):
        return known
    reference = await effect()
    await transaction.execute(update(keys).where(keys.c.key == key).values(reference=reference))
    return Receipt(reference=reference, first=True)


async def receipt_of(snapshot: AsyncConnection, key: str, action: BaseModel) -> Receipt | None:
    """The receipt of an effect that was done with this key; `IdempotencyConflict` where its body was another."""
    return await _first_receipt(snapshot, key, digest(action))


async def _first_receipt(transaction: AsyncConnection, key: str, body: str) -> Receipt | None:
    used = (await transaction.execute(select(keys).where(keys.c.key == key))).one_or_none()
    if used is None:
        return None
    if used.body != body:
        raise IdempotencyConflict(f"Key {key} stands for {used.reference}; its body was {used.body}, now it is {body}.")
    return Receipt(reference=used.reference, first=False)
