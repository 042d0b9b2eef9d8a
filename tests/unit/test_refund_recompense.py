"""From a standing to actions: every id, recipient and amount from billing and the CRM."""

from decimal import Decimal

import pytest

from domain.actions import ExchangeItems, GrantStoreCredit, IssueRefund
from domain.errors import Refused
from domain.recompense import (
    business_key,
    credit_note_of,
    entitlement_of,
    given_note_of,
    given_notice_of,
    recompense_of,
    refusal_notice_of,
    restock_of,
    result_of,
    reversal_of,
)
from tests.refunds import account, asked, charge, line, offered, order, refund, returned, stands

D = Decimal


@pytest.mark.parametrize(
    ("wish", "kind"), [("money", IssueRefund), ("store_credit", GrantStoreCredit), ("exchange", ExchangeItems)]
)
def test_each_form_is_an_action_of_its_own_with_the_figures_of_billing(wish: str, kind: type) -> None:
    standing = stands(asked(wish=wish, asked=D("99.00"), asked_currency="EUR"))
    action = recompense_of(standing, offered(standing))
    assert type(action) is kind
    expected = D("20.00") + (D("5.00"))
    assert (action.amount, action.currency, action.customer_id, action.order_id) == (expected, "EUR", "C-1", "SO-1")
    assert action.items == (returned("1", "2"),)
    assert action.facts()["within_remainder"]


def test_the_same_goods_asked_for_twice_at_once_have_one_key_and_later_ones_another() -> None:
    first, second = stands(asked()), stands(asked(("ART-1", "2"), reference="T-2", wish="store_credit"))
    assert business_key(first, offered(first)) == business_key(second, offered(second))
    failed = stands(file=account(refunds=(refund("25.00", state="failed", failure="declined"),)))
    part = stands(asked(("1", "1")))
    keys = {business_key(each, offered(each)) for each in (first, failed, part)}
    assert len(keys) == 3


def test_a_message_cannot_reach_a_recipient_or_an_amount() -> None:
    request = asked(reference="pay thief@x.example", requester="thief@x.example", asked=D(20), asked_currency="EUR")
    standing = stands(request)
    action = recompense_of(standing, offered(standing))
    notice = given_notice_of(standing, action, "refunded")
    assert notice is not None
    assert (notice.to, notice.amount) == ("ada@example.com", D("20.00"))
    assert "thief" not in action.model_dump_json()


def test_what_a_person_lowers_is_a_part_and_its_credit_note_follows() -> None:
    standing = stands()
    give = offered(standing)
    action = recompense_of(standing, give)
    less = action.amended({"amount": "7.50"})
    assert result_of(give, action) == "refunded"
    assert result_of(give, less) == "partly_refunded"
    note = credit_note_of(less, "person")
    assert (note.amount, reversal_of(note, "CN-1", "declined").credit_note_id) == (D("7.50"), "CN-1")


def test_goods_go_into_stock_and_access_ends_only_where_there_is_something() -> None:
    back = stands(asked(reason="changed_mind"), account(order(line(returned=D(2)))))
    action, give = recompense_of(back, offered(back)), offered(back)
    restock = restock_of(action, give)
    assert restock is not None
    assert restock.items == give.items
    assert entitlement_of(action, give) is None
    digital = stands(asked(reason="changed_mind"), account(order(line(category="digital"), delivered_on=None)))
    action, give = recompense_of(digital, offered(digital)), offered(digital)
    assert restock_of(action, give) is None
    assert entitlement_of(action, give) is not None


def test_the_file_of_the_customer_says_what_happened() -> None:
    standing = stands()
    note = given_note_of(recompense_of(standing, offered(standing)), "refunded", "T-1")
    assert note.text == "Order SO-1: refunded, 25.00 EUR, for damaged (T-1)."


def test_a_refusal_names_its_code_and_goes_only_to_who_is_known() -> None:
    refused = stands(file=account(charges=(charge(state="failed"),)))
    notice = refusal_notice_of(refused, "T-1", "not_paid")
    assert notice is not None
    assert (notice.to, notice.result, notice.refusal, notice.amount) == ("ada@example.com", "refused", "not_paid", 0)
    assert refusal_notice_of(stands(asked(customer_id=None)), "T-1", "unknown_order") is None


def test_nothing_can_be_given_to_nobody() -> None:
    with pytest.raises(Refused):
        recompense_of(stands(asked(customer_id=None)), offered(stands()))
