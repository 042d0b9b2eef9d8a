"""What makes a refund unusual. Each is found by a rule that a person can repeat; none of them decides.

- open_dispute: a dispute of a payment of this order is open.
- new_account: the account is younger than the terms' days.
- third_refund_30d, many_refunds_90d: with this one, the customer has had as many in as many days (what failed for good
  does not count, what is on its way does, and so do credit and goods given for this order).
- not_returned: goods are paid back that are not back. Lost ones are not missing, damaged ones of small worth may stay.
- unusual_amount: more than so many times the median of the customer's other orders in this currency; with hardly any
  orders, more than a figure of the currency; in a currency without a figure, any amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from domain.actions.refunds import RefundRisk
from domain.checks.figures import ZERO, total
from domain.checks.refund_lines import SENT
from domain.checks.refund_matter import Matter
from domain.checks.refund_remainder import given
from domain.refunding import LineStanding

MONTH, QUARTER = 30, 90
MAY_STAY = frozenset({"damaged", "wrong_item"})


def risks(matter: Matter, lines: Sequence[LineStanding], amount: Decimal) -> tuple[RefundRisk, ...]:
    """What is unusual about giving back so much for these lines, in the order of the catalogue."""
    return tuple(_risks(matter, lines, amount))


def _risks(matter: Matter, lines: Sequence[LineStanding], amount: Decimal) -> Iterator[RefundRisk]:
    limits = matter.terms.risk_on(matter.today)
    if any(dispute.open for dispute in matter.account.disputes):
        yield "open_dispute"
    if (matter.today - matter.known.customer.since).days < limits.new_account_days:
        yield "new_account"
    if recent(matter, MONTH) + 1 >= limits.refunds_in_30_days:
        yield "third_refund_30d"
    if recent(matter, QUARTER) + 1 >= limits.refunds_in_90_days:
        yield "many_refunds_90d"
    if missing(matter, lines):
        yield "not_returned"
    if _unusual(matter, amount):
        yield "unusual_amount"


def recent(matter: Matter, days: int) -> int:
    """What the customer was given back in so many days before today, today and the first of them included."""
    earlier = [each.at for each in matter.account.earlier if each.state != "failed"]
    moments = [*earlier, *(each.at for each in given(matter.account))]
    return sum((matter.today - matter.terms.day_of(at)).days <= days for at in moments)


def missing(matter: Matter, lines: Sequence[LineStanding]) -> bool:
    """Whether goods would be paid back that ought to be here and are not."""
    if matter.reason == "not_received":
        return False
    out = [line for line in lines if line.category in SENT and line.back < line.quantity]
    keep = matter.terms.figures(matter.order.currency).keep_up_to if matter.reason in MAY_STAY else ZERO
    return bool(out) and total(line.amount for line in out) > keep


def _unusual(matter: Matter, amount: Decimal) -> bool:
    limits, currency = matter.terms.risk_on(matter.today), matter.order.currency
    totals = [order.total for order in matter.others if order.currency == currency]
    if len(totals) < max(limits.usual_orders, 1):
        return amount > matter.terms.figures(currency).unusual_above
    return amount > limits.usual_times * median(totals)
