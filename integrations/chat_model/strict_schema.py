"""From Pydantic's JSON schema to the subset that strict structured output takes.

A server is asked for less than the claim demands, in words that every server knows; the claim's own validation judges
the answer afterwards. What changes:

- `oneOf` with a discriminator becomes `anyOf`, a `const` an `enum` of one.
- Every object requires all its properties, refuses others and has no defaults: nothing is left out in silence.
- A Decimal, which Pydantic writes as number or string, becomes a string: a JSON number may pass through binary floating
  point on its way, and a model copies `1190.00` more faithfully as text than as a number.
- Patterns, lengths and bounds move into the description: servers differ on which they take, models read all of them.
- A `$ref` stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from pydantic import JsonValue

from domain.errors import NoAnswer

Schema = dict[str, JsonValue]

KEPT = frozenset({"$ref", "type", "enum"})
UNSAYABLE = frozenset({"allOf", "not", "if", "prefixItems", "patternProperties"})
SAID = {"maxLength": "at most {} characters", "minimum": "at least {}", "maximum": "at most {}", "pattern": "like {}"}
DECIMAL = "a decimal number as a string, such as 1234.50"


def strict_schema(schema: Mapping[str, JsonValue]) -> Schema:
    """Rewrite a JSON schema for strict mode; raise `NoAnswer` for what strict mode cannot say."""
    branches = schema.get("anyOf", schema.get("oneOf"))
    strict = _plain(schema) if branches is None else _union(_each(branches))
    said = _said(schema, strict.pop("description", None))
    if said and "$ref" in strict:
        strict = _object({"anyOf": [strict]})
    if said:
        strict["description"] = said
    return strict


def _plain(schema: Mapping[str, JsonValue]) -> Schema:
    strict: Schema = {key: schema[key] for key in schema if key in KEPT}
    if "const" in schema:
        strict["enum"] = [schema["const"]]
    if schema.get("format") == "date":
        strict["format"] = "date"
    if "items" in schema:
        strict["items"] = strict_schema(_object(schema["items"]))
    if schema.get("type") == "object":
        strict |= _closed(schema)
    if "$defs" in schema:
        strict["$defs"] = _named(schema["$defs"])
    if not strict or schema.keys() & UNSAYABLE:
        raise NoAnswer(f"Strict output cannot say this part of the schema, give it fixed fields: {dict(schema)}")
    return strict


def _closed(schema: Mapping[str, JsonValue]) -> Schema:
    if isinstance(schema.get("additionalProperties"), dict) or schema.get("additionalProperties") is True:
        raise NoAnswer(f"Strict output needs fixed keys, not a mapping: {schema.get('title', dict(schema))}")
    properties = _named(schema.get("properties", {}))
    return {"properties": properties, "required": list(properties), "additionalProperties": False}


def _union(branches: Iterable[Schema]) -> Schema:
    alike = {branch.get("type"): branch for branch in branches if branch.get("type") in {"number", "string"}}
    others = [branch for branch in branches if branch not in alike.values()]
    if len(alike) == 2:  # noqa: PLR2004 - number and string: Pydantic's way to write a Decimal
        decimal: Schema = {**alike["number"], "type": "string", "description": DECIMAL}
        alike = {"string": decimal}
    strict: list[JsonValue] = [strict_schema(branch) for branch in [*alike.values(), *others]]
    return _object(strict[0]) if len(strict) == 1 else {"anyOf": strict}


def _said(schema: Mapping[str, JsonValue], inner: JsonValue) -> str:
    limits = [text.format(schema[key]) for key, text in SAID.items() if key in schema]
    return "; ".join(str(part) for part in [schema.get("description"), inner, *limits] if part)


def _named(schemas: JsonValue) -> dict[str, JsonValue]:
    return {name: strict_schema(_object(part)) for name, part in _object(schemas).items()}


def _each(schemas: JsonValue) -> list[Schema]:
    return cast("list[Schema]", schemas)


def _object(schema: JsonValue) -> Schema:
    return cast("Schema", schema)
