"""The calculation and tax rules, on invoices made wrong in one place."""

from decimal import Decimal
from typing import Any

import pytest

from domain.checks.arithmetic import totals_violations
from domain.checks.figures import LARGEST, counted, exact, fitting, rounded, shown
from domain.checks.rules import violations
from domain.checks.tax import tax_beyond
from domain.invoice import AllowanceCharge, Invoice, TaxCategory, TaxSubtotal
from tests.invoices import TOLERANCES, invoice, line, money


def broken(document: Invoice) -> set[str]:
    return {violation.rule for violation in (*violations(document), *tax_beyond(document, TOLERANCES))}


def with_totals(**changes: Any) -> Invoice:
    document = invoice(line("1"), line("2", "3", "7.50"), charge="5")
    return document.model_copy(update={"totals": document.totals.model_copy(update=changes)})


def taxed(tax: str, taxable: str = "200", rate: str | None = "19", code: str = "S") -> Invoice:
    category = TaxCategory(code=code, rate=None if rate is None else money(rate))
    return invoice(tax_breakdown=(TaxSubtotal(taxable=money(taxable), tax=money(tax), category=category),))


def test_an_invoice_that_adds_up_breaks_no_rule() -> None:
    assert broken(with_totals()) == set()


@pytest.mark.parametrize(
    ("field", "rules"),
    [
        ("lines_net", {"BR-CO-10", "BR-CO-13"}),
        ("charges", {"BR-CO-12", "BR-CO-13"}),
        ("allowances", {"BR-CO-11", "BR-CO-13"}),
        ("without_tax", {"BR-CO-13", "BR-CO-15"}),
        ("tax", {"BR-CO-14", "BR-CO-15"}),
        ("with_tax", {"BR-CO-15", "BR-CO-16"}),
        ("prepaid", {"BR-CO-16"}),
        ("rounding", {"BR-CO-16"}),
        ("payable", {"BR-CO-16"}),
    ],
)
def test_a_total_that_is_a_cent_off_breaks_the_rules_it_is_in(field: str, rules: set[str]) -> None:
    stated = getattr(with_totals().totals, field) or money(0)

    assert broken(with_totals(**{field: stated + money("0.01")})) == rules


def test_a_violation_names_the_stated_and_the_computed_figure() -> None:
    (violation,) = totals_violations(with_totals(payable=money("1270.75")))

    assert (violation.stated, violation.computed) == (money("1270.75"), money("270.73"))
    assert "BT-115 states 1,270.75" in violation.said
    assert "gives 270.73 (BR-CO-16)" in violation.said


def test_prepaid_and_rounding_change_what_is_due() -> None:
    assert broken(with_totals(prepaid=money(100), rounding=money("0.02"), payable=money("170.75"))) == set()


@pytest.mark.parametrize("padding", [{"prepaid": money(-1000)}, {"rounding": money(1000)}])
def test_an_amount_due_above_the_total_is_seen_although_every_official_rule_holds(padding: dict[str, Decimal]) -> None:
    assert broken(with_totals(**padding, payable=money("1270.73"))) == {"payable-above-total"}


def test_an_amount_due_below_zero_is_seen() -> None:
    assert broken(with_totals(prepaid=money(500), payable=money("-229.27"))) == {"payable-below-zero"}


def test_sums_are_compared_rounded_to_two_decimals() -> None:
    assert broken(with_totals(charges=money("5.004"))) == {"BR-CO-12"}


def test_a_missing_operand_breaks_its_rule() -> None:
    assert "BR-CO-10" in broken(with_totals(lines_net=None))
    assert "BR-CO-15" in broken(with_totals(with_tax=None))


def test_a_line_must_be_quantity_times_price_where_the_profile_says_so() -> None:
    off = line("1", net_amount=money("200.03"), price_base=money(1))
    assert "PEPPOL-EN16931-R120" in broken(invoice(off, profile="urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"))
    assert "PEPPOL-EN16931-R120" not in broken(invoice(off, profile="urn:cen.eu:en16931:2017"))


def test_a_line_price_counts_its_base_quantity_and_allowances() -> None:
    less = AllowanceCharge(charge=False, amount=money(5), reason="Rebate")
    right = line("1", "10", "200", price_base=money(10), allowances_charges=(less,), net_amount=money(195))

    assert broken(invoice(right, profile="xrechnung")) == set()


