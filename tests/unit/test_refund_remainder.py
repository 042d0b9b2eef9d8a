"""What is left to be given back, whatever was given before; and that nobody ever gets more than they paid."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given as each_of
from hypothesis import strategies as st

from domain.actions.refunds import RefundReason
from domain.checks.refund_remainder import left_of, left_of_payment, paid, remainder, surplus, unnoted, worth
from domain.refunding import Give
from domain.sales import OrderAccount, Refund
from tests.refunds import AT, account, asked, charge, line, offered, order, refund, replacement, returned, stands

D = Decimal
CENTS = st.integers(0, 5_000).map(lambda cents: D(cents) / 100)


def test_a_whole_order_comes_back_with_tax_and_shipping() -> None:
    give = offered(stands())
    assert (give.amount, give.full, give.remaining, give.payment_id) == (D("25.00"), True, D("25.00"), "CH-1")


def test_some_of_a_line_comes_back_without_shipping() -> None:
    give = offered(stands(asked(("1", "1"))))
    assert (give.amount, give.full, give.items) == (D("10.00"), True, (returned("1", "1"),))


def test_shipping_goes_back_with_the_last_goods() -> None:
    file = account(refunds=(refund("10.00", "RF-1", ("1", "1")),))
    assert offered(stands(asked(("1", "1")), file)).amount == D("15.00")


def test_a_pending_refund_counts_as_given_and_a_failed_one_does_not() -> None:
    pending = account(refunds=(refund("10.00", "RF-1", ("1", "1"), state="pending"),))
    failed = account(refunds=(refund("10.00", "RF-1", ("1", "1"), state="failed", failure="declined"),))
    assert (remainder(pending), left_of(pending.order.lines[0], pending)) == (D("15.00"), D(1))
    assert (remainder(failed), left_of(failed.order.lines[0], failed)) == (D("25.00"), D(2))


def test_store_credit_uses_up_the_order_as_money_does() -> None:
    file = account(replacements=(replacement("20.00", ("1", "2")),))
    assert remainder(file) == D("5.00")
    assert left_of(file.order.lines[0], file) == 0


def test_who_paid_less_than_the_price_gets_their_share_and_no_more() -> None:
    file = account(order(shipping=D(0)), charges=(charge("15.00"),))
    assert worth(file.order.lines[0], D(1), file) == D("7.50")
    assert offered(stands(asked(("1", "1")), file)).amount == D("7.50")


def test_a_share_is_rounded_down_to_the_cent() -> None:
    third = order(line(quantity=D(3), unit_price=D("3.339")), shipping=D(0))
    file = account(third, charges=(charge("11.00"),))
    assert worth(third.lines[0], D(1), file) == D("3.33")


@pytest.mark.parametrize("state", ["failed", "charged_back"])
def test_a_payment_that_failed_or_was_taken_back_has_nothing_left(state: str) -> None:
    gone = charge("25.00", state=state)
    file = account(charges=(gone,))
    assert (paid(file), left_of_payment(gone, file), remainder(file)) == (0, 0, 0)


def test_a_payment_in_another_currency_counts_nothing() -> None:
    assert remainder(account(charges=(charge("25.00", currency="USD"),))) == 0


def test_a_refund_without_a_payment_of_the_order_still_counts() -> None:
    assert remainder(account(refunds=(refund("7.00", charge_id="CH-9"),))) == D("18.00")


def test_what_a_bank_took_back_after_a_part_was_refunded_counts_against_the_rest() -> None:
    file = account(charges=(charge("25.00", state="charged_back"), charge("25.00", "CH-2")), refunds=(refund("8.00"),))
    assert remainder(file) == D("17.00")


def test_a_surplus_is_what_was_paid_beyond_the_price_and_is_still_here() -> None:
    twice = (charge("25.00"), charge("25.00", "CH-2"))
    assert surplus(account(charges=twice)) == D("25.00")
    assert surplus(account(charges=twice, refunds=(refund("25.00", charge_id="CH-2"),))) == 0
    assert surplus(account(charges=twice, refunds=(refund("10.00", "RF-1", ("1", "1")),))) == D("25.00")
    assert surplus(account()) == 0


def test_a_surplus_that_went_back_is_no_refund_that_nobody_noted() -> None:
    twice = (charge("25.00"), charge("25.00", "CH-2"))
    assert unnoted(account(charges=twice, refunds=(refund("25.00", charge_id="CH-2"),))) == 0
    assert unnoted(account(refunds=(refund("8.00"),))) == D("8.00")


def test_the_amount_asked_is_an_upper_bound_and_never_the_amount() -> None:
    less = offered(stands(asked(asked=D("3.00"), asked_currency="EUR")))
    more = offered(stands(asked(asked=D("9000.00"), asked_currency="EUR")))
    assert (less.amount, less.full) == (D("3.00"), True)
    split = offered(stands(asked(asked=D("3.009"), asked_currency="EUR")))
    assert (split.amount, split.full) == (D("3.00"), True)
    assert (more.amount, more.full) == (D("25.00"), False)


def test_more_pieces_than_are_left_are_not_given_and_it_is_said() -> None:
    standing = stands(asked(("1", "5")))
    assert offered(standing).amount == D("25.00")
    assert not offered(standing).full
    assert [finding.code for finding in standing.findings] == ["less_than_asked"]


REASONS: tuple[RefundReason, ...] = ("damaged", "changed_mind", "wrong_item", "charged_twice", "not_as_described")
REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(REASONS),
        st.lists(st.tuples(st.sampled_from("12"), st.sampled_from(["0.5", "1", "2", "7"])), max_size=3),
        st.none() | CENTS.filter(bool),
        st.sampled_from(["money", "store_credit", "exchange"]),
        st.booleans(),
    ),
    max_size=8,
)


@each_of(requests=REQUESTS, prices=st.tuples(CENTS, CENTS), shipping=CENTS, received=st.lists(CENTS, max_size=3))
def test_whatever_is_asked_in_whatever_order_never_more_than_was_paid_is_given(
    requests: list[tuple[RefundReason, list[tuple[str, str]], D | None, str, bool]],
    prices: tuple[D, D],
    shipping: D,
    received: list[D],
) -> None:
    sold = order(
        line("1", unit_price=prices[0], returned=D(2)),
        line("2", unit_price=prices[1], returned=D(1)),
        shipping=shipping,
    )
    charges = tuple(charge(str(amount), f"CH-{n}") for n, amount in enumerate(received))
    file = account(sold, charges=charges)
    for reason, items, bound, wish, works in requests:
        request = asked(*items, reason=reason, asked=bound, asked_currency=bound and "EUR", wish=wish)
        standing = stands(request, file)
        offers = [standing.settled] if isinstance(standing.settled, Give) else list(standing.options)
        for offer in offers:
            assert 0 < offer.amount <= offer.remaining <= remainder(file)
            assert offer.amount == round(offer.amount, 2)
            assert all(item.quantity > 0 for item in offer.items)
            assert bound is None or offer.form == "exchange" or offer.amount <= bound
        if offers:
            file = after(file, offers[-1], "pending" if works else "failed")
    succeeded = [each for each in file.refunds if each.state != "failed"]
    assert sum((each.amount for each in (*succeeded, *file.replacements)), D(0)) <= paid(file)
    for payment in charges:
        assert sum((each.amount for each in succeeded if each.charge_id == payment.id), D(0)) <= payment.amount
    for sold_line in sold.lines:
        pieces = [item.quantity for each in succeeded for item in each.items if item.order_line == sold_line.id]
        assert sum(pieces, D(0)) <= sold_line.quantity


def after(file: OrderAccount, offer: Give, state: str) -> OrderAccount:
    number = f"RF-{len(file.refunds) + len(file.replacements)}"
    if offer.payment_id:
        done = Refund(
            id=number, charge_id=offer.payment_id, order_id="SO-1", customer_id="C-1", amount=offer.amount,
            currency="EUR", state="pending" if state == "pending" else "failed", failure=None,
            at=AT - timedelta(days=1), items=offer.items,
        )  # fmt: skip
        return file.model_copy(update={"refunds": (*file.refunds, done)})
    if state == "failed":
        return file
    other = replacement(str(offer.amount)).model_copy(update={"id": number, "items": offer.items})
    return file.model_copy(update={"replacements": (*file.replacements, other)})
