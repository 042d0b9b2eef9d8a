"""What makes a refund unusual, at the edges of each rule."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from domain.sales import OrderAccount, Refund
from tests.refunds import AT, TERMS, account, asked, known, line, offered, order, refund, replacement, stands

D = Decimal


def earlier(*days: int, **changes: str) -> OrderAccount:
    return account(
        earlier=tuple(refund("1", f"E-{n}", order_id="SO-9", at=ago(day), **changes) for n, day in enumerate(days))
    )


def ago(days: int) -> datetime:
    return AT - timedelta(days=days)


@pytest.mark.parametrize(
    ("since", "new"),
    [(date(2026, 10, 25), False), (date(2026, 10, 26), True), (date(2026, 11, 24), True), (date(2027, 1, 1), True)],
)
def test_an_account_is_new_for_thirty_days(since: date, new: bool) -> None:
    assert ("new_account" in offered(stands(customer=known(since=since))).risks) == new


@pytest.mark.parametrize(
    ("days", "flagged"),
    [((), False), ((1,), False), ((1, 30), True), ((1, 31), False), ((0, 0), True), ((-1, 5), True)],
)
def test_the_third_refund_in_thirty_days_is_flagged(days: tuple[int, ...], flagged: bool) -> None:
    assert ("third_refund_30d" in offered(stands(file=earlier(*days))).risks) == flagged


@pytest.mark.parametrize(
    ("days", "flagged"), [((40, 50, 60), False), ((40, 50, 60, 90), True), ((40, 50, 60, 91), False)]
)
def test_the_fifth_refund_in_ninety_days_is_flagged(days: tuple[int, ...], flagged: bool) -> None:
    assert ("many_refunds_90d" in offered(stands(file=earlier(*days))).risks) == flagged


def test_what_failed_does_not_count_and_what_is_on_its_way_does() -> None:
    assert "third_refund_30d" in offered(stands(file=earlier(1, 2, state="pending"))).risks
    assert "third_refund_30d" not in offered(stands(file=earlier(1, 2, state="failed"))).risks


def test_refunds_and_credit_of_this_order_count_too() -> None:
    sold = order(line(quantity=D(9)))
    done: tuple[Refund, ...] = (refund("10.00", "R", ("1", "1")),)
    file = account(sold, refunds=done, replacements=(replacement("10.00", ("1", "1")),))
    assert "third_refund_30d" in offered(stands(file=file)).risks


def test_a_refund_is_of_the_day_it_was_made_on_in_the_companys_zone() -> None:
    just_after_midnight = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # the 25th in Berlin, thirty days ago
    before = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
    for moment, flagged in ((just_after_midnight, True), (before, False)):
        file = account(earlier=(refund("1", "A", at=AT), refund("1", "B", at=moment)))
        assert ("third_refund_30d" in offered(stands(file=file)).risks) == flagged


@pytest.mark.parametrize(
    ("reason", "price", "back", "flagged"),
    [
        ("damaged", "10.00", 0, False),
        ("damaged", "10.01", 0, True),
        ("damaged", "50.00", 2, False),
        ("damaged", "50.00", 1, True),
        ("wrong_item", "10.01", 0, True),
    ],
)
def test_goods_worth_more_than_a_little_must_be_back(reason: str, price: str, back: int, flagged: bool) -> None:
    sold = order(line(unit_price=D(price), returned=D(back)))
    assert ("not_returned" in offered(stands(asked(reason=reason), account(sold))).risks) == flagged


def test_an_order_called_off_before_it_arrives_is_flagged_and_a_lost_one_is_not() -> None:
    sold = account(order(delivered_on=None))
    assert "not_returned" in offered(stands(asked(reason="changed_mind"), sold)).risks
    assert "not_returned" not in offered(stands(asked(reason="not_received"), sold)).risks


@pytest.mark.parametrize(
    ("totals", "price", "flagged"),
    [
        ((), "250.00", False),
        ((), "250.01", True),
        ((100, 100), "250.00", False),
        ((100, 100, 5000), "150.00", False),
        ((100, 100, 5000), "150.01", True),
    ],
)
def test_an_amount_out_of_the_customers_ordinary_is_flagged(totals: tuple[int, ...], price: str, flagged: bool) -> None:
    others = tuple(
        order(line(quantity=D(1), unit_price=D(t)), id=f"SO-{t}-{n}", shipping=D(0)) for n, t in enumerate(totals)
    )
    sold = order(line(unit_price=D(price), returned=D(2)), shipping=D(0))
    assert ("unusual_amount" in offered(stands(file=account(sold), orders=(sold, *others))).risks) == flagged


def test_in_a_currency_without_figures_any_amount_is_unusual_and_everything_comes_back() -> None:
    file = account(order(line(unit_price=D("0.50")), currency="CHF"))
    assert offered(stands(file=file)).risks == ("not_returned", "unusual_amount")


def test_limits_hold_from_a_day_on() -> None:
    strict = TERMS.risks[0].model_copy(update={"since": date(2026, 11, 24), "new_account_days": 9_000})
    terms = TERMS.model_copy(update={"risks": (strict, *TERMS.risks)})
    assert "new_account" in offered(stands(terms=terms)).risks
    assert "new_account" not in offered(stands(terms=terms, at=ago(1))).risks
