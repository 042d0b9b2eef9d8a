"""Decision tables: a spreadsheet a controller can read. First matching row wins; nothing matches, nothing happens."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal, NoReturn, Protocol, cast, get_args

from domain.actions import BaseAction
from domain.errors import BadPolicy
from domain.findings import Role
from governance.canonical import digest
from governance.cells import FactType, FactValue, Test, cell_test, fact_type
from governance.verdict import Verdict

Then = Literal["allow", "review", "deny"]
ROW_KEYS = frozenset({"id", "then", "approvers", "deadline", "why"})
TOP_KEYS = frozenset({"policy", "version", "default", "currency", "facts", "row"})
DERIVED = "foreign_currency"
"""A flag the judge sets itself: the amount is not in the table's currency, so its money cells cannot be tested."""
DURATION = re.compile(r"(\d+) (second|minute|hour|day)s?")


@dataclass(frozen=True)
class Row:
    """One row: every test must hold."""

    id: str
    tests: Mapping[str, Test]
    then: Then
    approver: str | None
    deadline: timedelta | None
    why: str


@dataclass(frozen=True)
class Table:
    """A policy file as it was read."""

    policy: str
    version: str
    currency: str
    facts: Mapping[str, FactType]
    rows: tuple[Row, ...]
    file_digest: str

    def judge(self, action: BaseAction) -> Verdict:
        """Find the first row whose tests all hold; deny where none does or where a row cannot be decided."""
        facts = self._stated(action)
        for row in self.rows:
            undecided = [name for name in row.tests if facts.get(name) is None]
            if all(test(facts[name]) for name, test in row.tests.items() if name not in undecided):
                if undecided:
                    return self._deny(action, facts, f"Row {row.id} tests {undecided[0]}, which this action lacks.")
                return self._verdict(action, facts, row)
        return self._deny(action, facts, "No row of the table covers this action.")

    def _stated(self, action: BaseAction) -> dict[str, FactValue]:
        stated = action.facts()
        foreign = stated.get("currency") not in (None, self.currency)
        facts: dict[str, FactValue] = {name: stated.get(name) for name in self.facts}
        if DERIVED in self.facts:
            facts[DERIVED] = foreign
        if foreign:
            facts.update({name: None for name, kind in self.facts.items() if kind.kind == "money"})
        return facts

    def _verdict(self, action: BaseAction, facts: Mapping[str, FactValue], row: Row) -> Verdict:
        return Verdict(
            then=row.then,
            row=row.id,
            why=row.why,
            policy=self.policy,
            version=self.version,
            file_digest=self.file_digest,
            action_digest=digest(action),
            facts={name: _shown(value) for name, value in facts.items() if value is not None},
            approver=row.approver,
            deadline=row.deadline,
        )

    def _deny(self, action: BaseAction, facts: Mapping[str, FactValue], why: str) -> Verdict:
        nothing = Row(id="", tests={}, then="deny", approver=None, deadline=None, why=why)
        return self._verdict(action, facts, nothing).model_copy(update={"row": None})


class PolicyTables(Protocol):
    """Where the tables in force are kept."""

    async def table(self, policy: str) -> Table:
        """The table in force now; raise `BadPolicy` where there is none or it cannot be read."""
        ...


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
    tests: dict[str, Test] = {}
    for fact in facts.keys() & row.keys():
        try:
            tests[fact] = cell_test(facts[fact], row[fact])
        except ValueError as error:
            _refuse(file, f"{name}, cell {fact}", str(error))
    approver, deadline = _approval(file, name, row)
    return Row(cast("str", row["id"]), tests, cast("Then", row["then"]), approver, deadline, cast("str", row["why"]))


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


def _shown(value: FactValue) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
