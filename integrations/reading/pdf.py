"""PDF: the invoice embedded in it (Factur-X, ZUGFeRD), or the text on its pages."""

from __future__ import annotations

from contextlib import AbstractContextManager
from io import BytesIO

from pypdf import Configuration, PdfReader, apply_configuration
from pypdf.errors import DependencyError, LimitReachedError

from domain.documents import PlainText
from domain.errors import DomainError, TooLarge, Unreadable
from domain.invoice import Invoice
from domain.text import show
from integrations.reading.limits import ReadingLimits
from integrations.reading.xml_documents import invoice_from_xml

INVOICE_NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
"""What Factur-X 1.0 and ZUGFeRD 2 call the embedded invoice."""


def read_pdf(content: bytes, limits: ReadingLimits) -> Invoice | PlainText:
    """Read the embedded invoice if there is one, else the text."""
    try:
        with _bounded(limits):
            return _read(PdfReader(BytesIO(content)), limits)
    except (DomainError, MemoryError):
        raise
    except LimitReachedError:
        raise TooLarge(f"a stream of the PDF is larger than {limits.stream_bytes} bytes when decompressed.") from None
    except DependencyError:
        raise Unreadable("the PDF is encrypted; send it without a password.") from None
    except Exception as error:
        # pypdf raises whatever a broken structure happens to cause: KeyError, AttributeError, RecursionError.
        raise Unreadable(f"it is a damaged PDF: {show(str(error), 120) or type(error).__name__}.") from error


def _bounded(limits: ReadingLimits) -> AbstractContextManager[Configuration]:
    """What one stream may decompress to, whatever filter it uses; no program is started for JBIG2 images."""
    return apply_configuration(
        maximum_declared_stream_length=limits.stream_bytes,
        array_based_stream_maximum_output_length=limits.stream_bytes,
        brotli_maximum_output_length=limits.stream_bytes,
        jbig2_maximum_output_length=limits.stream_bytes,
        lzw_maximum_output_length=limits.stream_bytes,
        run_length_maximum_output_length=limits.stream_bytes,
        zlib_maximum_output_length=limits.stream_bytes,
        jbig2dec_binary=None,
    )


def _read(pdf: PdfReader, limits: ReadingLimits) -> Invoice | PlainText:
    if pdf.is_encrypted and not pdf.decrypt(""):
        raise Unreadable("the PDF is encrypted; send it without a password.")
    embedded = _embedded_invoice(pdf, limits)
    return _text(pdf, limits) if embedded is None else invoice_from_xml(embedded, limits)


def _embedded_invoice(pdf: PdfReader, limits: ReadingLimits) -> bytes | None:
    found = {file.content for file in pdf.attachment_list if file.name.lower() in INVOICE_NAMES}
    if len(found) > 1:
        raise Unreadable(f"the PDF holds {len(found)} different invoices; send one file for each.")
    embedded = next(iter(found), None)
    if embedded is not None and len(embedded) > limits.attachment_bytes:
        raise TooLarge(f"the invoice inside the PDF has more than {limits.attachment_bytes} bytes.")
    return embedded


def _text(pdf: PdfReader, limits: ReadingLimits) -> PlainText:
    count = len(pdf.pages)
    if count > limits.pages:
        raise TooLarge(f"it has {count} pages; at most {limits.pages} are read.")
    pages = [page.extract_text().strip() for page in pdf.pages]
    if not any(pages):
        raise Unreadable("the PDF has no text, as a scan has none; a person must read it.")
    said = (page or f"[page {number} has no text]" for number, page in enumerate(pages, start=1))
    return PlainText(text=_whole_characters("\n\n".join(said)), pages=count)


def _whole_characters(text: str) -> str:
    """Fonts with broken tables yield lone surrogates, which no encoding can carry on."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
