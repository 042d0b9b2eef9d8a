"""A request against billing, the CRM and the terms: what stops it, what it comes to, and that it always has one end."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, get_args

import pytest
from hypothesis import given as each_of
from hypothesis import settings
from hypothesis import strategies as st

from agents.refund_assessor import AssessorClaim, as_read, course_of
from domain.actions.refunds import RefundReason, RefundRisk
from domain.checks.refund_assessment import assess
from domain.recompense import recompense_of
from domain.refund_findings import RefusalCode
from domain.refunding import Escalate, Give, RefundCourse, RefundFile, Refuse, Standing
from domain.sales import OrderAccount
from governance.judge import judge
from governance.people_file import load_people
from tests.conftest import ROOT
from tests.refunds import (
    AT,
    TERMS,
    account,
    asked,
    charge,
    dispute,
    known,
    line,
    offered,
    order,
    refund,
    returned,
    stands,
)
from tests.rules import given, rates, shipped

D = Decimal
TABLE = shipped("refund")
FOLDER = ROOT / "policies"
PEOPLE = load_people((FOLDER / "people.toml").read_bytes(), "people.toml", lambda name: (FOLDER / name).read_bytes())
CIRCUMSTANCES = given(rates=rates(), directory=PEOPLE)
TWICE = (charge("25.00"), charge("25.00", "CH-2", at=datetime(2026, 11, 10, 13, tzinfo=UTC)))


STOPS: list[tuple[Any, Any, Any, str, str]] = [
    (asked(), account(disputes=(dispute(),)), known(), "refuse", "dispute_open"),
    (asked(), account(charges=()), known(), "refuse", "not_paid"),
    (asked(), account(charges=(charge(state="charged_back"),)), known(), "refuse", "not_paid"),
    (asked(), account(charges=(charge("0"),)), known(), "refuse", "not_paid"),
    (asked(), account(refunds=(refund("25.00", state="pending"),)), known(), "refuse", "already_refunded"),
    (asked(), account(refunds=(refund("20.00", "R", ("1", "2")),)), known(), "refuse", "already_refunded"),
    (asked(reason="charged_twice"), account(), known(), "refuse", "charged_once"),
    (asked(order_id="SO-2"), account(), known(), "refuse", "unknown_order"),
    (asked(), account(order(customer_id="C-2")), known(), "refuse", "unknown_order"),
    (asked(customer_id=None), account(), known(), "escalate", "unknown_customer"),
    (asked(customer_id="C-2"), account(), known(), "escalate", "unknown_customer"),
    (asked(), account(), known(blocked=True), "escalate", "blocked_customer"),
    (asked(asked=D(9), asked_currency="USD"), account(), known(), "escalate", "other_currency"),
    (asked(), account(charges=(charge(currency="USD"),)), known(), "escalate", "other_currency"),
    (asked(), account(refunds=(refund("5", currency="USD"),)), known(), "escalate", "other_currency"),
    (asked(("1", "1")), account(refunds=(refund("5"),)), known(), "escalate", "earlier_refund_unclear"),
    (asked(), account(charges=(charge("12.50"), charge("12.50", "CH-2"))), known(), "escalate", "beyond_payment"),
]


@pytest.mark.parametrize(("request_", "file", "customer", "course", "code"), STOPS)
def test_what_stands_in_the_way_is_named_with_what_removes_it(
    request_: Any, file: OrderAccount, customer: Any, course: str, code: str
) -> None:
    standing = stands(request_, file, customer)
    assert standing.settled is not None
    assert (standing.settled.course, standing.findings[0].code) == (course, code)
    assert isinstance(standing.settled, Refuse | Escalate)
    assert standing.settled.removed_by
    assert standing.options == ()


def test_an_order_that_is_not_on_file_and_one_of_somebody_else_are_refused_in_the_same_words() -> None:
    none = assess(asked(), RefundFile(account=None, known=known(), orders=()), TERMS, AT)
    others = stands(asked(), account(order(customer_id="C-2")))
    assert none.settled == others.settled
    assert none.findings == others.findings
    assert (others.currency, others.lines, others.remaining) == (None, (), 0)


def test_every_refusal_can_be_reached() -> None:
    reached = {code for *_, course, code in STOPS if course == "refuse"}
    assert set(get_args(RefusalCode)) - reached == {"final_sale", "out_of_window", "not_returned", "on_its_way"}


def test_a_closed_dispute_stops_nothing() -> None:
    assert isinstance(stands(file=account(disputes=(dispute(open=False),))).settled, Give)


def test_paid_twice_the_second_payment_goes_back_whatever_the_window() -> None:
    file = account(order(placed_on=date(2025, 1, 1), delivered_on=date(2025, 1, 5)), charges=TWICE)
    give = offered(stands(asked(reason="charged_twice"), file))
    assert (give.amount, give.payment_id, give.items, give.in_window) == (D("25.00"), "CH-2", (), True)


def test_an_earlier_refund_without_a_note_does_not_matter_where_all_that_is_left_goes_back() -> None:
    assert offered(stands(asked(), account(refunds=(refund("5"),)))).amount == D("20.00")


@pytest.mark.parametrize(
    ("changes", "form", "means"),
    [
        ({}, "money", "original"),
        ({"means": "paypal", "refundable_until": None}, "money", "original"),
        ({"refundable_until": date(2026, 11, 24)}, "money", "original"),
        ({"refundable_until": date(2026, 11, 23)}, "money", "other"),
        ({"means": "cash"}, "money", "other"),
        ({"means": "voucher"}, "store_credit", "original"),
    ],
)
def test_money_goes_back_where_it_came_from_or_says_that_it_does_not(
    changes: dict[str, Any], form: str, means: str
) -> None:
    give = offered(stands(file=account(charges=(charge(**changes),))))
    assert (give.form, give.means) == (form, means)
    assert (give.payment_id is None) == (form != "money")


def test_of_several_payments_one_that_takes_money_back_is_chosen() -> None:
    file = account(charges=(charge("25.00", "CH-9", means="cash"), charge("10.00", "CH-2")))
    give = offered(stands(asked(("1", "1")), file))
    assert (give.payment_id, give.remaining) == ("CH-2", D("10.00"))
    assert offered(stands(asked(), file)).means == "other"


@pytest.mark.parametrize("wish", ["money", "store_credit", "exchange"])
def test_the_customer_gets_the_form_they_wish_for(wish: str) -> None:
    assert offered(stands(asked(wish=wish))).form == wish


def test_an_exchange_of_what_is_not_sent_is_an_open_question() -> None:
    sold = order(line(category="digital"), delivered_on=None)
    standing = stands(asked(reason="changed_mind", wish="exchange"), account(sold))
    assert (standing.settled, [each.form for each in standing.options]) == (None, ["money", "store_credit"])


def test_a_claim_that_is_partly_late_is_an_open_question() -> None:
    sold = order(
        line("1", returned=D(2)),
        line("2", category="service"),
        placed_on=date(2026, 9, 20),
        delivered_on=date(2026, 10, 12),
    )
    standing = stands(asked(reason="changed_mind"), account(sold))
    assert [finding.code for finding in standing.findings] == ["mixed_claim", "late"]
    assert standing.settled is None
    assert not any(option.in_window for option in standing.options)


def test_access_ends_only_with_the_last_of_it() -> None:
    sold = order(line("1", category="digital"), line("2", category="digital"), delivered_on=None)
    assert offered(stands(asked(reason="changed_mind"), account(sold))).ends_access
    assert not offered(stands(asked(("1", "2"), reason="changed_mind"), account(sold))).ends_access
    assert not offered(stands()).ends_access


@pytest.mark.parametrize(("reason", "back"), [("changed_mind", True), ("wrong_item", True), ("damaged", False)])
def test_only_what_can_be_sold_again_goes_back_into_stock(reason: str, back: bool) -> None:
    give = offered(stands(asked(reason=reason), account(order(line(returned=D(1))))))
    assert give.back == ((returned("1", "1"),) if back else ())


def flagged(flags: frozenset[RefundRisk]) -> tuple[OrderAccount, Any]:
    """A request's circumstances with exactly these flags; a dispute is closed or the rules refuse before any flag."""
    dear = "unusual_amount" in flags
    sold = order(line(unit_price=D(300) if dear else D(12), returned=D(0 if "not_returned" in flags else 2)))
    recent = 4 if "many_refunds_90d" in flags else 0
    days = 5 if "third_refund_30d" in flags else 60
    count = max(recent, 2 if "third_refund_30d" in flags else 0)
    moments = [AT - timedelta(days=days if n < 2 else 60) for n in range(count)]
    earlier = tuple(refund("1", f"E-{n}", order_id="SO-9", at=moment) for n, moment in enumerate(moments))
    disputes = (dispute(),) if "open_dispute" in flags else ()
    since = date(2026, 11, 1) if "new_account" in flags else date(2020, 1, 1)
    return account(sold, earlier=earlier, disputes=disputes), known(since=since)


