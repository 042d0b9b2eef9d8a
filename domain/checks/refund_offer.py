"""What giving something back comes to: amount, payment, means and risks, from billing alone."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.actions.refunds import ReturnedItem
from domain.checks.figures import ZERO, shown, total
from domain.checks.refund_lines import SENT
from domain.checks.refund_matter import Matter
from domain.checks.refund_remainder import floored, in_cents, left_of, left_of_payment, remainder, surplus
from domain.checks.refund_risk import risks
from domain.refund_findings import BeyondPayment, NothingPaid
from domain.refunding import Form, Give, LineStanding
from domain.sales import Charge

Impossible = BeyondPayment | NothingPaid
RESALEABLE = frozenset({"changed_mind", "wrong_item", "not_as_described"})


def offer(matter: Matter, lines: Sequence[LineStanding], form: Form, *, whole: bool) -> Give | Impossible:
    """Give back these lines in this form, or say why that cannot be; `whole`: nothing that is asked for is left out.

    Shipping goes back with the last goods of the order. The amount asked is a bound, and so is what is left.
    """
    value = total(line.amount for line in lines) + _shipping(matter, lines)
    return _offered(matter, lines, form, value=value, whole=whole)


def offer_surplus(matter: Matter) -> Give | Impossible:
    """Give back what was paid too much."""
    return _offered(matter, (), "money", value=surplus(matter.account), whole=True)


def _offered(
    matter: Matter, lines: Sequence[LineStanding], form: Form, *, value: Decimal, whole: bool
) -> Give | Impossible:
    bound = value if form == "exchange" or matter.request.asked is None else floored(matter.request.asked)
    left = remainder(matter.account)
    amount = value if form == "exchange" else floored(min(value, left, bound))
    if amount <= 0:
        return NothingPaid(said="Nothing was paid for it.")
    payment = _payment(matter, amount) if form == "money" else None
    if amount > left or (form == "money" and payment is None):
        said = f"{shown(amount)} {matter.order.currency} is more than any single payment of the order has left."
        return BeyondPayment(said=said, amount=amount)
    if payment and payment.means in matter.terms.credit_means:
        form, payment = "store_credit", None
    give = _given(matter, lines, form, payment)
    full = whole and amount >= bound
    return give.model_copy(update={"amount": amount, "full": full, "risks": risks(matter, lines, amount)})


def _given(matter: Matter, lines: Sequence[LineStanding], form: Form, payment: Charge | None) -> Give:
    """An offer but for its amount and what follows from that."""
    left = remainder(matter.account)
    return Give(
        form=form,
        items=tuple(_item(line, line.quantity) for line in lines),
        back=tuple(_item(line, line.back) for line in lines if line.back > 0 and matter.reason in RESALEABLE),
        ends_access=_ends_access(matter, lines),
        amount=ZERO,
        full=False,
        reason=matter.reason,
        in_window=all(line.timing == "in_time" for line in lines),
        risks=(),
        payment_id=payment.id if payment else None,
        means="original" if payment is None or _takes_back(matter, payment) else "other",
        remaining=min(left, left_of_payment(payment, matter.account)) if payment else left,
    )


def _shipping(matter: Matter, lines: Sequence[LineStanding]) -> Decimal:
    """What was paid for shipping, where nothing of the order stays with the customer."""
    going = {line.order_line: line.quantity for line in lines}
    stays = any(left_of(line, matter.account) > going.get(line.id, ZERO) for line in matter.order.lines)
    return ZERO if stays else in_cents(matter.order.shipping, matter.account)


def _payment(matter: Matter, amount: Decimal) -> Charge | None:
    """A payment with enough left: rather one that takes money back, rather the newest."""
    able = [each for each in matter.account.charges if left_of_payment(each, matter.account) >= amount]
    return max(able, key=lambda each: (_takes_back(matter, each), each.at, each.id), default=None)


def _takes_back(matter: Matter, payment: Charge) -> bool:
    terms, until = matter.terms, payment.refundable_until
    return payment.means not in (*terms.credit_means, *terms.other_means) and (until is None or matter.today <= until)


def _item(line: LineStanding, quantity: Decimal) -> ReturnedItem:
    return ReturnedItem(order_line=line.order_line, item=line.item, quantity=quantity)


def _ends_access(matter: Matter, lines: Sequence[LineStanding]) -> bool:
    """Whether these are all that the order still gives access to."""
    going = {line.order_line: line.quantity for line in lines}
    access = [line for line in matter.order.lines if line.category not in SENT]
    stays = any(left_of(line, matter.account) > going.get(line.id, ZERO) for line in access)
    return not stays and any(line.id in going for line in access)
