"""One invoice that states every field, as UBL and as CII, and the files it may travel in."""

import zlib
from io import BytesIO
from pathlib import Path

from pypdf import PdfWriter

from domain.invoice import Invoice
from integrations.reading.formats import read_document
from integrations.reading.limits import ReadingLimits

UBL = (Path(__file__).parent / "every-field.ubl.xml").read_text(encoding="utf-8")

CREDIT_NOTE = (
    UBL.replace("xsd:Invoice-2", "xsd:CreditNote-2")
    .replace("<Invoice ", "<CreditNote ")
    .replace("</Invoice>", "</CreditNote>")
    .replace("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode")
    .replace(">380<", ">381<")
    .replace("cac:InvoiceLine", "cac:CreditNoteLine")
    .replace("cbc:InvoicedQuantity", "cbc:CreditedQuantity")
    .replace("<cbc:DueDate>2026-12-02</cbc:DueDate>", "")
    .replace("<cbc:PaymentID>", "<cbc:PaymentDueDate>2026-12-02</cbc:PaymentDueDate><cbc:PaymentID>")
)

CII = (Path(__file__).parent / "every-field.cii.xml").read_text(encoding="utf-8")


def read(text: str) -> Invoice:
    """The invoice that a text of XML holds."""
    found = read_document(text.encode(), ReadingLimits())
    assert isinstance(found, Invoice)
    return found


def ubl(*parts: str) -> Invoice:
    """A UBL invoice in euros that states these parts and nothing else."""
    start = UBL[: UBL.index("<cbc:CustomizationID>")]
    return read(f"{start}<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>{''.join(parts)}</Invoice>")


def swapped(document: str, old: str, new: str) -> str:
    """The document with something else in it."""
    assert old in document
    return document.replace(old, new)


def pdf_with(*attachments: tuple[str, bytes], password: str | None = None) -> bytes:
    """A PDF of one blank page that carries files."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    for name, content in attachments:
        writer.add_attachment(name, content)
    if password is not None:
        writer.encrypt(password, algorithm="RC4-128")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def pdf_saying(*pages: str) -> bytes:
    """A PDF whose pages show a line of text each; an empty one shows nothing."""
    return pdf_of([f"BT /F1 12 Tf 20 100 Td ({page}) Tj ET".encode() if page else b"" for page in pages])


def pdf_of(streams: list[bytes]) -> bytes:
    """A PDF of pages with these content streams."""
    return _pages([zlib.compress(stream) for stream in streams])


def pdf_bomb() -> bytes:
    """A PDF of a megabyte whose only stream unfolds to a gigabyte of spaces."""
    packer = zlib.compressobj(9)
    start = packer.compress(b" ") + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(b" " * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return _pages([start + again * 100 + packer.flush()])


def _pages(streams: list[bytes]) -> bytes:
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(streams)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(streams)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for index, stream in enumerate(streams):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (5 + 2 * index)
        )
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(stream), stream))
    return _with_table(objects)


def _with_table(objects: list[bytes]) -> bytes:
    file, places = bytearray(b"%PDF-1.7\n"), list[int]()
    for number, content in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % place for place in places)
    file += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(file)
