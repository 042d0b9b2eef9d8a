"""The sandbox's mail to customers behind the `CustomerMail` port: letters are kept with all other outgoing mail."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.actions import Receipt
from domain.actions.refunds import SendRefundNotice
from domain.errors import Refused
from domain.text import show
from integrations.sandbox.crm_lookups import plain_address
from integrations.sandbox.customer_mail_letters import refund_notice
from integrations.sandbox.letters import NAME_LIMIT
from integrations.sandbox.mail import leave_letter
from integrations.sandbox.schema.customers import customer_addresses
from integrations.sandbox.schema.sales import sales_orders
from integrations.sandbox.system import System


class SandboxCustomerMail(System):
    """Implements `domain.support_ports.CustomerMail` on a prepared `Database`, with faults by setting."""

    async def send_refund_notice(self, key: str, action: SendRefundNotice) -> Receipt:
        """Tell what came of a request; refused for an address that is not on file for the order's customer."""
        return await self._do("send_refund_notice", key, action, _send)


async def _send(books: AsyncConnection, action: SendRefundNotice) -> str:
    known = (
        select(customer_addresses.c.customer_id)
        .join(sales_orders, sales_orders.c.customer_id == customer_addresses.c.customer_id)
        .where(sales_orders.c.id == action.order_id, customer_addresses.c.address == plain_address(action.to))
    )
    if (await books.execute(known)).one_or_none() is None:
        to, order = show(action.to, NAME_LIMIT), show(action.order_id, NAME_LIMIT)
        raise Refused(f"{to} is not an address on file for the customer of order {order}.")
    return await leave_letter(books, action.to.strip(), refund_notice(action))
