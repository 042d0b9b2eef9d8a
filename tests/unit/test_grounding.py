import json
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.invoice_reader import InvoiceReading, LineReading, confirmed, to_invoice
from domain.checks.grounding import unconfirmed
from domain.checks.spellings import figures_in, has_date, plain
from domain.invoice import Invoice

TEXT = """\
Nordwind Büromöbel GmbH
VAT ID DE 811 907 980

INVOICE
Invoice number: RE-2026/0815
Date:           03.11.2026           Due date: 3 December 2026
Your order:     PO-7731
Currency: EUR

Pos  Description           Quantity   Unit price   VAT %     Net
1    Desk oak 160x80 cm    2          1.234,50     19 %      2.469,00
2    Castor set            12         7,25         19 %      87,00

Net total:                 2.556,00 EUR
VAT 19 %:                  485,64 EUR
Total due:                 3.041,64 EUR

IBAN: DE89 3704 0044 0532 0130 00
"""

READING = InvoiceReading(
    number="RE-2026/0815",
    credit_note=False,
    issue_date=date(2026, 11, 3),
    due_date=date(2026, 12, 3),
    currency="EUR",
    seller_name="Nordwind Büromöbel GmbH",
    seller_tax_id="DE811907980",
    order_ref="PO-7731",
    payee_account="DE89370400440532013000",
    lines=(
        LineReading(
            description="Desk oak 160x80 cm",
            quantity=Decimal(2),
            unit_price=Decimal("1234.50"),
            net_amount=Decimal("2469.00"),
            tax_rate=Decimal(19),
        ),
        LineReading(
            description="Castor set",
            quantity=Decimal(12),
            unit_price=Decimal("7.25"),
            net_amount=Decimal("87.00"),
            tax_rate=Decimal(19),
        ),
    ),
    net=Decimal("2556.00"),
    tax=Decimal("485.64"),
    payable=Decimal("3041.64"),
    confidence=Decimal("0.9"),
)

FIGURES = ["net", "tax", "payable"]
LINE_FIGURES = ["quantity", "unit_price", "net_amount", "tax_rate"]
WORDS = ["number", "seller_tax_id", "order_ref", "payee_account"]


def claiming(**changes: object) -> InvoiceReading:
    return READING.model_copy(update=changes)


def line_claiming(position: int, **changes: object) -> InvoiceReading:
    lines = list(READING.lines)
    lines[position] = lines[position].model_copy(update=changes)
    return claiming(lines=tuple(lines))


def complaints(reading: InvoiceReading, text: str = TEXT) -> tuple[str, ...]:
    result = confirmed(reading, text)
    return () if isinstance(result, Invoice) else result


def digit_changed(written: str, position: int, step: int) -> str:
    places = [index for index, character in enumerate(written) if character.isdigit()]
    index = places[position % len(places)]
    return f"{written[:index]}{(int(written[index]) + step) % 10}{written[index + 1 :]}"


def test_a_reading_that_the_text_bears_out_becomes_an_invoice() -> None:
    invoice = confirmed(READING, TEXT)
    assert isinstance(invoice, Invoice)
    assert invoice == to_invoice(READING)
    assert (invoice.syntax, invoice.seller.vat_id, invoice.totals.payable) == (
        "text",
        "DE811907980",
        Decimal("3041.64"),
    )
    assert [line.id for line in invoice.lines] == ["1", "2"]
    assert invoice.payment_means[0].account == "DE89370400440532013000"


def test_a_tax_id_without_a_country_is_no_vat_id() -> None:
    seller = to_invoice(claiming(seller_tax_id="143/815/08155")).seller
    assert (seller.vat_id, seller.tax_registration) == (None, "143/815/08155")


