"""Values of attributes: what says something, as text of a bearable length."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from governance.trail import conventions as c
from governance.trail.reading import whole
from governance.trail.record import Value

LONGEST = 2_000
"""Characters of one value; the history has the rest."""

MOST = 100
"""Values of a list."""

Attributes = dict[str, Value]


def kept(values: Mapping[str, Value | None] | Mapping[c.Attribute, Value | None]) -> Attributes:
    """Those that say something, clipped."""
    return {name: _clipped(value) for name, value in values.items() if value is not None and value != ()}


def written(value: JsonValue) -> str | None:
    """A value as text: what is no text already, as JSON."""
    if value is None or isinstance(value, str):
        return whole(value or "") or None
    try:
        return whole(json.dumps(value, ensure_ascii=False))
    except RecursionError:
        return "(nested too deeply to be shown)"


def _clipped(value: Value) -> Value:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    return tuple(str(_clipped(each)) for each in value[:MOST]) if isinstance(value, tuple) else value
