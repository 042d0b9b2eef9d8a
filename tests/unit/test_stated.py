"""What an action states, held against what a table declares, and what a record says of it later."""

from decimal import Decimal
from typing import Any

import pytest

from governance.policy import Decided, Table
from governance.stated import Statement, misfit, restated
from tests.rules import HEAD, ROW, table

ECHO = {
    "action": "erp.post_bill",
    "amount": "1190.00",
    "currency": "EUR",
    "confidence": "0.9",
    "exceptions": "no_order, tax_variance",
    "urgent": "True",
}


@pytest.fixture(scope="module")
def rules() -> Table:
    return table(ROW + 'then = "allow"', HEAD + 'urgent = "flag"\n')


@pytest.mark.parametrize("share", ["0", "0.5", "1"])
def test_a_ratio_is_from_nought_to_one_both_included(rules: Table, share: str) -> None:
    assert misfit(rules, {"confidence": Decimal(share)}) is None


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("confidence", Decimal("-0.01"), "-0.01"),
        ("confidence", Decimal("1.01"), "1.01"),
        ("amount", "1190", "1190"),
        ("exceptions", ("no_order", "new"), "no_order, new"),
        ("exceptions", "no_order", "no_order"),
        ("urgent", "yes", "yes"),
    ],
)
def test_what_a_table_does_not_declare_is_denied_with_the_fact_and_its_value(
    rules: Table, name: str, value: Any, shown: str
) -> None:
    said = f"{name} is {shown}, which [facts] of the table does not declare."
    assert misfit(rules, {name: value}) == said
    assert Statement({name: value}, {}, said).decided_by(rules) == Decided(None, "deny", said)


def test_a_record_is_read_back_as_it_was_stated(rules: Table) -> None:
    assert restated(rules, ECHO) == Statement(
        {
            "action": "erp.post_bill",
            "amount": Decimal("1190.00"),
            "confidence": Decimal("0.9"),
            "exceptions": ("no_order", "tax_variance"),
            "urgent": True,
            "foreign_currency": False,
        },
        ECHO,
        None,
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("exceptions", "none", ()),
        ("exceptions", "no_order", ("no_order",)),
        ("urgent", "False", False),
        ("urgent", None, None),
        ("amount", None, None),
    ],
)
def test_each_kind_of_fact_is_read_back_and_what_was_not_stated_stays_so(
    rules: Table, name: str, text: str | None, value: Any
) -> None:
    echo = {each: said for each, said in {**ECHO, name: text}.items() if said is not None}
    read = restated(rules, echo)
    assert isinstance(read, Statement)
    assert read.facts[name] == value


def test_a_record_that_holds_what_another_table_does_not_declare_fits_it_no_better(rules: Table) -> None:
    read = restated(rules, {**ECHO, "exceptions": "no_order, new"})
    assert isinstance(read, Statement)
    assert read.misfit == "exceptions is no_order, new, which [facts] of the table does not declare."


@pytest.mark.parametrize(("name", "text", "kind"), [("urgent", "yes", "flag"), ("amount", "much", "money")])
def test_what_cannot_be_read_back_is_said_and_not_guessed(rules: Table, name: str, text: str, kind: str) -> None:
    assert restated(rules, {**ECHO, name: text}) == f"{name} was recorded as {text}, which is no {kind}"
