"""Reading a policy file: whatever is wrong is refused naming the file, the row, the cell and the mend."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from typing import cast

from domain.errors import BadPolicy
from governance.cells import FactType, fact_type
from governance.policy import ACTION, DERIVED, Row, Table
from governance.policy_row import ROW_KEYS, Place, read_row

TABLE_KEY = "policy"
"""What makes a file a policy table: other files of the folder, such as people.toml, do not have it."""
TOP_KEYS = frozenset({TABLE_KEY, "version", "default", "currency", "facts", "row"})
SHAPES = {
    TABLE_KEY: (re.compile(r"[a-z][a-z0-9-]{0,39}"), 'a short name such as "refund"'),
    "version": (re.compile(r"\S[^\n]{0,39}"), 'a text such as "2026-11-23"'),
    "currency": (re.compile(r"[A-Z]{3}"), 'a currency code such as "EUR"'),
}
FACT_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = ROW_KEYS | {"currency", "rate", "stopped"}


def is_table(content: bytes) -> bool:
    """Whether a file says that it is a policy table; one that is not TOML may be a broken table."""
    try:
        return TABLE_KEY in tomllib.loads(content.decode())
    except ValueError:
        return True


def load_table(content: bytes, file: str) -> Table:
    """Read a policy file; raise `BadPolicy` naming the file, the row, the cell and the mend."""
    try:
        top: dict[str, object] = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise BadPolicy(f"{file}: not a TOML file: {error}") from None
    whole = Place(file, "the file")
    whole.refuse_unknown(top, TOP_KEYS)
    policy, version, currency = (_text(Place(file, name), top.get(name), name) for name in SHAPES)
    if top.get("default") != "deny":
        Place(file, "default").refuse('it must be "deny": what no row covers does not happen')
    facts = _facts(file, top.get("facts"))
    return Table(
        policy, version, currency, facts, _rows(file, top.get("row"), facts), hashlib.sha256(content).hexdigest()
    )


def _text(place: Place, said: object, name: str) -> str:
    shape, such_as = SHAPES[name]
    if not isinstance(said, str) or not shape.fullmatch(said):
        place.refuse(f"it is missing or not {such_as}")
    return said


def _facts(file: str, declared: object) -> dict[str, FactType]:
    """What rows may test; the action's name always, and a foreign currency only as a flag."""
    place = Place(file, "[facts]")
    if not isinstance(declared, dict):
        place.refuse("it is missing: it declares what rows may test")
    facts = {name: _declared(file, name, kind) for name, kind in cast("dict[str, object]", declared).items()}
    if ACTION not in facts or facts[ACTION].kind != "choice":
        place.refuse('it needs action = ["…"], the actions that the table judges')
    if DERIVED in facts and facts[DERIVED].kind != "flag":
        place.refuse(f'{DERIVED} is set by the judge; declare {DERIVED} = "flag"')
    return facts


def _declared(file: str, name: str, kind: object) -> FactType:
    place = Place(file, f"[facts], {name}")
    if name in RESERVED:
        place.refuse("it means something else in a table; give the fact another name")
    if not FACT_NAME.fullmatch(name):
        place.refuse("a fact has a name such as risk_flags, of small letters, digits and _")
    try:
        return fact_type(kind)
    except ValueError as error:
        place.refuse(str(error))


def _rows(file: str, given: object, facts: Mapping[str, FactType]) -> tuple[Row, ...]:
    place = Place(file, "[[row]]")
    if not isinstance(given, list) or not given:
        place.refuse("the table has no rows; a row begins with [[row]]")
    rows: dict[str, Row] = {}
    for number, each in enumerate(cast("list[object]", given), start=1):
        row = read_row(file, number, each, facts)
        if row.id in rows:
            place.refuse(f"the id {row.id} is used twice; give row {number} another")
        rows[row.id] = row
    return tuple(rows.values())
