"""Real invoices made by others: what labels and sister files in another syntax say of them must be what is read."""

import csv
from decimal import Decimal
from pathlib import Path

from lxml import etree

from domain.errors import Unreadable
from domain.invoice import Invoice, Totals
from integrations.reading.formats import read_document
from integrations.reading.limits import ReadingLimits
from integrations.reading.ubl import invoice_from_ubl

CONTRADICTORY = {
    ("BR-03.xml", "which is no date"),
    ("BR-05.xml", "which is no ISO 4217 currency code"),
    ("BR-CL-03.xml", "has no ChargeIndicator"),
    ("BR-CL-06.xml", "is stated 3 times, each time differently"),
    ("BR-CL-17.xml", "has no ChargeIndicator"),
    ("BR-CO-15.xml", "TaxTotal occurs more than once in the same currency"),
    ("UBL-SR-42.xml", "is stated 2 times, each time differently"),
}
"""Fragments of the official unit tests that cannot be an invoice, with the reason: most are their error cases."""


def read(path: Path) -> Invoice:
    found = read_document(path.read_bytes(), ReadingLimits())
    assert isinstance(found, Invoice)
    return found


def money(invoice: Invoice) -> tuple[object, ...]:
    """The figures that both syntaxes must agree on; a total that is left out is the same as one of nothing."""
    stated = {name: getattr(invoice.totals, name) or Decimal(0) for name in Totals.model_fields}
    return (stated, invoice.tax_breakdown, invoice.allowances_charges, invoice.lines)


def identity(invoice: Invoice) -> tuple[object, ...]:
    return (
        *(invoice.credit_note, invoice.type_code, invoice.number, invoice.issue_date, invoice.due_date),
        *(invoice.currency, invoice.seller.vat_id, invoice.seller.legal_id, invoice.seller.email, invoice.buyer.name),
        *(invoice.payee, invoice.payment_means, invoice.payment_terms, invoice.preceding, invoice.period, invoice.note),
    )


def test_every_labelled_invoice_reads_as_its_label_says(shared: Path) -> None:
    folder = shared / "invoices"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = list(csv.DictReader(file))
    assert len(labels) == 65
    for label in labels:
        invoice = read(folder / label["file"])
        accounts = [means.account for means in invoice.payment_means if means.account]
        found = {
            "syntax": invoice.syntax,
            "profile": invoice.profile,
            "invoice_id": invoice.number,
            "type_code": invoice.type_code,
            "currency": invoice.currency,
            "order_ref": invoice.order_ref or "",
            "seller": invoice.seller.name,
            "payee_account": accounts[0] if accounts else "",
            "lines": str(len(invoice.lines)),
        }
        assert {name: label[name] for name in found} == found, label["file"]
        assert invoice.totals.payable == Decimal(label["payable"]), label["file"]
        assert invoice.totals.without_tax == Decimal(label["total_without_vat"]), label["file"]


def test_the_same_case_in_ubl_and_in_cii_has_the_same_figures(shared: Path) -> None:
    pairs = [
        (path, sister)
        for path in sorted((shared / "invoices" / "xrechnung_testsuite").glob("*_ubl.xml"))
        if (sister := path.with_name(path.name.replace("_ubl", "_uncefact"))).exists()
    ]
    assert len(pairs) == 14
    for path, sister in pairs:
        assert money(read(path)) == money(read(sister)), path.name
        assert identity(read(path)) == identity(read(sister)), path.name


def test_the_same_invoice_as_pdf_cii_and_ubl_reads_the_same(shared: Path) -> None:
    corpus = shared / "invoices" / "zugferd_corpus"
    pdfs = sorted((corpus / "FX").glob("*.pdf"))
    assert len(pdfs) == 6
    for pdf in pdfs:
        cii, ubl = corpus / "CII" / f"{pdf.stem}.cii.xml", corpus / "UBL" / f"{pdf.stem}.ubl.xml"
        assert read(pdf) == read(cii), pdf.name
        assert money(read(cii)) == money(read(ubl)), pdf.name
        assert identity(read(cii)) == identity(read(ubl)), pdf.name


def test_every_whole_invoice_reads(shared: Path) -> None:
    folders = ("xrechnung211_good", "xrechnung211_bad", "cen_examples", "xrechnung_testsuite")
    files = [path for folder in folders for path in sorted((shared / "invoices" / folder).glob("*.xml"))]
    assert len(files) == 88
    for path in files:
        assert read(path).number, path.name


def test_every_fragment_of_the_official_unit_tests_reads_unless_it_contradicts_itself(shared: Path) -> None:
    count, refused = 0, set[tuple[str, str]]()
    for path in sorted((shared / "invoices" / "cen_unit_ubl_invoice").glob("*.xml")):
        for fragment in etree.parse(path).iter("{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice"):
            count += 1
            try:
                invoice_from_ubl(fragment)
            except Unreadable as error:
                refused |= {(name, why) for name, why in CONTRADICTORY if name == path.name and why in str(error)} or {
                    (path.name, str(error))
                }
    assert count > 500
    assert refused == CONTRADICTORY


def test_plain_text_invoices_stay_text(shared: Path) -> None:
    for path in sorted((shared / "invoices" / "invoice2data_custom").glob("*.txt")):
        found = read_document(path.read_bytes(), ReadingLimits())
        assert not isinstance(found, Invoice)
        assert found.text.strip()