@pytest.mark.parametrize("bits", list(product([False, True], repeat=6)))
def test_every_combination_of_flags_reaches_exactly_one_outcome(bits: tuple[bool, ...]) -> None:
    flags = frozenset(flag for flag, on in zip(get_args(RefundRisk), bits, strict=True) if on)
    file, customer = flagged(flags)
    standing = stands(asked(reason="damaged"), file, customer)
    if "open_dispute" in flags:
        assert isinstance(standing.settled, Refuse)
        assert standing.settled.code == "dispute_open"
        return
    give = offered(standing)
    assert set(give.risks) == flags
    verdict = judge(TABLE, recompense_of(standing, give), CIRCUMSTANCES)
    assert (verdict.row, verdict.then) == (("at-risk", "review") if flags else ("small", "allow"))


REQUESTS = st.builds(
    asked,
    st.tuples(st.sampled_from(["1", "2", "ART-1", "x"]), st.sampled_from(["1", "2", "3"])),
    reason=st.sampled_from(get_args(RefundReason)),
    wish=st.sampled_from(["money", "store_credit", "exchange"]),
    asked=st.none() | st.sampled_from([D("0.01"), D(7), D("99999999999999")]),
    asked_currency=st.sampled_from([None, "EUR", "USD"]),
    received=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    customer_id=st.sampled_from(["C-1", "C-2", None]),
)
LINES = st.builds(
    line,
    category=st.sampled_from(["goods", "digital", "service", "final_sale"]),
    returned=st.sampled_from([D(0), D(1), D(2), D(9)]),
    quantity=st.sampled_from([D(0), D("0.333"), D(2)]),
    unit_price=st.sampled_from([D(0), D("0.01"), D(30), D("99999999999999.9999999999")]),
)
ORDERS = st.builds(
    lambda one, two, channel, delivered: order(
        one, two.model_copy(update={"id": "2", "item": "ART-2"}), channel=channel, delivered_on=delivered
    ),
    LINES,
    LINES,
    st.sampled_from(["web", "phone", "store", "partner"]),
    st.none() | st.dates(date(2026, 5, 1), date(2027, 1, 1)),
)
CHARGES = st.builds(
    charge,
    st.sampled_from(["0", "25.00", "700"]),
    means=st.sampled_from(["card", "sepa", "paypal", "voucher", "cash"]),
    state=st.sampled_from(["paid", "paid", "failed", "charged_back"]),
    currency=st.sampled_from(["EUR", "EUR", "USD"]),
)
FILES = st.builds(
    lambda sold, one, two, refunds, disputes: account(
        sold, charges=(one, two.model_copy(update={"id": "CH-2"})), refunds=refunds, disputes=disputes
    ),
    ORDERS,
    CHARGES,
    CHARGES,
    st.sampled_from([(), (refund("5"),), (refund("5", "R", ("1", "1"), state="pending"),)]),
    st.sampled_from([(), (dispute(),), (dispute(open=False),)]),
)
CLAIMS = st.none() | st.builds(
    AssessorClaim,
    option=st.sampled_from(["money", "store_credit", "exchange", "refuse", "escalate"]),
    items=st.just(()),
    reason=st.sampled_from(get_args(RefundReason)),
    evidence=st.sampled_from([(), ("it never arrived",), ("give me everything",)]),
    why=st.just("because"),
    confidence=st.just(D("0.9")),
)


@settings(max_examples=200)
@each_of(request_=REQUESTS, file=FILES, claim=CLAIMS, blocked=st.booleans())
def test_whatever_is_on_file_a_request_is_settled_or_open_and_ends_in_one_course(
    request_: Any, file: OrderAccount, claim: AssessorClaim | None, blocked: bool
) -> None:
    customer = known(blocked=blocked)
    standing = stands(request_, file, customer)
    assert (standing.settled is None) == bool(standing.options)
    assert Standing.model_validate_json(standing.model_dump_json()) == standing
    again = stands(as_read(request_, claim), file, customer) if claim else standing
    course: RefundCourse = course_of(claim, standing, again, "It never arrived. Give it back.")
    assert isinstance(course, Give | Refuse | Escalate)
    if isinstance(course, Give):
        verdict = judge(TABLE, recompense_of(standing, course), CIRCUMSTANCES)
        assert verdict.row is not None
        assert verdict.then in {"allow", "review"}
        assert not file.disputes or not file.disputes[0].open
