"""A table as a person reads it: rows of text, and why one row and no other decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from governance.policy import Row, Table, shown
from governance.stated import Statement

COLUMNS = ("row", "when", "then", "who, how long", "why")


def rows_of(table: Table) -> Iterator[tuple[str, str, str, str, str]]:
    """Each row as cells of text, in the order in which they are tried; the default stands last."""
    for row in table.rows:
        yield row.id, _when(row), _then(row), _who(row), row.why
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


def explanation(table: Table, said: Statement) -> Iterator[str]:
    """Why each row did not match, up to the one that decided."""
    decided, facts = said.decided_by(table), said.facts
    for row in () if said.misfit else table.rows:
        failed = row.unmatched(facts)
        if failed is None:
            yield f"{row.id}: {'decides' if decided.row else decided.why}"
            break
        yield f"{row.id}: no, {failed} is {shown(facts[failed])}, not {row.cells[failed].text}"
    row = decided.row
    who = f", asking {_who(row)}" if row and row.review else ""
    yield f"=> {_then(row) if row else decided.then}{who}: {decided.why}"


def people_of(approvers: Mapping[str, int]) -> str:
    """How many of which role."""
    return " and ".join(f"{role} \u00d7 {count}" for role, count in sorted(approvers.items()))


def _when(row: Row) -> str:
    return "; ".join(f"{name} {cell.text}" for name, cell in row.cells.items()) or "always"


def _then(row: Row) -> str:
    """What happens, with mode and sample where they change it."""
    words = [row.then]
    if row.mode == "review":
        words.append("once a person has looked")
    if row.sample is not None and row.mode != "review":
        words.append(f"a person looks at {(row.sample * 100).normalize():f} %")
    if row.second_opinion:
        words.append("a second reader must agree, or a person looks")
    if row.mode == "shadow":
        words.append("in shadow: recorded, not done")
    return ", ".join(words)


def _who(row: Row) -> str:
    """How many of which role, how sure, how long, who is asked next, and what silence means."""
    if row.review is None:
        return ""
    asked = row.review
    people = people_of(asked.approvers)
    then = "".join(f", then {role}" for role in asked.escalate)
    silence = "; silence allows" if asked.silence == "allow" else ""
    return f"{people} ({asked.assurance}), {asked.deadline}{then}{silence}"
