"""Where the net amount of an invoice is booked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from domain.checks.figures import LARGEST, ZERO, exact, total
from domain.purchasing import BilledLine, Coding, PurchaseOrder, Supplier


@exact()
def coding_of(
    net: Decimal, order: PurchaseOrder | None, lines: Sequence[BilledLine], supplier: Supplier
) -> tuple[Coding, ...]:
    """By the order's lines, else by the supplier's default; empty where neither is known. It sums to `net` exactly.

    What the lines do not add up to (document level allowances and charges, lines on no order line) goes to the largest.
    """
    shares = _shares(order, lines) if order else {}
    if not shares:
        shares = {(supplier.default_account or "", supplier.default_cost_centre or ""): net}
    if not all(account and centre for account, centre in shares):
        return ()
    largest = max(shares, key=lambda place: abs(shares[place]))
    shares[largest] += net - total(shares.values())
    if any(abs(share) > LARGEST for share in shares.values()):
        shares = {largest: net}
    return tuple(Coding(account=account, cost_centre=centre, net=share) for (account, centre), share in shares.items())


def _shares(order: PurchaseOrder, lines: Sequence[BilledLine]) -> dict[tuple[str, str], Decimal]:
    places = {line.id: (line.account, line.cost_centre) for line in order.lines}
    shares: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        shares[places[line.order_line]] += line.net
    return dict(shares)
