from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadPolicy
from governance.rates import Rates, load_rates
from tests.conftest import ROOT

HEAD = 'base = "EUR"\nsource = "the treasury"\nmax_age_days = 7\n'
DAY = '[[day]]\ndate = 2026-11-20\nUSD = "0.8613"\n'
amounts = st.decimals(Decimal(-(10**13)), Decimal(10**13), allow_nan=False, places=10)
worths = st.decimals(Decimal("0.000001"), Decimal(9999), allow_nan=False, places=6)


def rates(text: str = HEAD + DAY) -> Rates:
    return load_rates(text.encode(), "rates.toml")


def two(usd: Decimal, gbp: Decimal) -> Rates:
    return rates(f'{HEAD}[[day]]\ndate = 2026-11-20\nUSD = "{usd:f}"\nGBP = "{gbp:f}"\n')


def test_an_amount_is_converted_by_the_newest_rate_and_not_rounded() -> None:
    older = '[[day]]\ndate = 2026-11-19\nUSD = "0.9"\n'
    newer = '[[day]]\ndate = 2026-11-24\nUSD = "0.7"\n'
    found = rates(HEAD + newer + older + DAY).convert(Decimal("10.01"), "USD", "EUR", date(2026, 11, 23))
    assert found is not None
    assert (found.amount, found.rate, found.day) == (Decimal("8.621613"), Decimal("0.8613"), date(2026, 11, 20))


@pytest.mark.parametrize(("day", "usable"), [(19, False), (20, True), (27, True), (28, False)])
def test_a_rate_counts_from_its_date_on_and_grows_too_old(day: int, *, usable: bool) -> None:
    assert (rates().convert(Decimal(1), "USD", "EUR", date(2026, 11, day)) is not None) is usable


def test_a_currency_without_a_rate_is_not_converted() -> None:
    on = date(2026, 11, 20)
    assert rates().convert(Decimal(1), "JPY", "EUR", on) is None
    assert rates().convert(Decimal(1), "EUR", "JPY", on) is None
    assert rates().convert(Decimal(1), "usd", "EUR", on) is None


def test_the_same_currency_needs_no_rate() -> None:
    found = rates().convert(Decimal("1.23"), "JPY", "JPY", date(2030, 1, 1))
    assert found is not None
    assert (found.amount, found.rate, found.day) == (Decimal("1.23"), Decimal(1), date(2030, 1, 1))


def test_both_currencies_of_a_cross_rate_are_of_one_day() -> None:
    later = '[[day]]\ndate = 2026-11-21\nGBP = "1.2"\n'
    both = '[[day]]\ndate = 2026-11-18\nGBP = "1.5"\nUSD = "0.75"\n'
    found = rates(HEAD + DAY + later + both).convert(Decimal(3), "GBP", "USD", date(2026, 11, 22))
    assert found is not None
    assert (found.amount, found.rate, found.day) == (Decimal(6), Decimal(2), date(2026, 11, 18))


@given(amounts, worths)
def test_into_the_base_the_amount_is_exact(amount: Decimal, usd: Decimal) -> None:
    found = two(usd, Decimal(1)).convert(amount, "USD", "EUR", date(2026, 11, 20))
    assert found is not None
    assert Fraction(found.amount) == Fraction(amount) * Fraction(usd)


@given(amounts, worths, worths)
def test_across_the_base_an_amount_is_never_made_smaller(amount: Decimal, usd: Decimal, gbp: Decimal) -> None:
    found = two(usd, gbp).convert(amount, "USD", "GBP", date(2026, 11, 20))
    assert found is not None
    exact = abs(Fraction(amount) * Fraction(usd) / Fraction(gbp))
    assert exact <= abs(Fraction(found.amount)) <= exact * (1 + Fraction(1, 10**58))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base = ", "rates.toml: not a TOML file"),
        (HEAD, "the file, day: no rates are given; add a"),
        (DAY, "the file, base: must be given, as text"),
        (HEAD.replace("EUR", "Euro") + DAY, "base: Euro is no currency code, such as EUR"),
        (HEAD.replace('source = "the treasury"\n', "") + DAY, "the file, source: must be given"),
        (HEAD.replace("7", "-1") + DAY, "max_age_days: is -1; it must be from 0 to 366"),
        (HEAD.replace("7", "7.0") + DAY, "max_age_days: must be given, as a whole number"),
        (HEAD.replace("7", "true") + DAY, "max_age_days: must be given, as a whole number"),
        (HEAD + "colour = 1\n" + DAY, "colour: is not known here; known are base"),
        (HEAD + DAY + DAY, "2026-11-20 stands there twice; keep one"),
        (HEAD + DAY.replace('"0.8613"', "0.8613"), 'day 1, USD: write 0.8613 in quotes: "0.8613"'),
        (HEAD + DAY.replace("0.8613", "0"), "USD: must be more than 0"),
        (HEAD + DAY.replace("0.8613", "-1"), "USD: must be given, as a number in quotes"),
        (HEAD + DAY.replace("0.8613", "1e3"), "USD: must be given, as a number in quotes"),
        (HEAD + DAY.replace("0.8613", "1234567890123"), "USD: must be more than 0, with at most 12 digits"),
        (HEAD + DAY.replace("0.8613", "\u0661"), "USD: must be given, as a number in quotes"),
        (HEAD + DAY.replace("USD", "EUR"), "EUR: is the base itself; remove it"),
        (HEAD + DAY.replace("USD", "usd"), "usd: is no currency code"),
        (HEAD + "[[day]]\ndate = 2026-11-20\n", "day 1: names no currency; add"),
        (HEAD + '[[day]]\nUSD = "1"\n', "day 1, date: must be given, as a date"),
        (HEAD + DAY.replace("2026-11-20", "2026-11-20T10:00:00"), "date: must be given, as a date"),
        (HEAD + "day = 5\n", "the file, day: is a list"),
        (HEAD + "day = [5]\n", "the file, day: is a list of tables"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place_and_the_mend(text: str, said: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        rates(text)
    assert said in str(refused.value)


def test_the_shipped_rates_have_all_sample_currencies_on_each_date() -> None:
    shipped = load_rates((ROOT / "policies" / "rates.toml").read_bytes(), "rates.toml")
    assert {frozenset(each.worth) for each in shipped.days} == {frozenset({"USD", "GBP", "CHF", "SEK", "PLN"})}
    assert [each.day for each in shipped.days] == sorted((each.day for each in shipped.days), reverse=True)
    newest = shipped.days[0].day
    assert shipped.convert(Decimal(1), "SEK", "PLN", newest + timedelta(days=1)) is not None
