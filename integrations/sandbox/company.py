"""A company that has customers: read from a folder of CSV and Markdown files, put into the sandbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from domain.support import Article
from domain.values import Frozen
from integrations.sandbox.company_rows import (
    ArticleRow,
    ChargeRow,
    ContractRow,
    CustomerRow,
    DisputeRow,
    EntitlementRow,
    IncidentRow,
    NoteRow,
    QueueRow,
    RefundRow,
    SalesOrderRow,
    SoldLineRow,
)
from integrations.sandbox.rows import BadFile, read_rows, text_of


class WrittenArticle(Frozen):
    """An article with its text."""

    row: ArticleRow
    title: str
    body: str

    def article(self, now: datetime) -> Article:
        """The article as of that moment."""
        updated = now - timedelta(days=self.row.updated_days_ago)
        said = self.row.model_dump(exclude={"updated_days_ago"})
        return Article(**said, title=self.title, body=self.body, updated=updated)


class Company(Frozen):
    """All rows of a folder."""

    customers: tuple[CustomerRow, ...]
    contracts: tuple[ContractRow, ...]
    notes: tuple[NoteRow, ...]
    orders: tuple[SalesOrderRow, ...]
    order_lines: tuple[SoldLineRow, ...]
    charges: tuple[ChargeRow, ...]
    refunds: tuple[RefundRow, ...]
    disputes: tuple[DisputeRow, ...]
    entitlements: tuple[EntitlementRow, ...]
    queues: tuple[QueueRow, ...]
    incidents: tuple[IncidentRow, ...]
    articles: tuple[WrittenArticle, ...]


def read_company(folder: Path) -> Company:
    """Read every file of a company, or raise `BadFile` with file, row and column."""
    customers = read_rows(folder, "customers", CustomerRow, key=lambda row: row.id)
    known = {"customers": {row.id for row in customers}}
    orders = read_rows(folder, "orders", SalesOrderRow, key=lambda row: row.id, known=known)
    known |= {"orders": {row.id for row in orders}}
    charges = read_rows(folder, "charges", ChargeRow, key=lambda row: row.id, known=known)
    known |= {"charges": {row.id for row in charges}}
    articles = read_rows(folder, "articles", ArticleRow, key=lambda row: row.id)
    return Company(
        customers=customers,
        contracts=read_rows(folder, "contracts", ContractRow, key=lambda row: row.id, known=known),
        notes=read_rows(folder, "notes", NoteRow, key=lambda row: row.id, known=known),
        orders=orders,
        order_lines=read_rows(
            folder, "order_lines", SoldLineRow, key=lambda row: f"{row.order_id} {row.id}", known=known
        ),
        charges=charges,
        refunds=read_rows(folder, "refunds", RefundRow, key=lambda row: row.id, known=known),
        disputes=read_rows(folder, "disputes", DisputeRow, key=lambda row: row.id, known=known),
        entitlements=read_rows(folder, "entitlements", EntitlementRow, key=lambda row: row.id, known=known),
        queues=read_rows(folder, "queues", QueueRow, key=lambda row: row.name),
        incidents=read_rows(folder, "incidents", IncidentRow, key=lambda row: row.id),
        articles=tuple(_written(folder / "articles" / f"{row.id}.md", row) for row in articles),
    )


def _written(file: Path, row: ArticleRow) -> WrittenArticle:
    """A heading, an empty line, the text."""
    heading, _, body = text_of(file).partition("\n")
    title = heading.removeprefix("# ").strip()
    if not heading.startswith("# ") or not title or not body.strip():
        raise BadFile(f"{file}: it must begin with a heading such as '# When refunds arrive', and go on with text.")
    return WrittenArticle(row=row, title=title, body=body.strip())
