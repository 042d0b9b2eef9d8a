# ruff: noqa: INP001 - a script beside the samples, not a package
"""Makes invoices/03-clean-facturx.pdf: one readable page with facturx/factur-x.xml inside. Run it from anywhere.

The page uses a standard PDF font that is not embedded, so the file is Factur-X in its data and not PDF/A-3.
"""

from __future__ import annotations

import io
from pathlib import Path

from facturx import generate_from_file
from lxml import etree
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

SAMPLES = Path(__file__).resolve().parent
RAM = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}
LINE = "{:<6}{:<34}{:>8}{:>12}{:>14}"


def main() -> None:
    """Write the PDF."""
    xml = (SAMPLES / "facturx" / "factur-x.xml").read_bytes()
    page = one_page(visible_text(etree.fromstring(xml)))
    target = SAMPLES / "invoices" / "03-clean-facturx.pdf"
    generate_from_file(page, xml, flavor="factur-x", level="en16931", lang="fr", output_pdf_file=str(target))


def visible_text(invoice: etree._Element) -> list[str]:
    """The page, line by line, from the figures in the XML."""

    def said(path: str, of: etree._Element = invoice) -> str:
        return of.findtext(f".//{path}", "", RAM).strip()

    names = [name.text or "" for name in invoice.iterfind(".//ram:ApplicableHeaderTradeAgreement//ram:Name", RAM)]
    page = [names[0], f"TVA {said('ram:SellerTradeParty//ram:ID')}", "", f"Pour: {names[1]}", ""]
    page += [f"FACTURE {invoice.findtext('*/ram:ID', '', RAM)}", f"Commande {said('ram:IssuerAssignedID')}", ""]
    page.append(LINE.format("Poste", "Article", "Nombre", "Prix EUR", "Montant EUR"))
    for line in invoice.iterfind(".//ram:IncludedSupplyChainTradeLineItem", RAM):
        paths = ("ram:BuyerOrderReferencedDocument/ram:LineID", "ram:Name", "ram:BilledQuantity", "ram:ChargeAmount")
        page.append(LINE.format(*(said(path, line) for path in (*paths, "ram:LineTotalAmount"))))
    page += ["", LINE.format("", "Total hors TVA", "", "", said("ram:TaxBasisTotalAmount"))]
    page += [LINE.format("", "TVA 0 % (art. 262 ter du CGI)", "", "", said("ram:TaxTotalAmount"))]
    page += [LINE.format("", "Net à payer", "", "", said("ram:DuePayableAmount")), "", f"IBAN {said('ram:IBANID')}"]
    return page


def one_page(lines: list[str]) -> io.BytesIO:
    """An A4 page of monospaced text."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=595, height=842)
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Courier", "/Encoding": "/WinAnsiEncoding"}
    named = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    fonts = DictionaryObject({NameObject("/F1"): named})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    escaped = [line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") for line in lines]
    content = DecodedStreamObject()
    shown = "".join(f"({line}) Tj T*\n" for line in escaped)
    content.set_data(f"BT /F1 10 Tf 14 TL 60 780 Td\n{shown}ET".encode("cp1252"))
    page[NameObject("/Contents")] = content
    written = io.BytesIO()
    writer.write(written)
    return written


if __name__ == "__main__":
    main()
