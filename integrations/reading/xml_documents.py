"""XML without its dangers: no DOCTYPE, no entities, no network, bounded depth and size."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, cast

from lxml import etree as untyped_etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from domain.errors import TooLarge, Unreadable
from domain.invoice import Invoice
from domain.text import show
from integrations.reading import cii, ubl
from integrations.reading.element import Element, local_name
from integrations.reading.limits import ReadingLimits

etree = cast("Any", untyped_etree)

READERS = {
    f"{{{ubl.INVOICE}}}Invoice": ubl.invoice_from_ubl,
    f"{{{ubl.CREDIT_NOTE}}}CreditNote": ubl.invoice_from_ubl,
    f"{{{cii.INVOICE}}}CrossIndustryInvoice": cii.invoice_from_cii,
}

ENCODINGS = frozenset(
    {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252"}
)
"""Others, UTF-7 above all, let one file read as two different texts."""

DOCTYPE = "its XML declares a DOCTYPE, which no invoice needs and attacks use."

ATTACHMENTS = frozenset({"EmbeddedDocumentBinaryObject", "AttachmentBinaryObject"})
"""Base64 of a supporting document (BG-24): long by nature, and not read."""


def invoice_from_xml(content: bytes, limits: ReadingLimits) -> Invoice:
    """Read UBL or CII, told apart by the root element."""
    root = parse(content, limits)
    read = READERS.get(root.tag)
    if read is None:
        raise Unreadable(
            f"it is XML with the root element '{show(root.tag, 120)}'; a UBL 2.1 Invoice or CreditNote or a CII "
            "CrossIndustryInvoice (D16B) is needed."
        )
    invoice = read(root)
    if len(invoice.lines) > limits.lines:
        raise TooLarge(f"it has {len(invoice.lines)} lines; at most {limits.lines} are read.")
    return invoice


def parse(content: bytes, limits: ReadingLimits) -> Element:
    """Parse, and stop as soon as a limit is passed."""
    walk = etree.iterparse(
        BytesIO(content),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        _hold_to(limits, walk)
    except etree.XMLSyntaxError as error:
        if b"<!DOCTYPE" in content:
            raise Unreadable(DOCTYPE) from None
        raise Unreadable(f"it is no well-formed XML: {show(error.msg, 200)}.") from None
    document = walk.root.getroottree().docinfo
    if document.doctype:
        raise Unreadable(DOCTYPE)
    if (document.encoding or "UTF-8").upper() not in ENCODINGS:
        raise Unreadable(f"its XML is encoded as '{show(document.encoding, 40)}'; UTF-8 is expected.")
    return cast("Element", walk.root)


def _hold_to(limits: ReadingLimits, walk: Iterator[tuple[str, Element]]) -> None:
    depth = elements = 0
    for event, element in walk:
        if event == "end":
            depth -= 1
            _hold_text_to(limits, element)
            continue
        depth, elements = depth + 1, elements + 1
        if depth > limits.xml_depth:
            raise TooLarge(f"its XML is nested deeper than {limits.xml_depth} levels.")
        if elements > limits.xml_elements:
            raise TooLarge(f"its XML has more than {limits.xml_elements} elements.")


def _hold_text_to(limits: ReadingLimits, element: Element) -> None:
    if len(element.text or "") > limits.field_characters and local_name(element) not in ATTACHMENTS:
        raise TooLarge(f"{local_name(element)} has more than {limits.field_characters} characters.")
