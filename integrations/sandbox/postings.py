"""Effects on the books and what the books refuse. Each runs inside the transaction that also keeps its key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import PostBill, SchedulePayment, VoidBill
from domain.errors import Refused
from domain.purchasing import Supplier
from integrations.insertion import insertion
from integrations.sandbox.lookups import supplier_by_id
from integrations.sandbox.schema.purchasing import bill_codings, bill_lines, bills, order_lines, orders, payments

BILL_FIELDS = frozenset(bills.columns.keys()) & frozenset(PostBill.model_fields)


async def post(transaction: AsyncConnection, action: PostBill) -> str:
    """Post a bill with its order lines and coding; the reference is the bill's id."""
    await _active_supplier(transaction, action.supplier_id)
    await _order_lines_on_file(transaction, action)
    booked = sum((coding.net for coding in action.coding), Decimal(0))
    if booked != action.net:
        raise Refused(f"The coding of {action.invoice_number} books {booked} of {action.net} net.")
    bill_id = await _new_bill(transaction, action)
    await _attach(transaction, bill_id, action)
    return bill_id


async def pay(transaction: AsyncConnection, action: SchedulePayment) -> str:
    """Schedule a payment; the reference is the payment's id."""
    bill = await _locked(transaction, action.bill_id)
    supplier = await _active_supplier(transaction, action.supplier_id)
    if bill.supplier_id != supplier.id:
        raise Refused(f"{action.bill_id} is a bill of supplier {bill.supplier_id}, not of {supplier.id}.")
    if bill.status == "void" or bill.credit_note:
        raise Refused(f"{action.bill_id} is {'void' if bill.status == 'void' else 'a credit memo'}: nothing to pay.")
    if supplier.account is None or _plain(action.account) != _plain(supplier.account):
        raise Refused(f"Account {action.account} is not the one on file for supplier {supplier.id} ({supplier.name}).")
    await _payable(transaction, bill, action)
    row = action.model_dump(include={"bill_id", "account", "amount", "currency"})
    scheduled = insert(payments).values(**row, on=action.due_date, status="scheduled").returning(payments.c.id)
    return (await transaction.execute(scheduled)).scalar_one()


async def void(transaction: AsyncConnection, action: VoidBill) -> str:
    """Void a bill; the reference is the bill's id."""
    bill = await _locked(transaction, action.bill_id)
    if bill.status == "void":
        raise Refused(f"{action.bill_id} is void already: {bill.void_reason}.")
    if paid := await _scheduled(transaction, action.bill_id):
        raise Refused(f"{action.bill_id} has {paid} {bill.currency} of payments scheduled: it cannot be void.")
    voided = update(bills).where(bills.c.id == action.bill_id).values(status="void", void_reason=action.reason)
    await transaction.execute(voided)
    return action.bill_id


async def _new_bill(transaction: AsyncConnection, action: PostBill) -> str:
    """The unique index on posted bills decides, not a look beforehand: two workers may post at once."""
    row = action.model_dump(include=set(BILL_FIELDS)) | {"status": "posted"}
    statement = insertion(transaction, bills).values(row).on_conflict_do_nothing().returning(bills.c.id)
    bill_id = (await transaction.execute(statement)).scalar_one_or_none()
    if bill_id is None:
        kind = "Credit memo" if action.credit_note else "Bill"
        what = f"{kind} {action.invoice_number} of {action.issue_date}"
        raise Refused(f"{what} is already posted for supplier {action.supplier_id}.")
    return bill_id


async def _attach(transaction: AsyncConnection, bill_id: str, action: PostBill) -> None:
    for table, parts in ((bill_lines, action.lines), (bill_codings, action.coding)):
        rows = [{"bill_id": bill_id, "position": n, **part.model_dump()} for n, part in enumerate(parts)]
        if rows:
            await transaction.execute(insert(table), rows)


async def _active_supplier(transaction: AsyncConnection, supplier_id: str) -> Supplier:
    supplier = await supplier_by_id(transaction, supplier_id)
    if supplier is None:
        raise Refused(f"Supplier {supplier_id} is not in the supplier master.")
    if supplier.blocked:
        raise Refused(f"Supplier {supplier_id} ({supplier.name}) is blocked in the supplier master.")
    return supplier


async def _order_lines_on_file(transaction: AsyncConnection, action: PostBill) -> None:
    billed = {(line.order_id, line.order_line) for line in action.lines}
    query = (
        select(order_lines.c.order_id, order_lines.c.id)
        .join(orders)
        .where(orders.c.supplier_id == action.supplier_id, orders.c.id.in_({order_id for order_id, _ in billed}))
    )
    known = {(row.order_id, row.id) for row in await transaction.execute(query)}
    if missing := sorted(billed - known):
        order_id, line = missing[0]
        raise Refused(f"Supplier {action.supplier_id} has no line {line} in an order {order_id}.")


async def _payable(transaction: AsyncConnection, bill: Row[Any], action: SchedulePayment) -> None:
    if action.currency != bill.currency:
        raise Refused(f"{action.bill_id} is in {bill.currency}, the payment in {action.currency}.")
    left = bill.payable - await _scheduled(transaction, action.bill_id)
    if not Decimal(0) < action.amount <= left:
        raise Refused(f"{action.bill_id} has {left} {bill.currency} left to pay, the payment is {action.amount}.")


async def _scheduled(transaction: AsyncConnection, bill_id: str) -> Decimal:
    query = select(payments.c.amount).where(payments.c.bill_id == bill_id, payments.c.status == "scheduled")
    return sum((await transaction.execute(query)).scalars(), Decimal(0))


async def _locked(transaction: AsyncConnection, bill_id: str) -> Row[Any]:
    """The bill, kept from other transactions until this one ends, so that nobody pays what is being voided."""
    bill = (await transaction.execute(select(bills).where(bills.c.id == bill_id).with_for_update())).one_or_none()
    if bill is None:
        raise Refused(f"There is no bill {bill_id}.")
    return bill


def _plain(account: str) -> str:
    return "".join(account.split()).upper()
