import io
import zipfile

import pytest

from domain.documents import PlainText
from domain.errors import TooLarge, Unreadable
from domain.invoice import Invoice
from integrations.reading import pdf
from integrations.reading.formats import read_document
from integrations.reading.limits import ReadingLimits
from tests.papers import CII, UBL, pdf_bomb, pdf_of, pdf_saying, pdf_with, read

LIMITS = ReadingLimits()
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("invoice.xml", UBL)
    return file.getvalue()


@pytest.mark.parametrize("name", ["factur-x.xml", "zugferd-invoice.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml"])
def test_the_invoice_inside_a_pdf_is_read(name: str) -> None:
    found = read_document(pdf_with(("terms.txt", b"terms"), (name, CII.encode())), LIMITS)
    assert found == read(CII)


def test_a_pdf_with_the_same_invoice_twice_is_read_and_one_with_two_is_not() -> None:
    twice = pdf_with(("factur-x.xml", CII.encode()), ("xrechnung.xml", CII.encode()))
    assert isinstance(read_document(twice, LIMITS), Invoice)
    other = CII.replace("104.00", "1040.00").encode()
    with pytest.raises(Unreadable, match="holds 2 different invoices"):
        read_document(pdf_with(("factur-x.xml", CII.encode()), ("xrechnung.xml", other)), LIMITS)


def test_a_pdf_without_an_invoice_inside_is_text_and_says_which_pages_have_none() -> None:
    found = read_document(pdf_saying("Invoice 17", "", "Total 12.60 EUR"), LIMITS)
    assert found == PlainText(text="Invoice 17\n\n[page 2 has no text]\n\nTotal 12.60 EUR", pages=3)


def test_a_pdf_locked_against_changes_alone_is_read() -> None:
    assert isinstance(read_document(pdf_with(("factur-x.xml", CII.encode()), password=""), LIMITS), Invoice)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"Invoice 17\r\n12.60 EUR", "Invoice 17\r\n12.60 EUR"),
        ("Straße 12 €".encode(), "Straße 12 €"),
        ("Straße 12 €".encode("utf-8-sig"), "Straße 12 €"),
        ("Straße 12 €".encode("utf-16"), "Straße 12 €"),
        (b"\xfe\xff" + "Straße".encode("utf-16-be"), "Straße"),
        ("Straße 12 €".encode("cp1252"), "Straße 12 €"),
    ],
)
def test_plain_text_is_read_in_the_usual_encodings(content: bytes, text: str) -> None:
    assert read_document(content, LIMITS) == PlainText(text=text, pages=1)


def test_text_that_no_encoding_can_carry_is_mended() -> None:
    assert pdf._whole_characters("a\ud800b\ud83d\ude00") == "a\ufffdb\U0001f600"


def test_form_feeds_part_pages() -> None:
    assert read_document(b"one\ftwo\fthree", LIMITS) == PlainText(text="one\ftwo\fthree", pages=3)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_xml_is_read_in_the_encoding_its_mark_says(codec: str) -> None:
    declared = UBL.replace("UTF-8", "UTF-16" if codec == "utf-16" else "UTF-8", 1)
    assert read_document(declared.encode(codec), LIMITS) == read(UBL)


def test_xml_is_read_in_the_encoding_it_declares() -> None:
    latin = UBL.replace("UTF-8", "ISO-8859-1", 1).encode("iso-8859-1")
    assert read_document(latin, LIMITS) == read(UBL)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b" \r\n\t", "it is empty"),
        (zipped(), "a ZIP archive or an Office file"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file or an Outlook message"),
        (b"{\\rtf1 Invoice}", "an RTF file"),
        (b"\x00\x01\x02\x03", "neither XML nor PDF nor text"),
        (b"Invoice\x00 17", "neither XML nor PDF nor text"),
        ("Invoice 17".encode("utf-16-le"), "neither XML nor PDF nor text"),
        (b"<html><body>Invoice</body></html>", r"the root element 'html'"),
        (b"<rsm:CrossIndustryDocument xmlns:rsm='urn:ferd:1p0'/>", r"the root element '\{urn:ferd:1p0\}CrossIndustry"),
        (UBL.encode()[:-40], "no well-formed XML"),
        (UBL.replace("Malmö", "Malm&ouml;").encode(), "no well-formed XML"),
        (UBL.encode("iso-8859-1"), "no well-formed XML"),
        (UBL.replace("UTF-8", "UTF-7", 1).encode("utf-7"), "XML"),
        (b"<?xml version='1.0' encoding='UTF-7'?><Invoice/>", "XML"),
        (b"<?xml version='1.0' encoding='UTF-16'?>" + UBL.encode()[39:], "XML"),
        (b"%PDF-1.7 and nothing more", "a damaged PDF"),
        (pdf_with(password="secret"), "the PDF is encrypted"),
        (pdf_with(), "the PDF has no text, as a scan has none"),
        (pdf_with(("factur-x.xml", b"not xml")), "no well-formed XML"),
        (pdf_with(("factur-x.xml", b"<order/>")), "the root element 'order'"),
    ],
)
def test_anything_else_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_document(content, LIMITS)


