"""Suppliers' accounts and contacts, and their histories, of which nothing is deleted."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import ChangeBankDetails
from domain.bank import AccountChange, Contact, SupplierRecord
from domain.checks.bank_details import masked
from domain.checks.identifiers import normal_account
from domain.errors import Refused
from integrations.sandbox.lookups import supplier_by_id
from integrations.sandbox.schema.purchasing import account_changes, contacts, suppliers

SHARED_SHOWN = 5


async def record_of(snapshot: AsyncConnection, supplier_id: str, account: str) -> SupplierRecord | None:
    """The supplier with its newest contact, how often its account was changed, and who else has an account."""
    supplier = await supplier_by_id(snapshot, supplier_id)
    if supplier is None:
        return None
    changes = select(func.count()).where(account_changes.c.supplier_id == supplier_id)
    return SupplierRecord(
        supplier=supplier,
        contact=await _newest_contact(snapshot, supplier_id),
        changes=(await snapshot.execute(changes)).scalar_one(),
        shared_with=await _others_with(snapshot, supplier_id, normal_account(account)),
    )


async def changes_of(snapshot: AsyncConnection, supplier_id: str) -> tuple[AccountChange, ...]:
    """Oldest first."""
    mine = select(account_changes).where(account_changes.c.supplier_id == supplier_id).order_by(account_changes.c.id)
    return tuple(AccountChange.model_validate(dict(row)) for row in (await snapshot.execute(mine)).mappings())


async def changed_accounts(snapshot: AsyncConnection) -> dict[str, str]:
    """The account of each supplier whose account was ever changed."""
    column = account_changes.c
    all_changes = select(column.supplier_id, column.account).order_by(column.id)
    return {row.supplier_id: row.account for row in await snapshot.execute(all_changes)}


async def is_contact(snapshot: AsyncConnection, supplier_id: str, email: str) -> bool:
    """Whether an address is, or once was, on file for exactly this supplier."""
    once_on_file = select(contacts.c.supplier_id).where(
        contacts.c.supplier_id == supplier_id, contacts.c.email == email
    )
    known = select(suppliers.c.id).where(
        suppliers.c.id == supplier_id, or_(suppliers.c.email == email, suppliers.c.id.in_(once_on_file))
    )
    return bool(email) and (await snapshot.execute(known)).one_or_none() is not None


async def change(transaction: AsyncConnection, key: str, action: ChangeBankDetails) -> str:
    """Replace the account if it is the one that was shown; the reference is the change's id."""
    query = select(suppliers).where(suppliers.c.id == action.supplier_id).with_for_update()
    supplier = (await transaction.execute(query)).one_or_none()
    if supplier is None:
        raise Refused(f"Supplier {action.supplier_id} is not in the supplier master.")
    if supplier.blocked:
        raise Refused(f"Supplier {action.supplier_id} is blocked in the supplier master.")
    if normal_account(supplier.account) != normal_account(action.old_account):
        shown, now = masked(action.old_account), masked(supplier.account)
        raise Refused(f"People were shown {shown} as the account on file of {action.supplier_id}, and now it is {now}.")
    replaced = update(suppliers).where(suppliers.c.id == action.supplier_id).values(account=action.account)
    await transaction.execute(replaced)
    row = action.model_dump(include={"supplier_id", "account", "holder"})
    row |= {"old_account": supplier.account, "key": key, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    return (await transaction.execute(insert(account_changes).values(row).returning(account_changes.c.id))).scalar_one()


async def _newest_contact(snapshot: AsyncConnection, supplier_id: str) -> Contact | None:
    """None also where two are equally new: nobody knows then which of them replaced the other."""
    newest = select(contacts).where(contacts.c.supplier_id == supplier_id).order_by(contacts.c.since.desc()).limit(2)
    rows = [dict(row) for row in (await snapshot.execute(newest)).mappings()]
    if not rows or len({row["since"] for row in rows}) < len(rows):
        return None
    return Contact.model_validate({name: value or None for name, value in rows[0].items()})


async def _others_with(snapshot: AsyncConnection, supplier_id: str, account: str) -> tuple[str, ...]:
    plain = func.upper(func.replace(suppliers.c.account, " ", ""))
    others = select(suppliers.c.id).where(plain == account, suppliers.c.id != supplier_id).order_by(suppliers.c.id)
    return tuple((await snapshot.execute(others.limit(SHARED_SHOWN))).scalars())
