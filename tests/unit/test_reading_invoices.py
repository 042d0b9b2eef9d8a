from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Unreadable
from domain.invoice import (
    AllowanceCharge,
    Invoice,
    InvoiceLine,
    Party,
    PaymentMeans,
    Period,
    PrecedingInvoice,
    TaxCategory,
    TaxSubtotal,
    Totals,
)
from tests.papers import CII, CREDIT_NOTE, UBL, read, swapped, ubl

STANDARD_RATE = TaxCategory(code="S", rate=Decimal(25))
EVERY_FIELD = Invoice(
    syntax="ubl",
    credit_note=False,
    profile="urn:cen.eu:en16931:2017",
    type_code="380",
    number="R-2026-17",
    issue_date=date(2026, 11, 2),
    due_date=date(2026, 12, 2),
    tax_point_date=date(2026, 11, 3),
    tax_point_code="35",
    currency="SEK",
    accounting_currency="EUR",
    seller=Party(
        name="Seller AB",
        vat_id="SE123456789001",
        tax_registration="F-skatt",
        legal_id="556677-8899",
        identifiers=("S-1",),
        email="bills@seller.example",
        city="Malmö",
        country="SE",
    ),
    buyer=Party(name="Buyer GmbH", email="in@buyer.example"),
    payee=Party(name="Factoring AB", identifiers=("F-1",)),
    tax_representative=Party(name="Representative KG", vat_id="DE123456789"),
    payment_means=(
        PaymentMeans(code="58", account="SE45 5000 0000 0583 9825 7466", account_name="Factoring AB", bic="ESSESESS"),
        PaymentMeans(code="10", account=None),
    ),
    payment_terms="30 days",
    payment_reference="RF-17",
    order_ref="PO-1",
    contract_ref="C-9",
    buyer_ref="desk 4",
    preceding=(PrecedingInvoice(number="R-2026-16", issue_date=date(2026, 10, 2)),),
    period=Period(start=date(2026, 10, 1), end=date(2026, 10, 31)),
    lines=(
        InvoiceLine(
            id="1",
            name="Screws",
            quantity=Decimal(200),
            unit="C62",
            net_price=Decimal("50.00"),
            price_base=Decimal(100),
            net_amount=Decimal("90.00"),
            tax=STANDARD_RATE,
            allowances_charges=(AllowanceCharge(charge=False, amount=Decimal("10.00"), reason="Rebate"),),
            order_ref="PO-2",
            order_line="10",
            seller_item="A-5",
            buyer_item="B-5",
            accounting_ref="4711",
            period=Period(start=date(2026, 10, 5), end=None),
        ),
    ),
    allowances_charges=(
        AllowanceCharge(
            charge=True,
            amount=Decimal("9.00"),
            base=Decimal("90.00"),
            percent=Decimal(10),
            reason="Freight",
            reason_code="FC",
            tax=STANDARD_RATE,
        ),
    ),
    tax_breakdown=(
        TaxSubtotal(
            taxable=Decimal("99.00"),
            tax=Decimal("24.75"),
            category=TaxCategory(code="S", rate=Decimal(25), exemption_reason="reason", exemption_code="code"),
        ),
    ),
    totals=Totals(
        lines_net=Decimal("90.00"),
        allowances=Decimal(0),
        charges=Decimal("9.00"),
        without_tax=Decimal("99.00"),
        tax=Decimal("24.75"),
        tax_in_accounting_currency=Decimal("2.20"),
        with_tax=Decimal("123.75"),
        prepaid=Decimal("20.00"),
        rounding=Decimal("0.25"),
        payable=Decimal("104.00"),
    ),
    note="First note\nSecond note",
)


def test_ubl_states_every_field() -> None:
    assert read(UBL) == EVERY_FIELD


def test_cii_states_every_field() -> None:
    assert read(CII) == EVERY_FIELD.model_copy(update={"syntax": "cii"})


def test_a_ubl_credit_note_states_every_field_under_its_own_names() -> None:
    assert read(CREDIT_NOTE) == EVERY_FIELD.model_copy(update={"credit_note": True, "type_code": "381"})


@pytest.mark.parametrize("document", [UBL, CII])
def test_an_invoice_with_a_credit_type_code_is_a_credit_note(document: str) -> None:
    assert read(swapped(document, ">380<", ">381<")).credit_note


def test_a_fragment_reads_with_everything_else_unstated() -> None:
    found = ubl()
    assert (found.number, found.issue_date, found.totals.payable, found.lines) == (None, None, None, ())
    assert found.seller == Party(name=None)
    assert found.payee is None
    assert found.period is None


