from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.actions import STATED_FACTS, BaseAction, ReturnInvoice, SendRemittance, VoidBill
from governance.policy import DERIVED, Table
from governance.policy_check import check
from governance.policy_file import load_table
from governance.policy_text import explanation, markdown
from tests.actions import bill, payment
from tests.conftest import ROOT
from tests.unit.test_policy import ROW, table

ACTIONS: list[BaseAction] = [
    bill(),
    payment(),
    VoidBill(business_key="k", bill_id="B-1", reason="x"),
    SendRemittance(
        business_key="k",
        to="a@b.example",
        supplier_name="A",
        invoice_number="1",
        amount=Decimal(1),
        currency="EUR",
        due_date=date(2026, 1, 1),
        payment_id="P",
    ),
    ReturnInvoice(
        business_key="k",
        to="a@b.example",
        supplier_name="A",
        invoice_number="1",
        amount=Decimal(1),
        currency="EUR",
        exceptions=(),
        confidence=None,
    ),
]
STATES = {
    "erp.post_bill": frozenset({"amount", DERIVED, "exceptions", "confidence"}),
    "erp.schedule_payment": frozenset(),
}


@pytest.fixture(scope="module")
def shipped() -> Table:
    return load_table((ROOT / "policies" / "invoice.toml").read_bytes(), "policies/invoice.toml")


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_the_facts_an_action_states_are_the_facts_it_is_said_to_state(action: BaseAction) -> None:
    facts = action.facts()
    said = set(facts) - {"action", "currency"} | ({DERIVED} if "currency" in facts else set())
    assert said == STATED_FACTS[str(facts["action"])]


def test_every_row_of_the_shipped_table_is_reached_and_can_be_decided(shipped: Table) -> None:
    report = check(shipped, STATED_FACTS)
    assert report.sound
    assert report.cases > 1_000


def test_a_row_below_one_that_takes_everything_is_reported() -> None:
    rules = table(
        ROW + 'amount = "> 10"\nthen = "deny"' + ROW.replace("one", "two") + 'amount = "> 20"\nthen = "allow"'
    )
    assert check(rules, STATES).unreachable == ("two",)


def test_a_row_that_only_a_boundary_reaches_counts_as_reached() -> None:
    rows = ROW + 'amount = "< 10"\nthen = "deny"' + ROW.replace("one", "two") + 'amount = "> 10"\nthen = "deny"'
    rules = table(rows + ROW.replace("one", "exactly") + 'then = "allow"')
    assert check(rules, STATES | {"erp.post_bill": frozenset({"amount"})}).unreachable == ()


def test_a_row_that_tests_what_its_action_never_states_is_reported() -> None:
    rules = table(ROW.replace("erp.post_bill", "erp.schedule_payment") + 'amount = "> 10"\nthen = "allow"')
    report = check(rules, STATES)
    assert not report.sound
    assert "tests amount" in report.undecided[0]


def test_what_no_row_takes_is_counted_and_shown() -> None:
    rules = table(ROW + 'amount = "<= 10"\nexceptions = []\nthen = "allow"')
    report = check(rules, STATES)
    assert report.gaps["erp.post_bill"] > 0
    assert "exceptions = price_variance" in report.examples[0]


def test_a_table_too_large_to_try_is_refused() -> None:
    rows = "".join(
        f'{ROW.replace("one", f"r{n}")}amount = "{n}"\nconfidence = "0.{n:03}"\nthen = "deny"' for n in range(1200)
    )
    with pytest.raises(ValueError, match="Split the table"):
        check(table(rows), STATES)


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "amount": st.sampled_from(['"> 10"', '"<= 10"', '"(5, 20]"', '"[5, 10)"', '"7"']),
        "exceptions": st.sampled_from(["[]", '["no_order"]', '{ only = ["no_order", "price_variance"] }']),
        "foreign_currency": st.sampled_from(["true", "false"]),
    },
)
BILLS = st.builds(
    bill,
    payable=st.decimals(min_value=0, max_value=30, places=2),
    currency=st.sampled_from(["EUR", "USD"]),
    exceptions=st.sets(st.sampled_from(["no_order", "price_variance", "tax_variance"])).map(
        lambda found: tuple(sorted(found))
    ),
)


@given(st.lists(st.tuples(CELLS, st.sampled_from(["allow", "deny"])), min_size=1, max_size=5), BILLS)
def test_what_the_check_calls_unreachable_no_bill_reaches_and_a_gap_is_really_one(
    rows: list[tuple[dict[str, Any], str]], action: BaseAction
) -> None:
    text = "".join(
        ROW.replace("one", f"r{number}")
        + "".join(f"{name} = {cell}\n" for name, cell in cells.items())
        + f'then = "{then}"'
        for number, (cells, then) in enumerate(rows)
    )
    rules = table(text)
    report = check(rules, STATES | {"erp.post_bill": frozenset({"amount", DERIVED, "exceptions"})})
    verdict = rules.judge(action)
    assert verdict.row not in report.unreachable
    if verdict.row is None:
        assert report.gaps.get("erp.post_bill")
    assert list(explanation(rules, rules.stated(action.facts())))[-1].startswith(f"=> {verdict.then}")


def test_markdown_has_a_line_a_row_and_the_default(shipped: Table) -> None:
    lines = [line for line in markdown(shipped).splitlines() if line.startswith("| ")]
    assert len(lines) == len(shipped.rows) + 2
