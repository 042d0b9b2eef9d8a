"""What an invoice bills that its order has nothing left for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from domain.checks.drawdowns import Drawdown
from domain.checks.figures import ZERO, counted, fitting, rounded, shown, total
from domain.checks.pairing import Pair
from domain.findings import OverOrder
from domain.invoice import Invoice
from domain.purchasing import PurchaseOrder
from domain.tolerances import Tolerances


def overrun(
    invoice: Invoice, order: PurchaseOrder, pairs: Sequence[Pair], drawdowns: Sequence[Drawdown], tolerances: Tolerances
) -> Iterator[OverOrder]:
    """One finding for all of it, with the value left and the value billed.

    That is: order lines that earlier bills used up; invoice lines on no order line, document level charges and what
    else the total is above the matched lines, together, by more than the header tolerance; lines that fit several
    order lines; everything, if the order is closed.
    """
    used_up = [drawdown for drawdown in drawdowns if _used_up(drawdown, tolerances)]
    beyond = _beyond_lines(invoice, drawdowns)
    unclear = [pair for pair in pairs if pair.fits]
    reasons = [_left(drawdown) for drawdown in used_up]
    reasons += [f"line {pair.name} fits order lines {' and '.join(pair.fits)} equally well" for pair in unclear]
    if beyond > tolerances.header:
        reasons.append(_beyond(beyond, pairs, tolerances))
    if not order.open:
        reasons.insert(0, "the order is closed")
    if reasons:
        remainder = rounded(total(_remainder(drawdown) for drawdown in used_up))
        billed = total(drawdown.net for drawdown in used_up) + max(beyond, ZERO)
        if not order.open:
            remainder, billed = ZERO, _net(invoice)
        said = f"Order {order.id}: {'; '.join(reasons)}."
        yield OverOrder(said=said, remainder=fitting(remainder), billed=fitting(billed))


def _used_up(drawdown: Drawdown, tolerances: Tolerances) -> bool:
    """Within the order line alone, but not together with what was billed before."""
    most = drawdown.order_line.quantity + tolerances.quantity
    return ZERO < drawdown.quantity <= most < drawdown.billed


def _remainder(drawdown: Drawdown) -> Decimal:
    return max(drawdown.order_line.quantity - drawdown.billed_before, ZERO) * drawdown.order_line.unit_price


def _left(drawdown: Drawdown) -> str:
    left = max(drawdown.order_line.quantity - drawdown.billed_before, ZERO)
    return f"line {drawdown.order_line.id} has {counted(left)} left to bill, {counted(drawdown.quantity)} are billed"


def _net(invoice: Invoice) -> Decimal:
    stated = invoice.totals.without_tax
    return total(line.net_amount for line in invoice.lines) if stated is None else stated


def _beyond_lines(invoice: Invoice, drawdowns: Sequence[Drawdown]) -> Decimal:
    """The total without VAT above the matched lines, whatever the document calls it."""
    return _net(invoice) - total(drawdown.net for drawdown in drawdowns)


def _beyond(beyond: Decimal, pairs: Sequence[Pair], tolerances: Tolerances) -> str:
    loose = [f"line {pair.name} '{pair.text}'" for pair in pairs if pair.order_line is None and not pair.fits]
    what = " and ".join(loose[:3]) + (f" and {len(loose) - 3} more lines" if len(loose) > 3 else "")  # noqa: PLR2004
    named = f" ({what} on no order line)" if loose else ""
    return f"{shown(beyond)} are billed beyond its lines{named}, {shown(tolerances.header)} may be"
