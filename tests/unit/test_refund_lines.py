"""Which lines may be given back: windows by day and zone, delivery, return, reason; the first rule that fits counts."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given as each_of
from hypothesis import strategies as st

from domain.refunding import Escalate, Give, Refuse
from domain.sales import SalesOrder
from tests.refunds import AT, TERMS, account, asked, charge, line, offered, order, stands

D = Decimal
BERLIN = ZoneInfo("Europe/Berlin")
BACK = line(returned=D(2))
DELIVERED = date(2026, 10, 1)
LAST = DELIVERED + timedelta(days=30)
LAST_GRACE = LAST + timedelta(days=30)


def bought(**changes: Any) -> SalesOrder:
    return order(BACK, placed_on=date(2026, 9, 28), delivered_on=DELIVERED, **changes)


def ends(day: date, *, days: int = 0) -> datetime:
    """The last second of a day in Berlin, in UTC."""
    after = datetime(day.year, day.month, day.day, tzinfo=BERLIN) + timedelta(days=days + 1)
    return after.astimezone(UTC) - timedelta(seconds=1)


def on(received: datetime, reason: str = "changed_mind", **changes: Any) -> Any:
    request = asked(reason=reason, received=received)
    return stands(request, account(bought(**changes)), at=received + timedelta(hours=1)).settled


def test_the_last_second_of_the_last_day_is_in_time_and_the_next_one_is_late() -> None:
    in_time, late = on(ends(LAST)), on(ends(LAST) + timedelta(seconds=1))
    assert isinstance(in_time, Give)
    assert isinstance(late, Give)
    assert (in_time.in_window, in_time.form) == (True, "money")
    assert (late.in_window, late.form) == (False, "store_credit")


def test_the_day_is_the_companys_and_not_the_servers() -> None:
    midnight_in_berlin = ends(LAST) + timedelta(seconds=1)
    assert midnight_in_berlin.date() == LAST
    assert not on(midnight_in_berlin).in_window


def test_after_the_days_of_grace_it_is_refused() -> None:
    assert isinstance(on(ends(LAST_GRACE)), Give)
    refused = on(ends(LAST_GRACE) + timedelta(seconds=1))
    assert isinstance(refused, Refuse)
    assert refused.code == "out_of_window"


@each_of(days=st.integers(0, 120), seconds=st.integers(0, 86_399))
def test_the_window_is_the_same_whatever_the_hour_and_across_the_clock_change(days: int, seconds: int) -> None:
    start = datetime(DELIVERED.year, DELIVERED.month, DELIVERED.day, tzinfo=BERLIN) + timedelta(days=days)
    settled = on((start.replace(hour=seconds // 3600, minute=seconds // 60 % 60)).astimezone(UTC))
    expected = "in" if days <= 30 else "late" if days <= 60 else "out"
    said = "out" if isinstance(settled, Refuse) else "in" if settled.in_window else "late"
    assert said == expected


def test_a_late_answer_of_ours_takes_no_right_from_the_customer() -> None:
    request = asked(reason="changed_mind", received=ends(LAST))
    decided = stands(request, account(bought()), at=ends(LAST) + timedelta(days=20))
    assert offered(decided).in_window


def test_a_moment_from_the_future_counts_as_now() -> None:
    request = asked(reason="changed_mind", received=AT + timedelta(days=365))
    assert isinstance(stands(request, account(bought()), at=AT).settled, Give)


@pytest.mark.parametrize(
    ("channel", "category", "days"),
    [("web", "goods", 30), ("phone", "goods", 30), ("store", "goods", 14), ("partner", "goods", 14)],
)
def test_the_window_depends_on_category_and_channel(channel: str, category: str, days: int) -> None:
    sold = order(line(category=category, returned=D(2)), channel=channel, delivered_on=DELIVERED)
    request = asked(reason="changed_mind", received=ends(DELIVERED, days=days))
    assert offered(stands(request, account(sold), at=ends(DELIVERED, days=days))).in_window
    after = asked(reason="changed_mind", received=ends(DELIVERED, days=days + 1))
    assert (
        "out_of_window" in str(stands(after, account(sold), at=AT + timedelta(days=60)))
        or not offered(stands(after, account(sold), at=AT)).in_window
    )


def test_digital_goods_count_from_the_order_and_need_no_return() -> None:
    sold = order(line(category="digital"), placed_on=date(2026, 11, 10), delivered_on=None)
    assert offered(stands(asked(reason="changed_mind"), account(sold))).risks == ()
    over = ends(date(2026, 11, 25))
    late = stands(asked(reason="changed_mind", received=over), account(sold), at=over)
    assert isinstance(late.settled, Refuse)


def test_terms_hold_for_orders_placed_since() -> None:
    newer = TERMS.windows[5].model_copy(update={"id": "new", "since": date(2026, 11, 1), "days": 1})
    terms = TERMS.model_copy(update={"windows": (newer, *TERMS.windows)})
    request = asked(reason="changed_mind")
    before = account(order(BACK, placed_on=date(2026, 10, 31)))
    since = account(order(BACK, placed_on=date(2026, 11, 1)))
    assert offered(stands(request, before, terms=terms)).in_window
    assert not offered(stands(request, since, terms=terms)).in_window


def test_an_order_from_before_all_terms_is_for_a_person() -> None:
    old = stands(asked(), account(order(placed_on=date(2019, 1, 1))))
    assert isinstance(old.settled, Escalate)
    assert old.findings[0].code == "no_terms"


CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("damaged", {}, {}, "give"),
    ("damaged", {"category": "final_sale"}, {}, "give"),
    ("damaged", {}, {"delivered_on": None}, "contradicts_delivery"),
    ("damaged", {}, {"delivered_on": date(2026, 12, 24)}, "contradicts_delivery"),
    ("wrong_item", {}, {}, "give"),
    ("changed_mind", {"category": "final_sale", "returned": D(2)}, {}, "final_sale"),
    ("changed_mind", {}, {}, "not_returned"),
    ("changed_mind", {"returned": D(2)}, {}, "give"),
    ("changed_mind", {}, {"delivered_on": None}, "give"),
    ("not_as_described", {"returned": D(2)}, {}, "give"),
    ("not_as_described", {"returned": D(1)}, {}, "unproven"),
    ("not_as_described", {}, {}, "unproven"),
    ("not_received", {}, {}, "contradicts_delivery"),
    ("not_received", {}, {"delivered_on": None, "placed_on": date(2026, 11, 10)}, "give"),
    ("not_received", {}, {"delivered_on": None, "placed_on": date(2026, 11, 11)}, "on_its_way"),
    ("not_received", {}, {"delivered_on": None, "placed_on": date(2025, 6, 1)}, "out_of_window"),
    ("service_failed", {"category": "service"}, {"delivered_on": None}, "unproven"),
    ("other", {}, {}, "reason_unclear"),
]


@pytest.mark.parametrize(("reason", "sold", "changes", "expected"), CASES)
def test_each_reason_meets_its_rule(reason: str, sold: dict[str, Any], changes: dict[str, Any], expected: str) -> None:
    standing = stands(asked(reason=reason), account(order(line(**sold), **changes)))
    if expected == "give":
        assert isinstance(standing.settled, Give)
    else:
        assert standing.findings[0].code == expected
        assert isinstance(standing.settled, Give) is False


def test_of_a_change_of_mind_only_what_is_back_is_given() -> None:
    give = offered(stands(asked(reason="changed_mind"), account(order(line(returned=D(1))))))
    assert (give.amount, give.full, give.risks) == (D("10.00"), False, ())
    assert give.back == give.items


def test_one_line_may_be_refused_and_the_other_given() -> None:
    sold = order(line("1", returned=D(2)), line("2", category="final_sale", returned=D(2)))
    standing = stands(asked(reason="changed_mind"), account(sold))
    assert [item.order_line for item in offered(standing).items] == ["1"]
    assert (offered(standing).amount, offered(standing).full) == (D("20.00"), False)
    assert [finding.code for finding in standing.findings] == ["final_sale"]


def test_an_item_on_two_lines_is_taken_where_it_is_back_and_never_more_than_was_sold() -> None:
    sold = order(line("1", item="ART-8"), line("2", item="ART-8", returned=D(2)))
    give = offered(stands(asked(("ART-8", "3"), reason="damaged"), account(sold)))
    assert {item.order_line: item.quantity for item in give.items} == {"2": D(2), "1": D(1)}
    again = offered(stands(asked(("ART-8", "2"), ("ART-8", "1")), account(sold)))
    assert again.items == give.items
    most = stands(asked(("ART-8", "9"), reason="damaged"), account(sold))
    assert sum(item.quantity for item in offered(most).items) == 4
    assert [finding.code for finding in most.findings] == ["less_than_asked"]


def test_what_is_asked_is_found_by_line_or_by_an_item_whose_lines_are_alike() -> None:
    sold = order(line("1", item="ART-7"), line("2", item="ART-8"), line("3", item="ART-8", unit_price=D(11)))
    assert [item.order_line for item in offered(stands(asked(("art 07", "1")), account(sold))).items] == ["1"]
    for name in ("ART-8", "9", "", "\u202e", "<b>x</b>" * 50):
        standing = stands(asked((name, "1")), account(sold))
        assert isinstance(standing.settled, Escalate)
        assert standing.findings[0].code == "unknown_item"
        assert "\u202e" not in standing.settled.reason


def test_the_same_line_named_twice_is_asked_for_once_with_all_its_pieces() -> None:
    assert offered(stands(asked(("1", "1"), ("ART-1", "1")))).amount == D("25.00")


def test_a_request_for_what_cost_nothing_is_refused() -> None:
    free = account(order(line("1", unit_price=D(0)), line("2")), charges=(charge("25.00"),))
    refused = stands(asked(("1", "1")), free).settled
    assert isinstance(refused, Refuse)
    assert refused.code == "not_paid"
