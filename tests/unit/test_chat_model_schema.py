from collections.abc import Iterator
from typing import Any, Literal

import pytest
from pydantic import Field, JsonValue

from agents.invoice_examiner import ExaminerProposal
from agents.invoice_reader import InvoiceReading
from domain.errors import NoAnswer
from domain.values import Amount, Frozen, Ratio
from integrations.chat_model.strict_schema import strict_schema

ANNOTATIONS = {"description", "format"}
ALLOWED = ANNOTATIONS | {
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "enum",
    "items",
    "properties",
    "required",
    "type",
}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    yield schema
    for key in ("$defs", "properties"):
        for part in schema.get(key, {}).values():
            yield from parts(part)
    for part in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        yield from parts(part)


def strict(model: type[Frozen]) -> dict[str, Any]:
    return strict_schema(model.model_json_schema())


class Sample(Frozen):
    kind: Literal["a"] = "a"
    amount: Amount = Field(description="what is owed")
    share: Ratio | None = None
    note: str | None = Field(default=None, max_length=40)
    inner: "Inner" = Field(description="with a description beside its reference")


class Inner(Frozen):
    """What is inside."""

    words: tuple[str, ...] = ()


class Mapped(Frozen):
    by_name: dict[str, int]


class Paired(Frozen):
    pair: tuple[int, str]


class Anything(Frozen):
    value: JsonValue


@pytest.mark.parametrize("claim", [ExaminerProposal, InvoiceReading, Sample])
def test_every_object_is_closed_and_asks_for_all_its_properties(claim: type[Frozen]) -> None:
    objects = [part for part in parts(strict(claim)) if part.get("type") == "object"]
    assert objects
    for part in objects:
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])


@pytest.mark.parametrize("claim", [ExaminerProposal, InvoiceReading, Sample])
def test_only_keywords_of_strict_mode_are_left(claim: type[Frozen]) -> None:
    for part in parts(strict(claim)):
        assert part.keys() <= ALLOWED
        assert "$ref" not in part or part.keys() == {"$ref"}
        assert part.get("type") != "number"


def test_a_discriminated_union_becomes_any_of_with_one_name_each() -> None:
    schema = strict(ExaminerProposal)
    branches = schema["properties"]["resolution"]["anyOf"]
    kinds = [schema["$defs"][branch["$ref"].removeprefix("#/$defs/")]["properties"]["kind"] for branch in branches]
    assert {"type": "string", "enum": ["match_other_order"]} in kinds
    assert len(kinds) == 7


def test_a_decimal_is_asked_for_as_a_string_with_its_limits_in_words() -> None:
    properties = strict(Sample)["properties"]
    assert properties["amount"] == {
        "type": "string",
        "description": "what is owed; a decimal number as a string, such as 1234.50",
    }
    share, nothing = properties["share"]["anyOf"]
    assert share["description"] == "a decimal number as a string, such as 1234.50; at least 0.0; at most 1.0"
    assert nothing == {"type": "null"}


def test_what_strict_mode_cannot_check_is_said_in_words() -> None:
    properties = strict(Sample)["properties"]
    assert {"type": "string", "description": "at most 40 characters"} in properties["note"]["anyOf"]
    assert properties["inner"] == {
        "anyOf": [{"$ref": "#/$defs/Inner"}],
        "description": "with a description beside its reference",
    }
    assert strict(InvoiceReading)["properties"]["issue_date"] == {"type": "string", "format": "date"}


def test_the_schema_of_the_model_itself_is_left_alone() -> None:
    schema = ExaminerProposal.model_json_schema()
    strict_schema(schema)
    assert schema == ExaminerProposal.model_json_schema()


@pytest.mark.parametrize("claim", [Mapped, Paired, Anything])
def test_what_strict_mode_cannot_say_is_refused_by_name(claim: type[Frozen]) -> None:
    with pytest.raises(NoAnswer, match="Strict output"):
        strict(claim)
