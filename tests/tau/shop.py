"""What each retail write does to an order and its customer: pure, money in whole cents, refusals by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.errors import Refused
from tests.tau import actions as do

Body = dict[str, Any]
GIFT = "gift_card"


@dataclass
class Touched:
    """The records of one write, free to be changed: its order, if any, and the customer; products to look at."""

    order: Body
    user: Body
    products: Mapping[str, Body]


def apply(action: do.RetailAction, touched: Touched) -> None:
    """Do it; raise `Refused`, with nothing changed, where the shop's rules forbid it."""
    WRITES[type(action)](action, touched)


def _cancel(action: do.CancelOrder, touched: Touched) -> None:
    order = _in(touched.order, "pending")
    for paid in tuple(order["payment_history"]):
        _move(touched, paid["payment_method_id"], _money(paid["amount"]))
        _book(order, "refund", paid["payment_method_id"], _money(paid["amount"]))
    order |= {"status": "cancelled", "cancel_reason": action.reason}


def _return(action: do.ReturnItems, touched: Touched) -> None:
    order = _in(touched.order, "delivered")
    _held(order, action.item_ids)
    means = _means(touched, action.payment_method_id)
    if means["source"] != GIFT and means["id"] != order["payment_history"][0]["payment_method_id"]:
        raise Refused("Money goes back to the means it came from, or onto a gift card.")
    order |= {
        "status": "return requested",
        "return_items": sorted(action.item_ids),
        "return_payment_method_id": means["id"],
    }


def _exchange(action: do.ExchangeDelivered, touched: Touched) -> None:
    order = _in(touched.order, "delivered")
    difference = sum((new - old for _, old, new in _swaps(action, touched)), Decimal())
    _covered(touched, action.payment_method_id, difference)
    order |= {
        "status": "exchange requested",
        "exchange_items": sorted(action.item_ids),
        "exchange_new_items": sorted(action.new_item_ids),
        "exchange_payment_method_id": action.payment_method_id,
        "exchange_price_difference": float(difference),
    }


def _change_items(action: do.ChangeItems, touched: Touched) -> None:
    order = _in(touched.order, "pending")
    swaps = _swaps(action, touched)
    difference = sum((new - old for _, old, new in swaps), Decimal())
    _covered(touched, action.payment_method_id, difference)
    kind = "payment" if difference > 0 else "refund"
    _book(order, kind, action.payment_method_id, abs(difference))
    _move(touched, action.payment_method_id, -difference)
    for variant, old_id in zip((each for each, _, _ in swaps), action.item_ids, strict=True):
        item = next(each for each in order["items"] if each["item_id"] == old_id)
        item |= {name: variant[name] for name in ("item_id", "price", "options")}
    order["status"] = "pending (item modified)"


def _change_payment(action: do.ChangePayment, touched: Touched) -> None:
    order = _in(touched.order, "pending")
    if [each["transaction_type"] for each in order["payment_history"]] != ["payment"]:
        raise Refused("Only an order with exactly one payment can be paid otherwise.")
    before, amount = order["payment_history"][0]["payment_method_id"], _money(order["payment_history"][0]["amount"])
    if before == action.payment_method_id:
        raise Refused("It is paid by these means already.")
    _covered(touched, action.payment_method_id, amount)
    _book(order, "payment", action.payment_method_id, amount)
    _book(order, "refund", before, amount)
    _move(touched, action.payment_method_id, -amount)
    _move(touched, before, amount)


def _ship(action: do.ChangeShipping, touched: Touched) -> None:
    _in(touched.order, "pending")["address"] = action.address.model_dump()


def _home(action: do.ChangeHome, touched: Touched) -> None:
    touched.user["address"] = action.address.model_dump()


WRITES: Mapping[type[do.RetailAction], Callable[[Any, Touched], None]] = {
    do.CancelOrder: _cancel,
    do.ReturnItems: _return,
    do.ExchangeDelivered: _exchange,
    do.ChangeItems: _change_items,
    do.ChangePayment: _change_payment,
    do.ChangeShipping: _ship,
    do.ChangeHome: _home,
}


def _in(order: Body, status: str) -> Body:
    if order["status"] != status:
        raise Refused(f"The order is {order['status']}, not {status}.")
    return order


def _held(order: Body, item_ids: Sequence[str]) -> None:
    there = [item["item_id"] for item in order["items"]]
    if lacking := [each for each in item_ids if item_ids.count(each) > there.count(each)]:
        raise Refused(f"The order does not have {lacking[0]} so often.")


def _swaps(action: do.SwapItems, touched: Touched) -> list[tuple[Body, Decimal, Decimal]]:
    """For each item the variant that replaces it, the price paid and the new one."""
    _held(touched.order, action.item_ids)
    if len(action.item_ids) != len(action.new_item_ids):
        raise Refused("Each item takes one other.")
    swaps: list[tuple[Body, Decimal, Decimal]] = []
    for old_id, new_id in zip(action.item_ids, action.new_item_ids, strict=True):
        item = next(each for each in touched.order["items"] if each["item_id"] == old_id)
        variant = touched.products[item["product_id"]]["variants"].get(new_id)
        if variant is None or not variant["available"]:
            raise Refused(f"{new_id} is no available form of {item['name']}.")
        swaps.append((variant, _money(item["price"]), _money(variant["price"])))
    return swaps


def _means(touched: Touched, means_id: str) -> Body:
    found: Body | None = touched.user["payment_methods"].get(means_id)
    if found is None:
        raise Refused(f"The customer has no means of payment {means_id}.")
    return found


def _covered(touched: Touched, means_id: str, amount: Decimal) -> None:
    means = _means(touched, means_id)
    if means["source"] == GIFT and _money(means["balance"]) < amount:
        raise Refused("The gift card does not hold so much.")


def _move(touched: Touched, means_id: str, amount: Decimal) -> None:
    """Put money onto a gift card, or take it; other means settle elsewhere."""
    means = _means(touched, means_id)
    if means["source"] == GIFT:
        means["balance"] = float(_money(means["balance"]) + amount)


def _book(order: Body, kind: str, means_id: str, amount: Decimal) -> None:
    booked = {"transaction_type": kind, "amount": float(amount), "payment_method_id": means_id}
    order["payment_history"].append(booked)


def _money(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))