def test_an_invented_total_is_named_with_its_figure() -> None:
    assert "The total 1,190.00 does not occur in the text." in complaints(claiming(payable=Decimal("1190.00")))


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (claiming(number="0815"), "The invoice number 0815 does not occur in the text."),
        (claiming(number="RE-2026"), "The invoice number RE-2026 does not occur in the text."),
        (claiming(seller_name="Nordwind AG"), "The seller Nordwind AG does not occur in the text."),
        (claiming(order_ref="7731"), "The order reference 7731 does not occur in the text."),
        (claiming(seller_tax_id="DE811907981"), "The VAT id DE811907981 does not occur in the text."),
        (claiming(payee_account="GB33BUKB20201555555555"), "The payee account GB33BUKB20201555555555 does not occur"),
        (claiming(issue_date=date(2026, 11, 4)), "The issue date 2026-11-04 does not occur in the text."),
        (claiming(due_date=date(2027, 12, 3)), "The due date 2027-12-03 does not occur in the text."),
        (claiming(currency="USD"), "The currency USD does not occur in the text."),
        (claiming(credit_note=True), "The text does not call itself a credit note."),
        (line_claiming(1, description="Castor kit"), "The description of line 2 Castor kit does not occur"),
        (line_claiming(1, description=""), "The description of line 2"),
        (line_claiming(0, quantity=Decimal(3)), "Line 1: 3 at 1,234.50 do not come to 2,469.00."),
        (line_claiming(0, tax_rate=Decimal(12)), "The lines' tax rates come to 312.81, not to the tax 485.64."),
        (claiming(lines=READING.lines[:1]), "The lines come to 2,469.00, not to the net 2,556.00."),
        (claiming(lines=()), "The lines come to 0, not to the net 2,556.00."),
        (claiming(tax=Decimal(19)), "Net and tax come to 2,575.00, not to the total 3,041.64."),
        (claiming(payable=Decimal("2556.00")), "Net and tax come to 3,041.64, not to the total 2,556.00."),
        (claiming(payable=Decimal("-3041.64")), "The total -3,041.64 does not occur in the text."),
    ],
)
def test_what_the_text_does_not_bear_out_is_said(reading: InvoiceReading, said: str) -> None:
    assert any(complaint.startswith(said) for complaint in complaints(reading)), complaints(reading)


def test_a_credit_note_read_as_an_invoice_is_noticed() -> None:
    text = TEXT.replace("INVOICE\n", "  CREDIT NOTE\n")
    assert complaints(READING, text) == ("The text is headed as a credit note.",)
    assert complaints(claiming(credit_note=True), text) == ()


def test_terms_that_mention_credit_notes_do_not_make_one() -> None:
    assert complaints(READING, f"{TEXT}\nReturns are settled by credit note within 14 days.\n") == ()


@given(position=st.integers(0, 20), step=st.integers(1, 9), field=st.sampled_from(FIGURES))
def test_any_changed_digit_of_a_total_is_noticed(position: int, step: int, field: str) -> None:
    changed = Decimal(digit_changed(str(getattr(READING, field)), position, step))
    assert complaints(claiming(**{field: changed}))


@given(line=st.integers(0, 1), position=st.integers(0, 20), step=st.integers(1, 9), field=st.sampled_from(LINE_FIGURES))
def test_any_changed_digit_of_a_line_is_noticed(line: int, position: int, step: int, field: str) -> None:
    changed = Decimal(digit_changed(str(getattr(READING.lines[line], field)), position, step))
    assert complaints(line_claiming(line, **{field: changed}))


@given(position=st.integers(0, 40), step=st.integers(1, 9), field=st.sampled_from(WORDS))
def test_any_changed_digit_of_an_identifier_is_noticed(position: int, step: int, field: str) -> None:
    assert complaints(claiming(**{field: digit_changed(getattr(READING, field), position, step)}))


@given(days=st.integers(-4000, 4000), field=st.sampled_from(["issue_date", "due_date"]))
def test_a_date_that_the_text_does_not_state_is_noticed(days: int, field: str) -> None:
    changed = getattr(READING, field) + timedelta(days=days)
    # 03.11.2026 is also the eleventh of March to an American.
    assume(changed not in {date(2026, 11, 3), date(2026, 3, 11), date(2026, 12, 3)})
    assert complaints(claiming(**{field: changed}))


def spelled(value: Decimal, group: str, mark: str) -> str:
    return f"{value:,f}".replace(",", "\0").replace(".", mark).replace("\0", group)


@given(
    cents=st.integers(0, 10**12),
    places=st.integers(0, 4),
    locale=st.sampled_from(
        [(",", "."), (".", ","), (" ", ","), ("\u202f", ","), ("'", "."), ("\u2019", "."), ("", ".")]
    ),
)
def test_a_figure_is_found_in_every_spelling(cents: int, places: int, locale: tuple[str, str]) -> None:
    value = Decimal(cents).scaleb(-places)
    assert value in figures_in(plain(f"Total:  {spelled(value, *locale)} EUR"))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234.50", {"1234.50"}),
        ("1.234", {"1234", "1.234"}),
        ("EUR119.00", {"119"}),
        ("119,00€", {"119"}),
        ("-50.00", {"-50"}),
        ("\u221250,00", {"-50"}),
        ("50.00-", {"-50"}),
        ("(50.00)", {"50", "-50"}),
        ("2kg at 19%", {"2", "19"}),
        ("\uff13.\uff15\uff10", {"3.5"}),
        ("1\u200b19.00", {"119"}),
        ("3  1 234,50", {"3", "1", "234.5", "1234.5"}),
        ("INV-4711 A4711 4711-2 2026-11-03 27.09.2026 12:30 1.234-5 DE8937", set()),
    ],
)
def test_a_figure_means_what_its_characters_can_mean(text: str, values: set[str]) -> None:
    assert figures_in(plain(text)) == {Decimal(value) for value in values}


