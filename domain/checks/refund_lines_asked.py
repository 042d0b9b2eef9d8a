"""Which lines of the order a request is about, and what only shows over several of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from domain.checks.figures import ZERO, shown, total
from domain.checks.identifiers import normal_number
from domain.checks.refund_lines import SENT
from domain.checks.refund_matter import Matter
from domain.checks.refund_remainder import back_of, left_of, pending, unnoted
from domain.refund_findings import AlreadyRefunded, EarlierRefundUnclear, MixedClaim, RefundFinding, UnknownItem
from domain.refunding import AskedItem, LineStanding
from domain.sales import OrderAccount, SoldLine
from domain.text import show


def asked_lines(matter: Matter) -> dict[SoldLine, Decimal] | UnknownItem | AlreadyRefunded:
    """The order's lines that are asked back, and how many of each; without any named, all that is left."""
    if not matter.request.items:
        left = {line: left_of(line, matter.account) for line in matter.order.lines}
        left = {line: quantity for line, quantity in left.items() if quantity > 0}
        said = "Every line of the order has been given back, or is on its way back."
        return left or AlreadyRefunded(said=said, order_line=None, pending=pending(matter.account))
    asked: dict[SoldLine, Decimal] = {}
    for name, wanted in _wanted(matter.request.items).items():
        lines = _named(name, matter.order.lines)
        if not lines:
            named = show(name, 60)
            return UnknownItem(said=f"{named} is no line of order {matter.order.id}, or not only one.", named=named)
        for line, quantity in _spread(wanted, lines, matter.account):
            asked[line] = asked.get(line, ZERO) + quantity
    return asked


def _wanted(items: Sequence[AskedItem]) -> dict[str, Decimal]:
    return {each.line: total(item.quantity for item in items if item.line == each.line) for each in items}


def _named(name: str, lines: Sequence[SoldLine]) -> list[SoldLine]:
    """The line with this id, else those with this item, if they are alike in price and kind."""
    if by_line := [line for line in lines if line.id == name]:
        return by_line
    wanted = normal_number(name)
    found = [line for line in lines if wanted and normal_number(line.item) == wanted]
    return found if len({(line.unit_price, line.category) for line in found}) == 1 else []


def _spread(quantity: Decimal, lines: Sequence[SoldLine], account: OrderAccount) -> Iterator[tuple[SoldLine, Decimal]]:
    """So many of an item over its lines: first where it is back, and what is too much on the last."""
    first_back = sorted(lines, key=lambda line: (back_of(line, account), left_of(line, account)), reverse=True)
    for line in first_back[:-1]:
        taken = min(quantity, left_of(line, account))
        quantity -= taken
        if taken:
            yield line, taken
    if quantity:
        yield first_back[-1], quantity


def between_lines(matter: Matter, given: Sequence[LineStanding]) -> Iterator[RefundFinding]:
    """What only shows over several lines."""
    going = {line.order_line: line.quantity for line in given}
    everything = all(left_of(line, matter.account) <= going.get(line.id, ZERO) for line in matter.order.lines)
    unclear = unnoted(matter.account)
    if given and unclear > 0 and not everything:
        said = f"{shown(unclear)} {matter.order.currency} was given back before, and nobody noted for what."
        yield EarlierRefundUnclear(said=said, amount=unclear)
    if len({line.timing == "in_time" for line in given}) > 1:
        yield MixedClaim(said="Some of it is in time and some is late.")
    elif matter.request.wish == "exchange" and not exchangeable(given):
        yield MixedClaim(said="An exchange is asked for, and not all of it is goods.")


def exchangeable(lines: Sequence[LineStanding]) -> bool:
    """Only what is sent can be exchanged."""
    return all(line.category in SENT for line in lines)