def test_blank_elements_state_nothing() -> None:
    found = ubl(
        "<cbc:ID>  </cbc:ID><cbc:IssueDate/><cac:LegalMonetaryTotal><cbc:PayableAmount/></cac:LegalMonetaryTotal>"
    )
    assert (found.number, found.issue_date, found.totals.payable) == (None, None, None)


def test_a_period_without_dates_is_one_and_a_lone_tax_point_code_is_none() -> None:
    assert ubl("<cac:InvoicePeriod/>").period == Period(start=None, end=None)
    coded = ubl("<cac:InvoicePeriod><cbc:DescriptionCode>3</cbc:DescriptionCode></cac:InvoicePeriod>")
    assert (coded.period, coded.tax_point_code) == (None, "3")


def test_the_order_number_that_peppol_writes_for_none_is_none() -> None:
    known = "<cac:OrderReference><cbc:ID>NA</cbc:ID>{}</cac:OrderReference>"
    assert ubl(known.format("<cbc:SalesOrderID>SO-1</cbc:SalesOrderID>")).order_ref is None
    assert ubl(known.format("")).order_ref == "NA"


def test_tax_totals_are_told_apart_by_currency_and_by_their_breakdown() -> None:
    same = swapped(swapped(UBL, ">EUR<", ">SEK<"), 'currencyID="EUR">2.20', 'currencyID="SEK">24.70')
    totals = read(same).totals
    assert (totals.tax, totals.tax_in_accounting_currency) == (Decimal("24.75"), Decimal("24.70"))
    assert read(same).tax_breakdown == EVERY_FIELD.tax_breakdown


def test_a_tax_total_in_a_third_currency_is_neither() -> None:
    totals = read(swapped(UBL, 'currencyID="EUR">2.20', 'currencyID="GBP">1.90')).totals
    assert (totals.tax, totals.tax_in_accounting_currency) == (Decimal("24.75"), None)


def test_two_tax_totals_in_the_invoice_currency_contradict_each_other() -> None:
    total = '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">{}</cbc:TaxAmount></cac:TaxTotal>'
    with pytest.raises(Unreadable, match="TaxTotal occurs more than once in the same currency"):
        ubl(total.format(700), total.format(715))


@pytest.mark.parametrize(
    ("document", "account", "second"),
    [
        (
            UBL,
            "</cac:PayeeFinancialAccount>",
            "</cac:PayeeFinancialAccount><cac:PayeeFinancialAccount><cbc:ID>X2</cbc:ID></cac:PayeeFinancialAccount>",
        ),
        (CII, "</ram:IBANID>", "</ram:IBANID><ram:ProprietaryID>X2</ram:ProprietaryID>"),
    ],
)
def test_no_second_account_hides_behind_the_first(document: str, account: str, second: str) -> None:
    found = read(swapped(document, account, second))
    assert [means.account for means in found.payment_means] == ["SE45 5000 0000 0583 9825 7466", "X2", None]


def test_only_detail_lines_of_an_extended_cii_invoice_are_billed() -> None:
    start, line = "<ram:IncludedSupplyChainTradeLineItem>", "<ram:LineID>1</ram:LineID>"
    whole = CII[CII.index(start) : CII.index("<ram:ApplicableHeaderTradeAgreement>")]
    marked = [
        whole.replace(
            line, f"<ram:LineID>{code}</ram:LineID><ram:LineStatusReasonCode>{code}</ram:LineStatusReasonCode>"
        )
        for code in ("GROUP", "DETAIL", "INFORMATION")
    ]
    found = read(swapped(CII, whole, "".join(marked)))
    assert [line.id for line in found.lines] == ["DETAIL"]


def test_freight_of_an_extended_cii_invoice_is_a_charge() -> None:
    freight = (
        "<ram:SpecifiedLogisticsServiceCharge><ram:Description>Freight</ram:Description>"
        "<ram:AppliedAmount>5.80</ram:AppliedAmount></ram:SpecifiedLogisticsServiceCharge>"
    )
    found = read(swapped(CII, "<ram:SpecifiedTradePaymentTerms>", f"{freight}<ram:SpecifiedTradePaymentTerms>"))
    assert found.allowances_charges[1] == AllowanceCharge(charge=True, amount=Decimal("5.80"), reason="Freight")


def test_tax_point_codes_of_both_syntaxes_mean_the_same() -> None:
    codes = {code: read(swapped(CII, "Code>29<", f"Code>{code}<")).tax_point_code for code in ("5", "29", "72", "9")}
    assert codes == {"5": "3", "29": "35", "72": "432", "9": "9"}
