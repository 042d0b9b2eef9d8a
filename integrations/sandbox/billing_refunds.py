"""The payment provider: refunds that are pending first and settled later, and what it refuses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions.refunds import IssueRefund
from domain.sales import Charge, Refund, RefundFailure
from integrations.sandbox.billing_lookups import account_of, refund_by_id
from integrations.sandbox.billing_remainder import (
    left_of_charge,
    lock_order,
    locked_account,
    refuse,
    refuse_beyond,
    refuse_disputed,
    refuse_given_twice,
)
from integrations.sandbox.schema.sales import disputes, refunds
from integrations.sandbox.trouble import Trouble

NO_WAY_BACK = frozenset({"voucher", "cash"})
"""Means that nothing can be sent back to."""


async def issue(transaction: AsyncConnection, action: IssueRefund, at: datetime) -> str:
    """Ask for a refund; the reference is its id, and it is pending."""
    account = await locked_account(transaction, action)
    charge = next((each for each in account.charges if each.id == action.payment_id), None)
    if charge is None:
        refuse("declined", f"order {action.order_id} has no payment {action.payment_id}.")
    _refuse_unpaid(charge)
    refuse_disputed(account, charge.id)
    _refuse_means(charge, action, at)
    if action.amount > charge.amount:
        refuse("more_than_original", f"{charge.id} was {charge.amount:f} {charge.currency}, not {action.amount:f}.")
    refuse_beyond(left_of_charge(account, charge), action)
    refuse_given_twice(account, action.items)
    row = action.model_dump(include={"order_id", "customer_id", "amount", "currency", "items"})
    row |= {"charge_id": charge.id, "state": "pending", "at": at}
    return (await transaction.execute(insert(refunds).values(row).returning(refunds.c.id))).scalar_one()


async def settle(transaction: AsyncConnection, asked: Refund, at: datetime, trouble: Trouble) -> Refund:
    """Decide a pending refund: it fails where the provider declines it or a dispute has opened meanwhile."""
    await lock_order(transaction, asked.order_id)
    refund = await refund_by_id(transaction, asked.id)
    if refund is None or refund.state != "pending":
        return refund or asked
    if await trouble.happens(transaction, "issue_refund", "dispute"):
        await contest(transaction, refund, at)
    failure = await _failure_of(transaction, refund, trouble)
    outcome = {"state": "failed" if failure else "succeeded", "failure": failure}
    await transaction.execute(update(refunds).where(refunds.c.id == refund.id).values(outcome))
    return Refund.model_validate(refund.model_dump() | outcome)


async def contest(transaction: AsyncConnection, what: Refund | Charge, at: datetime) -> str:
    """Open a dispute of a charge, or of the charge that is being refunded."""
    charge_id = what.charge_id if isinstance(what, Refund) else what.id
    row = {"charge_id": charge_id, "amount": what.amount, "currency": what.currency, "open": True, "at": at}
    return (await transaction.execute(insert(disputes).values(row).returning(disputes.c.id))).scalar_one()


async def _failure_of(transaction: AsyncConnection, refund: Refund, trouble: Trouble) -> RefundFailure | None:
    account = await account_of(transaction, refund.order_id)
    if account and any(each.open and each.charge_id == refund.charge_id for each in account.disputes):
        return "dispute_open"
    return "declined" if await trouble.happens(transaction, "issue_refund", "decline") else None


def _refuse_unpaid(charge: Charge) -> None:
    if charge.state == "failed":
        refuse("declined", f"payment {charge.id} failed: nothing was paid.")
    if charge.state == "charged_back":
        refuse("already_refunded", f"the customer's bank has taken {charge.id} back.")


def _refuse_means(charge: Charge, action: IssueRefund, at: datetime) -> None:
    """Only money that goes back the way it came is bound to the provider's means and time limit."""
    if action.currency != charge.currency:
        refuse("other_currency", f"{charge.id} was paid in {charge.currency}, not in {action.currency}.")
    if action.means == "other":
        return
    if charge.means in NO_WAY_BACK:
        refuse("means_cannot_refund", f"{charge.id} was paid by {charge.means}: give the money back another way.")
    if charge.refundable_until is not None and at.date() > charge.refundable_until:
        refuse("too_late", f"{charge.id} could be refunded until {charge.refundable_until}.")
