"""Who sent it, who asks for money, and where it should go: the document held against the supplier master."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.checks.identifiers import normal_account
from domain.findings import BankDetailsDiffer, BlockedSupplier, Finding, UnknownSupplier, UnverifiedSender
from domain.invoice import Invoice
from domain.purchasing import Supplier
from domain.text import show


def standing(invoice: Invoice, supplier: Supplier | None, sender: str | None) -> Iterator[Finding]:
    """What the supplier master has against this invoice; `sender` is an e-mail address, None where there is none."""
    if supplier is None:
        seller = invoice.seller
        name = seller.vat_id or seller.tax_registration or seller.name or "without name or tax identifier"
        yield UnknownSupplier(said=f"No supplier on file is the seller {show(name, 80)}.")
        return
    if supplier.blocked:
        said = f"Supplier {supplier.id} {supplier.name} is blocked in the supplier master."
        yield BlockedSupplier(said=said, supplier_id=supplier.id)
    if sender is not None and not _on_file(sender, supplier):
        said = f"{show(sender, 80)} is not an address or domain on file for {supplier.name}."
        yield UnverifiedSender(said=said, sender=sender)
    yield from _bank_details(invoice, supplier)


def _on_file(sender: str, supplier: Supplier) -> bool:
    """Whether the address or its exact domain is on file.

    A sub-domain is not, and neither is a display name or a letter that only looks like the right one: both are for the
    sender to choose.
    """
    address = sender.rpartition("<")[2].removesuffix(">").strip() if sender.rstrip().endswith(">") else sender.strip()
    if not address.isascii() or not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address):
        return False
    domain = address.lower().rpartition("@")[2]
    known = {each.lower().lstrip("@") for each in supplier.sender_domains}
    return domain in known or address.lower() == (supplier.email or "").lower()


def _bank_details(invoice: Invoice, supplier: Supplier) -> Iterator[BankDetailsDiffer]:
    """Every account that the document asks to pay to, or a payee (BG-10) without one, held against the one on file."""
    on_file = normal_account(supplier.account)
    stated = {normal_account(means.account): means.account for means in invoice.payment_means if means.account}
    stated.pop("", None)
    asked = [account for normal, account in stated.items() if account and normal != on_file]
    payee = invoice.payee.name if invoice.payee else None
    if payee and not stated and payee not in {invoice.seller.name, supplier.name}:
        asked.append(f"an account of {payee}")
    if asked:
        on_document = show(", ".join(asked), 200)
        said = f"The document asks to pay to {on_document}; on file is {supplier.account or 'no account'}."
        yield BankDetailsDiffer(said=said, on_document=on_document, on_file=supplier.account)
