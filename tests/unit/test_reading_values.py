from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Unreadable
from tests.papers import CII, UBL, read, swapped, ubl


def payable(text: str, attributes: str = 'currencyID="EUR"') -> Decimal | None:
    amount = f"<cbc:PayableAmount {attributes}>{text}</cbc:PayableAmount>"
    return ubl(f"<cac:LegalMonetaryTotal>{amount}</cac:LegalMonetaryTotal>").totals.payable


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("104", "104"),
        ("-0.01", "-0.01"),
        ("+7.", "7"),
        (".5", "0.5"),
        (" 12.60\n", "12.60"),
        ("30.00000000000", "30.0000000000"),
        ("99999999999999.9999999999", "99999999999999.9999999999"),
        ("<!-- 9 -->10<!-- 99 -->00<![CDATA[.00]]>", "1000.00"),
    ],
)
def test_amounts_are_read_exactly_as_written(text: str, amount: str) -> None:
    assert str(payable(text)) == str(Decimal(amount))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "abc",
            "NaN",
            "INF",
            "-Infinity",
            "1e400",
            "1E5",
            "0x10",
            "1_000",
            "1,000.00",
            "1.000,00",
            "1 000",
            "--1",
            ".",
        ),
        *("1" * 30, "1" * 15, "0." + "1" * 11, "٣", "\uff11\uff10", "10 EUR"),
    ],
)
def test_what_is_no_exact_number_is_refused_by_name_and_value(text: str) -> None:
    with pytest.raises(Unreadable, match=r"LegalMonetaryTotal/PayableAmount says '.+', which is no number"):
        payable(text)


@given(st.from_regex(r"\A[-+]?[0-9]{1,16}(\.[0-9]{0,12})?\Z"))
def test_a_decimal_is_kept_exactly_or_refused(text: str) -> None:
    whole, _, places = text.lstrip("+-").partition(".")
    if len(whole) <= 14 and len(places.rstrip("0")) <= 10:
        assert payable(text) == Decimal(text)
    else:
        with pytest.raises(Unreadable, match="no number"):
            payable(text)


def test_a_quantity_inside_a_value_is_refused() -> None:
    with pytest.raises(Unreadable, match="PayableAmount holds elements where a value is expected"):
        payable("10<cbc:ID/>00")


def test_an_amount_in_another_currency_is_refused() -> None:
    with pytest.raises(Unreadable, match="PayableAmount is in 'USD', but the invoice is in EUR"):
        payable("10", 'currencyID="USD"')
    assert payable("10", "") == 10


@pytest.mark.parametrize(
    ("document", "old", "new", "said"),
    [
        (UBL, "2026-11-02", "2026-02-30", r"Invoice/IssueDate says '2026-02-30', which is no date"),
        (UBL, "2026-11-02", "02.11.2026", r"Invoice/IssueDate says '02\.11\.2026', which is no date"),
        (CII, "20261102", "202611", r"IssueDateTime/DateTimeString says '202611', which is no date"),
        (UBL, ">SEK<", ">sek<", r"DocumentCurrencyCode says 'sek', which is no ISO 4217 currency code"),
        (UBL, "ChargeIndicator>true", "ChargeIndicator>maybe", r"ChargeIndicator says 'maybe', which is neither true"),
        (UBL, "<cbc:ChargeIndicator>true</cbc:ChargeIndicator>", "", r"Invoice/AllowanceCharge has no ChargeIndicator"),
        (CII, "<udt:Indicator>true</udt:Indicator>", "", r"SpecifiedTradeAllowanceCharge has no ChargeIndicator"),
        (UBL, "<cbc:Percent>25<", "<cbc:Percent>25%<", r"TaxCategory/Percent says '25%', which is no number"),
    ],
)
def test_unusable_values_are_refused_by_name_and_value(document: str, old: str, new: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(swapped(document, old, new))


@pytest.mark.parametrize(
    ("document", "stated", "said"),
    [
        (UBL, "<cbc:ID>R-2026-17</cbc:ID>", r"Invoice/ID is stated 2 times, each time differently: '.*', 'R-99'"),
        (UBL, '<cbc:PayableAmount currencyID="SEK">104.00</cbc:PayableAmount>', r"PayableAmount is stated 2 times"),
        (CII, "<ram:DuePayableAmount>104.00</ram:DuePayableAmount>", r"DuePayableAmount is stated 2 times"),
        (UBL, "<cbc:CompanyID>SE123456789001</cbc:CompanyID>", r"CompanyID is stated 2 times"),
    ],
)
def test_a_value_given_twice_must_be_the_same(document: str, stated: str, said: str) -> None:
    value = stated[stated.index(">") + 1 : stated.rindex("<")]
    assert read(swapped(document, stated, stated + stated)) == read(document)
    with pytest.raises(Unreadable, match=said):
        read(swapped(document, stated, stated + stated.replace(value, "99" if value[0] == "1" else "R-99")))


@pytest.mark.parametrize("group", ["cac:LegalMonetaryTotal", "cac:PayeeParty", "cac:AccountingSupplierParty"])
def test_a_group_that_may_occur_once_may_not_occur_twice(group: str) -> None:
    start, end = UBL.index(f"<{group}>"), UBL.index(f"</{group}>") + len(f"</{group}>")
    with pytest.raises(Unreadable, match="occurs 2 times where one is allowed"):
        read(UBL[:end] + UBL[start:end] + UBL[end:])


def test_elements_of_a_foreign_namespace_state_nothing() -> None:
    foreign = '<x:PayableAmount xmlns:x="urn:example">1</x:PayableAmount>'
    found = ubl(f"<cac:LegalMonetaryTotal>{foreign}</cac:LegalMonetaryTotal>")
    assert found.totals.payable is None


def test_a_hostile_value_is_shown_without_its_tricks() -> None:
    with pytest.raises(Unreadable) as refused:
        payable("1\u202e00" + "x" * 10_000)
    assert "1[U+202E]00" in str(refused.value)
    assert len(str(refused.value)) < 200
