"""Looking into a document without starting anything: what was read, and what the checks would find."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from commands.books import books
from commands.console import UserError, command, out, plain
from domain.checks.dossier import gather
from domain.checks.examination import Examination, examine
from domain.course import title
from domain.documents import PlainText
from domain.invoice import Invoice
from integrations.policy_folder import PolicyFolder
from integrations.reading.reader import ChildReader
from integrations.sandbox import SandboxErp, load_company, load_csv, put_on_file, read_adventureworks
from integrations.settings import ROOT, Settings

File = Annotated[Path, typer.Argument(help="An invoice: UBL, CII, Factur-X, PDF or text.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
SAMPLES = ROOT / "samples" / "erp"
COMPANY = ROOT / "samples" / "company"


@command
async def read(file: File, as_json: AsJson = False) -> int:
    """Show what is read from a file; start nothing, ask no model."""
    found = await _read(file)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    elif isinstance(found, PlainText):
        out.print(f"Plain text, {found.pages} page(s): a model or a person must read it.\n")
        out.print("\n".join(plain(line) for line in found.text.splitlines()[:200]))
    else:
        _print_invoice(found)
    return 0


@command
async def check(
    file: File,
    sender: Annotated[str | None, typer.Option(help="The address it came from.")] = None,
    as_json: AsJson = False,
) -> int:
    """Show what the checks find, against the business system; start nothing. Exit code 1 where something is found."""
    found = await _read(file)
    if isinstance(found, PlainText):
        raise UserError(f"{file.name} is plain text: a model or a person must read it before anything can be checked.")
    settings = Settings()
    async with books(settings) as database:
        dossier = await gather(SandboxErp(database), found)
    supplier = dossier.supplier
    tolerances = await PolicyFolder(settings.policies).tolerances(supplier.id if supplier else None)
    examination = examine(found, dossier, sender=sender, tolerances=tolerances)
    if as_json:
        typer.echo(examination.model_dump_json(indent=2))
    else:
        _print_findings(examination, supplier.name if supplier else None)
    return 1 if examination.findings else 0


@command
async def seed(
    folder: Annotated[Path, typer.Option(help="CSV files; the shipped sample company by default.")] = SAMPLES,
) -> int:
    """Load suppliers, orders, receipts, earlier bills and customers into the sandbox; twice changes nothing.

    The tables of the AdventureWorks sample database are recognised by their file names.
    """
    async with books(Settings()) as database:
        if any(folder.glob("purchase_order_header.csv*")):
            data = read_adventureworks(folder)
            await put_on_file(database, data)
        else:
            data = await load_csv(database, folder)
        if folder == SAMPLES:
            await load_company(database, COMPANY)
    out.print(f"{len(data.suppliers)} suppliers, {len(data.orders)} orders, {len(data.receipts)} receipts on file.")
    return 0


async def _read(file: Path) -> Invoice | PlainText:
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from None
    async with ChildReader() as reader:
        return await reader.read(content, name=file.name)


def _print_invoice(invoice: Invoice) -> None:
    kind = "Credit note" if invoice.credit_note else "Invoice"
    out.print(f"[bold]{kind} {plain(invoice.number or 'without number')}[/bold] ({invoice.syntax})")
    totals, means = invoice.totals, invoice.payment_means
    facts = {
        "seller": f"{invoice.seller.name or '?'} {invoice.seller.vat_id or ''}",
        "buyer": invoice.buyer.name,
        "issued": invoice.issue_date,
        "due": invoice.due_date,
        "order": invoice.order_ref,
        "account": ", ".join(each.account for each in means if each.account) or None,
        "net": totals.without_tax,
        "tax": totals.tax,
        "payable": f"{totals.payable} {invoice.currency}",
    }
    for name, value in facts.items():
        out.print(f"  {name:<8} {plain(value) if value is not None else '[dim]not stated[/dim]'}")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("line", "description", "quantity", "price", "net"):
        table.add_column(column, overflow="fold")
    for line in invoice.lines:
        cells = (line.id, line.name, line.quantity, line.net_price, line.net_amount)
        table.add_row(*("" if cell is None else plain(cell, 80) for cell in cells))
    out.print(table)


def _print_findings(examination: Examination, supplier: str | None) -> None:
    out.print(f"Supplier: {plain(supplier or 'unknown')}, order: {plain(examination.order_id or 'none')}")
    if not examination.findings:
        out.print("[green]Nothing found: it may post by itself, within the limits of the policy.[/green]")
    for finding in examination.findings:
        out.print(f"[yellow]{plain(title(finding), 600)}[/yellow]")
        post = "may post" if finding.posting_allowed else "must not post"
        release = "may be released by hand" if finding.releasable else "cannot be released by hand"
        out.print(f"  owner {finding.owner}; {post}; {release}; goes away when {plain(finding.removed_by)}")
    if examination.coding:
        booked = [f"{each.account}/{each.cost_centre} {each.net}" for each in examination.coding]
        out.print(f"Booked to: {plain(json.dumps(booked)[1:-1])}")