def test_the_official_rule_lets_the_tax_be_off_by_less_than_one_and_the_tolerance_does_not() -> None:
    assert "BR-CO-17" not in broken(taxed("38.99"))
    assert "BR-S-09" not in broken(taxed("38.99"))
    assert {"BR-CO-17", "BR-S-09"} <= broken(taxed("39.00"))
    assert "tax-per-line" in broken(taxed("38.06"))
    assert "tax-per-line" not in broken(taxed("38.05"))


def test_a_base_that_the_lines_do_not_carry_is_seen() -> None:
    assert {"BR-S-08", "tax-base"} <= broken(taxed("57.00", taxable="300"))


def test_a_base_may_be_off_by_less_than_one() -> None:
    assert {"BR-S-08", "tax-base"} <= broken(taxed("38.19", taxable="201"))
    assert broken(taxed("38.19", taxable="200.99")) == {"BR-CO-14"}


def test_a_rate_in_the_breakdown_is_on_some_line() -> None:
    unused = TaxSubtotal(taxable=money(0), tax=money(0), category=TaxCategory(code="S", rate=money(7)))
    document = invoice()

    assert broken(document.model_copy(update={"tax_breakdown": (*document.tax_breakdown, unused)})) == {"BR-S-08"}


def test_a_category_without_tax_is_broken_down_once() -> None:
    exempt = TaxCategory(code="E", rate=money(0), exemption_reason="Article 132")
    row = TaxSubtotal(taxable=money(200), tax=money(0), category=exempt)

    assert "BR-E-01" not in broken(invoice(line(tax=exempt), tax_breakdown=(row,)))
    assert "BR-E-01" in broken(invoice(line(tax=exempt), tax_breakdown=(row, row)))


def test_a_base_of_nothing_needs_lines_too() -> None:
    row = TaxSubtotal(taxable=money(0), tax=money(0), category=TaxCategory(code="E", rate=money(0)))

    assert "BR-E-08" in broken(invoice(tax_breakdown=(row,), lines=()))


def test_an_unknown_category_cannot_hide_a_base_of_its_own() -> None:
    document = invoice()
    extra = TaxSubtotal(taxable=money(1000), tax=money(190), category=TaxCategory(code="X", rate=money(19)))
    padded = document.model_copy(update={"tax_breakdown": (*document.tax_breakdown, extra)})

    assert "tax-base" in broken(padded)


def test_a_rate_that_exists_nowhere_is_seen() -> None:
    assert "tax-rate" in broken(taxed("200", rate="100"))
    assert "tax-rate" not in broken(taxed("54", rate="27"))


def test_exempt_lines_take_no_tax_and_need_a_reason() -> None:
    assert {"BR-E-09", "BR-E-10"} <= broken(taxed("38", code="E"))


def test_plain_text_has_no_breakdown_and_is_judged_by_the_rates_on_its_lines() -> None:
    document = invoice(syntax="text", tax_breakdown=())
    padded = document.model_copy(update={"totals": document.totals.model_copy(update={"tax": money(90)})})

    assert not tax_beyond(document, TOLERANCES)
    assert [each.rule for each in tax_beyond(padded, TOLERANCES)] == ["tax-per-line"]


def test_halves_are_rounded_up_also_below_zero() -> None:
    assert [rounded(money(each)) for each in ("0.005", "-0.005", "1.2349", "-1.236")] == [
        money("0.01"),
        money("0.00"),
        money("1.23"),
        money("-1.24"),
    ]


def test_figures_are_shown_as_people_write_them() -> None:
    assert [shown(money(each)) for each in ("1190", "43.2705", "-0.5")] == ["1,190.00", "43.2705", "-0.50"]
    assert [counted(money(each)) for each in ("10", "1.50", "100")] == ["10", "1.5", "100"]


def test_products_of_the_largest_figures_stay_exact() -> None:
    with exact():
        assert LARGEST * LARGEST / LARGEST == LARGEST
        assert LARGEST * LARGEST - money("1E-10") != LARGEST * LARGEST


def test_a_figure_beyond_what_an_amount_holds_is_shown_as_the_largest() -> None:
    assert fitting(money("1E+30")) == LARGEST
    assert fitting(money(1) / 3) == money("0.3333333333")
