"""What counts as posted before, what a person is asked about, and what goes through."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checks.duplicates import find_duplicate, voided_before
from domain.checks.identifiers import normal_number
from domain.findings import DuplicateFound, NearDuplicate
from domain.purchasing import Bill
from tests.invoices import ISSUED, bill, invoice, money, supplier

NUMBERS = st.text("ABCXYZ0123456789-/ ", min_size=4, max_size=14).filter(lambda text: bool(normal_number(text)))


def found(*bills: Bill, **changes: Any) -> DuplicateFound | NearDuplicate | None:
    """Invoice RE-4711 of 5 October over 238.00 EUR, unless changed, against these bills."""
    return find_duplicate(invoice(**changes), supplier(), bills)


def later(days: int) -> date:
    return ISSUED + timedelta(days=days)


@pytest.mark.parametrize("number", ["RE-4711", "re 4711", "RE4711", "RE/0004711", "\uff32\uff25-4711"])
def test_the_same_number_is_a_duplicate_however_it_is_written(number: str) -> None:
    assert isinstance(found(bill(number)), DuplicateFound)


def test_the_same_number_and_date_is_a_duplicate_whatever_the_amount() -> None:
    assert isinstance(found(bill(net="9999")), DuplicateFound)


def test_the_same_number_and_amount_is_a_duplicate_whatever_the_day() -> None:
    assert isinstance(found(bill(issue_date=later(40))), DuplicateFound)


def test_an_invoice_without_a_date_is_a_duplicate_by_number_and_amount() -> None:
    assert isinstance(found(bill(), issue_date=None), DuplicateFound)


@pytest.mark.parametrize(
    "other",
    [
        bill(status="void"),
        bill(credit_note=True),
        bill(supplier_id="S2"),
        bill(net="310", issue_date=later(-700)),
        bill("RE-5000"),
        bill("RE-4712", issue_date=later(7)),
        bill("RE-4717", issue_date=later(30)),
        bill("RE-4717", net="310"),
        bill("47", net="200"),
    ],
    ids=[
        "a void bill",
        "a credit memo",
        "another supplier's",
        "the same number two years ago",
        "the same rent under another number",
        "the next in the series a week later",
        "a number one digit off a month later",
        "a number one digit off over another amount",
        "two digits that are in every number",
    ],
)
def test_no_duplicate_is(other: Bill) -> None:
    assert found(other) is None


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (bill(net="310", issue_date=later(30)), ("number",)),
        (bill(issue_date=later(-700)), ("number", "amount")),
        (bill("RE-4171"), ("similar number", "amount", "same date")),
        (bill("RE-4717", issue_date=later(3)), ("similar number", "amount", "close date")),
        (bill("RE-47111"), ("similar number", "amount", "same date")),
        (bill("RE-4712"), ("similar number", "amount", "same date")),
        (bill("4711"), ("number inside number", "amount", "same date")),
        (bill("RE-4711-2026"), ("number inside number", "amount", "same date")),
    ],
)
def test_a_person_is_asked_about_what_is_alike(other: Bill, alike: tuple[str, ...]) -> None:
    finding = found(other)

    assert isinstance(finding, NearDuplicate)
    assert (finding.alike, finding.bill_id) == (alike, other.id)
    assert other.invoice_number in finding.said


def test_the_same_invoice_is_found_behind_one_that_is_only_alike() -> None:
    finding = found(bill("RE-4717"), bill())

    assert isinstance(finding, DuplicateFound)
    assert finding.bill_id == "B-RE-4711"


def test_another_currency_is_another_amount() -> None:
    assert isinstance(found(bill(currency="CHF", issue_date=later(1))), NearDuplicate)


def test_an_invoice_without_number_or_supplier_is_no_duplicate() -> None:
    assert found(bill("-"), number=" - ") is None
    assert find_duplicate(invoice(), None, [bill()]) is None


def test_a_number_of_any_length_is_compared() -> None:
    assert found(bill("9" * 9_998 + "7"), number="9" * 9_999) is not None


def test_void_bills_with_the_number_are_counted() -> None:
    bills = [bill(status="void"), bill("re 4711", status="void"), bill(), bill("X", status="void")]

    assert voided_before(invoice(), supplier(), bills) == 2


@given(NUMBERS)
def test_case_and_separators_do_not_tell_numbers_apart(number: str) -> None:
    respelled = " ".join(number.lower()).replace("-", "/")

    assert normal_number(respelled) == normal_number(number)
    assert normal_number(normal_number(number)) == normal_number(number)


@given(NUMBERS, st.integers(-400, 400), st.integers(1, 10**6))
def test_whatever_was_posted_is_found_again(number: str, days: int, cents: int) -> None:
    posted = bill(number, issue_date=later(days), net=str(money(cents) / 100))
    again = invoice(number=number.lower(), issue_date=posted.issue_date)

    assert isinstance(find_duplicate(again, supplier(), [posted]), DuplicateFound)


@given(st.text("ABCXYZ123456789-/ ", min_size=4, max_size=14), st.integers(0, 12), st.integers(0, 7))
def test_two_swapped_characters_in_a_number_are_noticed(number: str, at: int, days: int) -> None:
    at = min(at, len(number) - 2)
    slipped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]

    assert found(bill(slipped, issue_date=later(days)), number=number) or not normal_number(number)


@given(st.lists(st.integers(1000, 9999), min_size=2, max_size=12, unique=True))
def test_a_monthly_series_over_one_amount_goes_through(numbers: list[int]) -> None:
    series = [bill(f"M-{number}", issue_date=later(30 * at)) for at, number in enumerate(numbers[1:], start=1)]

    assert found(*series, number=f"M-{numbers[0]}") is None


@given(st.integers(1, 10**6), st.integers(0, 4))
def test_leading_zeros_do_not_tell_numbers_apart(number: int, zeros: int) -> None:
    assert normal_number(f"RE-{'0' * zeros}{number}") == normal_number(f"RE-{number}")
