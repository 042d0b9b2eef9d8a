"""What a file is, told from its content alone, and how it is read."""

from __future__ import annotations

import codecs
import re

from domain.documents import PlainText
from domain.errors import TooLarge, Unreadable
from domain.invoice import Invoice
from integrations.reading.limits import ReadingLimits
from integrations.reading.pdf import read_pdf
from integrations.reading.xml_documents import invoice_from_xml

FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or an Office file",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"RIFF": "a WebP image or another RIFF file",
    b"\xd0\xcf\x11\xe0": "an old Office file or an Outlook message",
    b"{\\rtf": "an RTF file",
}
"""What people attach instead of an invoice, by its first bytes."""

BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def read_document(content: bytes, limits: ReadingLimits) -> Invoice | PlainText:
    """Read a file as the invoice or text it is; raise `Unreadable` or `TooLarge` with the reason."""
    if not content.strip():
        raise Unreadable("it is empty.")
    if len(content) > limits.file_bytes:
        raise TooLarge(f"it has {len(content)} bytes; at most {limits.file_bytes} are read.")
    start = content[:1024].lstrip()
    if start.startswith(b"%PDF-"):
        return read_pdf(content, limits)
    if _opens_an_element(content):
        return invoice_from_xml(content, limits)
    return _plain_text(content)


def _opens_an_element(content: bytes) -> bool:
    """XML in any encoding that a parser detects: once zero bytes and marks are out, it begins with `<`."""
    start = content[:1024].replace(b"\x00", b"")
    for mark in BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    return start.lstrip().startswith(b"<")


def _plain_text(content: bytes) -> PlainText:
    text = _decoded(content)
    what = next((what for magic, what in FOREIGN.items() if content.startswith(magic)), None)
    if what or text is None or CONTROLS.search(text):
        raise Unreadable(f"it is {what or 'neither XML nor PDF nor text'}; send an e-invoice or a PDF.")
    return PlainText(text=text, pages=text.count("\f") + 1)


def _decoded(content: bytes) -> str | None:
    """UTF-16 only where a byte order mark says so; else UTF-8, else the Windows code page of Western Europe."""
    marked = next((codec for mark, codec in BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    for codec in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return None
