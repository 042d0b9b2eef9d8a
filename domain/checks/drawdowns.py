"""What an invoice takes from each order line, beside what was ordered, accepted and billed before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.checks.figures import ZERO, fitting, rounded, total
from domain.checks.pairing import Pair
from domain.purchasing import Bill, BilledLine, GoodsReceipt, OrderLine, PurchaseOrder
from domain.text import show


@dataclass(frozen=True)
class Drawdown:
    """All that one invoice bills on one order line."""

    order_id: str
    order_line: OrderLine
    invoice_lines: str
    """The names of the invoice lines, for a person."""
    quantity: Decimal
    net: Decimal
    billed_before: Decimal
    """By earlier bills that are not void, less credit memos."""
    accepted: Decimal | None
    """Received less rejected; None where the order asks for no receipt."""

    @property
    def billed(self) -> Decimal:
        """The quantity billed by this invoice and before it."""
        return self.billed_before + self.quantity

    @property
    def expected(self) -> Decimal:
        """The net amount at the order's price, in whole cents as invoices state it."""
        return rounded(self.quantity * self.order_line.unit_price)

    def as_billed(self) -> BilledLine:
        """What the bill keeps of it."""
        return BilledLine(
            order_id=self.order_id,
            order_line=self.order_line.id,
            quantity=fitting(self.quantity),
            net=fitting(self.net),
        )


def drawdowns_on(
    order: PurchaseOrder, pairs: Sequence[Pair], receipts: Sequence[GoodsReceipt], bills: Sequence[Bill]
) -> tuple[Drawdown, ...]:
    """One drawdown for each order line that the invoice bills, in the order's order."""
    by_line: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.order_line is not None:
            by_line[pair.order_line.id].append(pair)
    before = billed_before(order.id, bills)
    accepted = _accepted(order.id, receipts)
    return tuple(
        Drawdown(
            order_id=order.id,
            order_line=line,
            invoice_lines=show(", ".join(pair.name for pair in by_line[line.id]), 60),
            quantity=total(pair.quantity for pair in by_line[line.id]),
            net=total(pair.net for pair in by_line[line.id]),
            billed_before=before[line.id],
            accepted=accepted[line.id] if order.three_way else None,
        )
        for line in order.lines
        if line.id in by_line
    )


def billed_before(order_id: str, bills: Sequence[Bill]) -> defaultdict[str, Decimal]:
    """The quantity that posted bills took from each line of an order, less what credit memos gave back."""
    before: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for bill in bills:
        if bill.status == "posted":
            for line in bill.lines:
                if line.order_id == order_id:
                    before[line.order_line] += -line.quantity if bill.credit_note else line.quantity
    return before


def _accepted(order_id: str, receipts: Sequence[GoodsReceipt]) -> defaultdict[str, Decimal]:
    accepted: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for receipt in receipts:
        if receipt.order_id == order_id:
            accepted[receipt.order_line] += receipt.received - receipt.rejected
    return accepted
