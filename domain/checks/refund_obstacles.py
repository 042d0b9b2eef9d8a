"""What stands in the way of a whole request, whatever its lines are."""

from __future__ import annotations

from collections.abc import Iterator

from domain.checks.figures import shown
from domain.checks.refund_matter import Matter
from domain.checks.refund_remainder import paid, pending, remainder
from domain.refund_findings import (
    AlreadyRefunded,
    BlockedCustomer,
    DisputeOpen,
    NothingPaid,
    OtherCurrency,
    RefundFinding,
)


def obstacles(matter: Matter) -> Iterator[RefundFinding]:
    """What stands in the way of all of it, the firmest first."""
    account, currency = matter.account, matter.order.currency
    for dispute in account.disputes:
        if dispute.open:
            yield DisputeOpen(said=f"Dispute {dispute.id} of a payment of this order is open.", dispute_id=dispute.id)
    seen = [each.currency for each in (*account.charges, *account.refunds, *account.replacements)]
    seen += [matter.request.asked_currency or currency] if matter.request.asked else []
    if foreign := next((each for each in seen if each != currency), None):
        said = f"The order is in {currency}; something of it is in {foreign}."
        yield OtherCurrency(said=said, order_currency=currency, seen=foreign)
    if paid(account) <= 0:
        yield NothingPaid(said="No payment of this order is here: none was made, or the bank has taken it back.")
    elif remainder(account) <= 0:
        said = f"All of the {shown(paid(account))} {currency} paid has been given back, or is on its way back."
        yield AlreadyRefunded(said=said, order_line=None, pending=pending(account))
    if matter.known.customer.blocked:
        yield BlockedCustomer(said=f"Customer {matter.known.customer.id} is blocked.")