@pytest.mark.parametrize(
    "prolog",
    [
        f'<!DOCTYPE Invoice [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE Invoice [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE Invoice [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
        '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd">',
        "<!DOCTYPE Invoice>",
    ],
)
def test_a_doctype_is_refused_whatever_it_declares(prolog: str) -> None:
    bomb = UBL.replace("\n<Invoice", f"\n{prolog}<Invoice", 1).replace("R-2026-17", "&l9;" if "l9" in prolog else "1")
    with pytest.raises(Unreadable, match=r"DOCTYPE|no well-formed XML") as refused:
        read_document(bomb.encode(), LIMITS)
    assert len(str(refused.value)) < 400


def deep(levels: int) -> bytes:
    return b"<a>" * levels + b"</a>" * levels


@pytest.mark.parametrize("levels", [65, 255, 10_000, 200_000])
def test_deep_nesting_is_refused(levels: int) -> None:
    with pytest.raises(TooLarge, match="nested deeper than 64 levels"):
        read_document(deep(levels), LIMITS)


def test_nesting_up_to_the_limit_is_not_the_reason_to_refuse() -> None:
    with pytest.raises(Unreadable, match="the root element 'a'"):
        read_document(deep(64), LIMITS)


@pytest.mark.parametrize(
    ("limits", "content", "reason"),
    [
        (ReadingLimits(file_bytes=1_000), UBL.encode(), r"it has \d+ bytes; at most 1000 are read"),
        (ReadingLimits(xml_elements=50), UBL.encode(), "more than 50 elements"),
        (
            ReadingLimits(lines=1),
            UBL.replace("<cac:InvoiceLine>", "<cac:InvoiceLine/>" * 9 + "<cac:InvoiceLine>").encode(),
            "it has 10 lines; at most 1 are read",
        ),
        (
            ReadingLimits(field_characters=100),
            UBL.replace("First note", "x" * 101).encode(),
            "Note has more than 100 char",
        ),
        (ReadingLimits(pages=2), pdf_saying("1", "2", "3"), "it has 3 pages; at most 2 are read"),
        (ReadingLimits(attachment_bytes=1_000), pdf_with(("factur-x.xml", CII.encode())), "more than 1000 bytes"),
        (ReadingLimits(stream_bytes=100_000), pdf_of([b" " * 200_000]), "larger than 100000 bytes when decompressed"),
    ],
)
def test_each_limit_refuses_the_whole_document(limits: ReadingLimits, content: bytes, reason: str) -> None:
    with pytest.raises(TooLarge, match=reason):
        read_document(content, limits)


def test_a_long_supporting_document_inside_the_xml_is_no_long_field() -> None:
    attachment = (
        "<cac:AdditionalDocumentReference><cac:Attachment><cbc:EmbeddedDocumentBinaryObject>"
        f"{'QUJD' * 50_000}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>"
    )
    found = read_document(UBL.replace("<cac:PayeeParty>", attachment + "<cac:PayeeParty>").encode(), LIMITS)
    assert found == read(UBL)


def test_a_stream_of_a_gigabyte_in_a_megabyte_is_refused() -> None:
    bomb = pdf_bomb()
    assert len(bomb) < 1_100_000
    with pytest.raises(TooLarge, match="larger than 50000000 bytes when decompressed"):
        read_document(bomb, LIMITS)
