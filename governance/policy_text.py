"""A table as a person reads it: rows of text, and why one row and no other decided."""

from __future__ import annotations

from collections.abc import Iterator

from governance.policy import Decided, Facts, Row, Table, shown

COLUMNS = ("row", "when", "then", "who, how long", "why")


def rows_of(table: Table) -> Iterator[tuple[str, str, str, str, str]]:
    """Each row as cells of text, in the order in which they are tried; the default stands last."""
    for row in table.rows:
        yield row.id, _when(row), row.then, _who(row), row.why
    yield "(default)", "nothing above matches", "deny", "", "What no row covers does not happen."


def markdown(table: Table) -> str:
    """The table as Markdown, for a document or a review."""
    head = [
        f"# {table.policy} {table.version}",
        "",
        f"Amounts are in {table.currency}. The first matching row decides.",
    ]
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows_of(table)]
    return "\n".join([*head, "", f"| {' | '.join(COLUMNS)} |", "|---|---|---|---|---|", *lines])


def explanation(table: Table, facts: Facts) -> Iterator[str]:
    """Why each row did not match, up to the one that decided."""
    decided: Decided = table.decide(facts)
    for row in table.rows:
        failed = row.unmatched(facts)
        if failed is None:
            yield f"{row.id}: {'decides' if decided.row else decided.why}"
            break
        yield f"{row.id}: no, {failed} is {shown(facts[failed])}, not {row.cells[failed].text}"
    row = decided.row
    who = f", asking {_who(row)}" if row and row.approver else ""
    yield f"=> {decided.then}{who}: {decided.why}"


def _when(row: Row) -> str:
    return "; ".join(f"{name} {cell.text}" for name, cell in row.cells.items()) or "always"


def _who(row: Row) -> str:
    if row.approver is None or row.deadline is None:
        return ""
    hours = row.deadline.total_seconds() / 3600
    return f"{row.approver}, {hours:g} hours"
