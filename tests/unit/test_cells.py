"""What a cell says to people, what it matches, and what is wrong with one that cannot be read."""

from decimal import Decimal
from typing import Any

import pytest

from governance.cells import fact_type, read_cell

SET = {"any_of": ["a", "b", "c"]}
CHOICE = ["a", "b"]


@pytest.mark.parametrize(
    ("declared", "cell", "text", "matches", "misses"),
    [
        ("flag", True, "yes", [True], [False]),
        ("flag", False, "no", [False], [True]),
        (CHOICE, "a", "a", ["a"], ["b"]),
        (CHOICE, ["b", "a"], "a or b", ["a", "b"], ["c"]),
        (SET, [], "none", [()], [("a",)]),
        (SET, ["a"], "any a", [("a",), ("a", "b")], [(), ("b",)]),
        (SET, ["b", "a"], "any of a, b", [("b",)], [("c",), ()]),
        (SET, {"any": ["c"]}, "any c", [("c",)], [("a",)]),
        (SET, {"only": ["a"]}, "only a", [("a",)], [(), ("a", "b")]),
        (SET, {"only": ["b", "a"]}, "only of a, b", [("a",), ("a", "b")], [(), ("a", "c")]),
        ("money", "<= 50", "<= 50", [Decimal(50)], [Decimal("50.01")]),
        ("money", "< 50", "< 50", [Decimal("49.99")], [Decimal(50)]),
        ("money", ">= 50", ">= 50", [Decimal(50)], [Decimal("49.99")]),
        ("money", "> 50", "> 50", [Decimal("50.01")], [Decimal(50)]),
        ("money", "(50, 500]", "(50, 500]", [Decimal("50.01"), Decimal(500)], [Decimal(50), Decimal("500.01")]),
        ("money", "[50, 500)", "[50, 500)", [Decimal(50), Decimal("499.99")], [Decimal("49.99"), Decimal(500)]),
        ("money", 7, "7", [Decimal(7)], [Decimal(8)]),
        ("ratio", "0.5", "0.5", [Decimal("0.5")], [Decimal("0.51")]),
    ],
)
def test_a_cell_says_what_it_matches_and_matches_it(
    declared: Any, cell: Any, text: str, matches: list[Any], misses: list[Any]
) -> None:
    read = read_cell(fact_type(declared), cell)
    assert read.text == text
    assert [value for value in (*matches, *misses) if read.test(value)] == matches


@pytest.mark.parametrize(
    ("declared", "cell", "said"),
    [
        ("flag", "yes", "a flag is true or false"),
        (SET, 7, "a set is tested by [], [names], { any = [names] } or { only = [names] }"),
        (SET, {}, "a set is tested by [], [names], { any = [names] } or { only = [names] }"),
        (SET, {"any": ["a"], "only": ["b"]}, "a set is tested by [], [names], { any = [names] } or { only = [names] }"),
        (SET, {"all": ["a"]}, "all is no test of a set; use any or only"),
        (CHOICE, "z", "z is not declared in [facts]"),
        (CHOICE, ["z", "a", "y"], "y, z is not declared in [facts]"),
        ("money", "fifty", 'fifty is not a number, "<= 50" or "(50, 500]"'),
        ("money", "(5, 5]", "the interval (5, 5] is empty"),
        ("money", "[6, 5]", "the interval [6, 5] is empty"),
        ("money", 0.5, 'write 0.5 in quotes: "0.5" (a bare number with a point is not exact)'),
    ],
)
def test_a_cell_that_cannot_be_read_says_why(declared: Any, cell: Any, said: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - compared below, whole
        read_cell(fact_type(declared), cell)
    assert str(refused.value) == said


def test_a_cell_names_the_boundaries_and_names_that_its_answer_depends_on() -> None:
    assert read_cell(fact_type("money"), "(50, 500]").boundaries == (Decimal(50), Decimal(500))
    assert read_cell(fact_type("money"), "<= 50").boundaries == (Decimal(50),)
    assert read_cell(fact_type("money"), 7).boundaries == (Decimal(7),)
    assert read_cell(fact_type(SET), ["a"]).names == frozenset({"a"})
    assert read_cell(fact_type(SET), {"only": ["b"]}).names == frozenset({"b"})
    assert read_cell(fact_type(CHOICE), "a").names == frozenset({"a"})


@pytest.mark.parametrize("declared", ["text", [], [1], {"any_of": []}, {"any_of": ["a"], "x": 1}, {"all_of": ["a"]}, 5])
def test_a_fact_that_is_declared_otherwise_is_refused(declared: Any) -> None:
    with pytest.raises(ValueError, match=r"a fact is|the list of names is empty|names are text"):
        fact_type(declared)