@pytest.mark.parametrize(
    "written",
    [
        "2026-09-07",
        "2026/09/07",
        "07.09.2026",
        "7.9.26",
        "07/09/2026",
        "09/07/2026",
        "7 September 2026",
        "7th of September 2026",
        "September 7, 2026",
        "Sept. 7th, 2026",
        "07-Sep-2026",
        "7. September 2026",
        "7 septembre 2026",
        "7 de septiembre de 2026",
        "2026-09-07T10:00:00",
    ],
)
def test_a_date_is_found_in_every_usual_spelling(written: str) -> None:
    assert has_date(f"Date: {written}\n", date(2026, 9, 7))
    assert not has_date(f"Date: {written}\n", date(2026, 9, 8))
    assert not has_date(f"Date: {written}\n", date(2025, 9, 7))


def test_march_is_found_in_german() -> None:
    assert has_date("Rechnungsdatum: 3. März 2026", date(2026, 3, 3))


@pytest.mark.parametrize("name", ["basic", "lines-basic", "lines-blocks", "lines-multiple-patterns", "table-groups"])
def test_real_texts_bear_out_their_labels_and_nothing_injected(shared: Path, name: str) -> None:
    folder = shared / "invoices" / "invoice2data_custom"
    text = (folder / f"{name}.txt").read_text()
    label = json.loads((folder / f"{name}.json").read_text(), parse_float=Decimal)[0]
    stated = claiming(
        number=label["invoice_number"],
        issue_date=date.fromisoformat(label["date"]),
        due_date=None,
        currency=label["currency"],
        seller_name=text.split("Issuer: ")[1].splitlines()[0],
        seller_tax_id=None,
        order_ref=None,
        payee_account=None,
        lines=(),
        net=label["amount"],
        tax=label["amount"] * 0,
        payable=label["amount"],
    )
    # These texts state no lines and (all but one, by chance) no zero tax: a person reads them.
    known = {"The tax 0.00 does not occur in the text.", "The tax 0.0 does not occur in the text."}
    said = {complaint for complaint in complaints(stated, text) if not complaint.startswith("The lines come to 0")}
    assert said <= known
    assert complaints(stated, text)
    injected = stated.model_copy(update={"payable": label["amount"] + 1, "number": "0999/09/2023"})
    spoken = "\n".join(complaints(injected, text))
    assert "The total" in spoken
    assert "The invoice number 0999/09/2023" in spoken


def test_figures_at_their_largest_are_compared_not_crashed_on() -> None:
    huge = Decimal("99999999999999.9999999999")
    assert complaints(line_claiming(0, quantity=huge, unit_price=huge, net_amount=huge, tax_rate=Decimal("999999.5")))


@pytest.mark.parametrize(
    "text", ["1 " * 40_000, "1 111" * 15_000, " " * 60_000, "\n" * 60_000, "1.1," * 20_000, "a1" * 30_000]
)
def test_a_hostile_text_takes_no_longer_than_its_length_deserves(text: str) -> None:
    def cpu_seconds(text: str) -> float:
        start = time.process_time()
        assert unconfirmed(to_invoice(READING), text)
        return time.process_time() - start

    part = text[: len(text) // 8]
    assert cpu_seconds(text) < 8 * 3 * cpu_seconds(part) + 0.1  # a square of the length would be 64 times as long


def test_a_label_that_its_text_spells_otherwise_is_noticed(shared: Path) -> None:
    folder = shared / "invoices" / "invoice2data_custom"
    assert "Issuer: Table Group Tests" in (text := (folder / "table-groups.txt").read_text())
    label = json.loads((folder / "table-groups.json").read_text())[0]["issuer"]
    assert f"The seller {label} does not occur in the text." in complaints(claiming(seller_name=label), text)
