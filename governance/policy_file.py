"""Reading a policy file: whatever is wrong is refused naming the file, the row, the cell and the mend."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from typing import NoReturn, cast, get_args

from domain.errors import BadPolicy
from domain.findings import Role
from governance.cells import Cell, FactType, fact_type, read_cell
from governance.policy import Row, Table, Then

ROW_KEYS = frozenset({"id", "then", "approvers", "deadline", "why"})
TOP_KEYS = frozenset({"policy", "version", "default", "currency", "facts", "row"})
DURATION = re.compile(r"(\d+) (second|minute|hour|day)s?")


def load_table(content: bytes, file: str) -> Table:
    """Read a policy file; raise `BadPolicy` naming the file, the row, the cell and the mend."""
    try:
        top = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPolicy(f"{file}: not a TOML file: {error}") from None
    _refuse_unknown(file, "the file", top, TOP_KEYS)
    for name in ("policy", "version", "currency"):
        if not isinstance(top.get(name), str):
            _refuse(file, name, "is missing or not text")
    if top.get("default") != "deny":
        _refuse(file, "default", 'must be "deny": what no row covers does not happen')
    facts = {
        name: _declared(file, name, kind) for name, kind in cast("dict[str, object]", top.get("facts", {})).items()
    }
    rows = tuple(_row(file, number, row, facts) for number, row in enumerate(top.get("row", []), start=1))
    twice = sorted({row.id for row in rows if sum(other.id == row.id for other in rows) > 1})
    if twice or not rows:
        _refuse(file, "row", f"the id {twice[0]} is used twice" if twice else "the table has no rows")
    return Table(top["policy"], top["version"], top["currency"], facts, rows, hashlib.sha256(content).hexdigest())


def _declared(file: str, name: str, kind: object) -> FactType:
    try:
        return fact_type(kind)
    except ValueError as error:
        _refuse(file, f"facts, {name}", str(error))


def _row(file: str, number: int, row: dict[str, object], facts: Mapping[str, FactType]) -> Row:
    name = f"row {number} ({row.get('id', 'no id')})"
    _refuse_unknown(file, name, row, ROW_KEYS | set(facts))
    if not isinstance(row.get("id"), str) or not isinstance(row.get("why"), str):
        _refuse(file, name, "id and why must be given, as text")
    if row.get("then") not in get_args(Then):
        _refuse(file, f"{name}, cell then", f"is one of {', '.join(get_args(Then))}")
    cells: dict[str, Cell] = {}
    for fact in (name for name in facts if name in row):
        try:
            cells[fact] = read_cell(facts[fact], row[fact])
        except ValueError as error:
            _refuse(file, f"{name}, cell {fact}", str(error))
    approver, deadline = _approval(file, name, row)
    return Row(cast("str", row["id"]), cells, cast("Then", row["then"]), approver, deadline, cast("str", row["why"]))


def _approval(file: str, name: str, row: dict[str, object]) -> tuple[str | None, timedelta | None]:
    """A review names one approver role and a deadline; anything else names neither."""
    given = {"approvers", "deadline"} & row.keys()
    if row["then"] != "review":
        if given:
            _refuse(file, name, f"{' and '.join(sorted(given))} without review")
        return None, None
    approvers = row.get("approvers")
    if not isinstance(approvers, dict) or list(cast("dict[str, object]", approvers).values()) != [1]:
        _refuse(file, f"{name}, cell approvers", "names one role and one person, such as { finance = 1 }")
    role = next(iter(cast("dict[str, int]", approvers)))
    if role not in get_args(Role):
        _refuse(file, f"{name}, cell approvers", f"{role} is not a role; roles are {', '.join(get_args(Role))}")
    duration = DURATION.fullmatch(str(row.get("deadline", "")))
    if not duration or not int(duration[1]):
        _refuse(file, f"{name}, cell deadline", 'is a time such as "48 hours"')
    return role, timedelta(**{f"{duration[2]}s": int(duration[1])})


def _refuse_unknown(file: str, where: str, given: Mapping[str, object], known: frozenset[str] | set[str]) -> None:
    if unknown := sorted(set(given) - known):
        _refuse(file, where, f"{', '.join(unknown)} is not known here; known are {', '.join(sorted(known))}")


def _refuse(file: str, where: str, what: str) -> NoReturn:
    raise BadPolicy(f"{file}: {where}: {what}.")
