"""A thousand orders of a shop and what its own policy gave back, held against our figures."""

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.refunding import Give, Refuse, Standing
from domain.sales import Charge, Means, OrderAccount, SoldLine
from tests.refunds import account, asked, charge, line, order, refund, stands

Shop = dict[str, dict[str, Any]]
Gold = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def shop(shared: Path) -> Shop:
    with gzip.open(shared / "agent_tasks" / "tau_retail_db" / "orders.json.gz", "rt") as file:
        return json.load(file, parse_float=Decimal)


@pytest.fixture(scope="module")
def gold(shared: Path) -> Gold:
    """What each task does first to an order, with the amount that went back for a cancelled one."""
    found: Gold = []
    for row in (shared / "agent_tasks" / "tau_retail_tasks.jsonl").read_text().splitlines():
        task = json.loads(row, parse_float=Decimal)
        seen: set[str] = set()
        for action in task["gold_actions"]:
            said = action["arguments"]
            if said.get("order_id") not in seen:
                found.append((action["name"], {**said, "given": _given(task, said.get("order_id"))}))
            seen.add(said.get("order_id"))
    return found


def _given(task: dict[str, Any], order_id: str | None) -> Decimal | None:
    for change in task["expected_db_diff"]:
        if change["path"] == ["orders", order_id, "payment_history"]:
            return next((each["amount"] for each in change["new"] if each["transaction_type"] == "refund"), None)
    return None


def on_file(found: dict[str, Any], *, back: frozenset[str] = frozenset()) -> OrderAccount:
    """The order as billing would have it; `back`: the items that have come back."""
    sold = order(
        *(_line(n, item, back) for n, item in enumerate(found["items"], start=1)),
        id=found["order_id"],
        currency="USD",
        delivered_on=date(2026, 11, 14) if found["status"] == "delivered" else None,
        shipping=Decimal(0),
    )
    paid = [each for each in found["payment_history"] if each["transaction_type"] == "payment"]
    gone = [each for each in found["payment_history"] if each["transaction_type"] == "refund"]
    return account(
        sold,
        charges=tuple(_charge(n, each) for n, each in enumerate(paid, start=1)),
        refunds=tuple(refund(str(each["amount"]), currency="USD") for each in gone),
    )


def _line(number: int, item: dict[str, Any], back: frozenset[str]) -> SoldLine:
    came = Decimal(1 if item["item_id"] in back else 0)
    return line(
        str(number), item=item["item_id"], quantity=Decimal(1), unit_price=Decimal(item["price"]), returned=came
    )


def _charge(number: int, payment: dict[str, Any]) -> Charge:
    kind = payment["payment_method_id"]
    means: Means = "voucher" if kind.startswith("gift") else "paypal" if kind.startswith("paypal") else "card"
    return charge(str(payment["amount"]), f"CH-{number}", currency="USD", means=means)


def standing_of(file: OrderAccount, *items: str, wish: str = "money") -> Standing:
    wanted = [(item, "1") for item in items]
    return stands(asked(*wanted, order_id=file.order.id, reason="changed_mind", wish=wish), file)


def test_every_order_of_the_shop_has_one_end_and_a_cancelled_one_gets_nothing_more(shop: Shop) -> None:
    ends = {"give": 0, "refuse": 0}
    for found in shop.values():
        settled = standing_of(on_file(found)).settled
        assert settled is not None
        ends[settled.course] += 1
        expected = {"cancelled": "already_refunded", "delivered": "not_returned"}.get(found["status"])
        assert (settled.code if isinstance(settled, Refuse) else None) == expected
    assert ends == {"give": 525, "refuse": 475}


def test_a_cancelled_order_gives_back_what_the_shop_gave_back(shop: Shop, gold: Gold) -> None:
    cancelled = [said for name, said in gold if name == "cancel_pending_order"]
    compared = 0
    for said in cancelled:
        file = on_file(shop[said["order_id"]])
        give = standing_of(file).settled
        assert isinstance(give, Give)
        assert give.amount == said["given"]
        assert give.form == ("store_credit" if file.charges[0].means == "voucher" else "money")
        compared += 1
    assert compared > 50


def test_returned_items_give_back_their_price_and_one_item_never_twice(shop: Shop, gold: Gold) -> None:
    returns = [said for name, said in gold if name == "return_delivered_order_items"]
    for said in returns:
        items = frozenset(said["item_ids"])
        found = shop[said["order_id"]]
        file = on_file(found, back=items)
        give = standing_of(file, *said["item_ids"]).settled
        assert isinstance(give, Give)
        prices = {each["item_id"]: Decimal(each["price"]) for each in found["items"]}
        assert give.amount == sum((prices[item] for item in said["item_ids"]), Decimal(0))
        done = refund(str(give.amount), currency="USD").model_copy(update={"items": give.items})
        after = standing_of(file.model_copy(update={"refunds": (done,)}), *said["item_ids"]).settled
        assert isinstance(after, Refuse)
    assert len(returns) > 40


def test_exchanged_items_are_worth_what_they_cost(shop: Shop, gold: Gold) -> None:
    for name, said in gold:
        if name == "exchange_delivered_order_items":
            file = on_file(shop[said["order_id"]], back=frozenset(said["item_ids"]))
            give = standing_of(file, *said["item_ids"], wish="exchange").settled
            assert isinstance(give, Give)
            assert give.form == "exchange"
            assert sum(item.quantity for item in give.items) == len(said["item_ids"])
