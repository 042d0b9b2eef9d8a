from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import chain, combinations, product
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from domain.actions import STATED_FACTS
from governance.judge import judge
from governance.policy import DERIVED, Table
from governance.policy_check import check
from governance.policy_text import explanation, markdown
from governance.stated import state
from tests.actions import bill
from tests.rules import ASKS, AT, HEAD, ROW, SHIPPED, given, rates, shipped, table

STATES = {
    "erp.post_bill": frozenset({"amount", DERIVED, "exceptions", "confidence"}),
    "erp.schedule_payment": frozenset(),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_row_of_the_shipped_tables_is_reached_and_can_be_decided(name: str) -> None:
    report = check(shipped(name), STATED_FACTS)
    assert report.sound, report


def test_checking_all_shipped_tables_tries_thousands_of_cases_and_not_millions() -> None:
    assert 10_000 < sum(check(shipped(name), STATED_FACTS).cases for name in SHIPPED) < 100_000


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


def test_an_action_that_does_not_exist_is_reported() -> None:
    report = check(table(ROW + 'then = "allow"', HEAD.replace("erp.sched", "erp.shed")), STATES)
    assert not report.sound
    assert report.undecided == ("erp.shedule_payment is no action there is, or states nothing",)


def test_what_no_row_takes_is_counted_and_shown() -> None:
    rules = table(ROW + 'amount = "<= 10"\nexceptions = []\nthen = "allow"')
    report = check(rules, STATES)
    assert report.gaps["erp.post_bill"] > 0
    assert "exceptions = price_variance" in report.examples[0]


def test_an_amount_that_cannot_be_converted_is_a_gap_where_every_row_tests_it() -> None:
    rows = ROW + 'amount = "<= 10"\nthen = "allow"' + ROW.replace("one", "two") + 'amount = "> 10"\nthen = "deny"'
    report = check(table(rows), STATES)
    assert report.examples[0].endswith("amount = in another currency, without a rate, foreign_currency = True")
    assert report.gaps == {"erp.post_bill": 1, "erp.schedule_payment": 1}


def test_a_table_too_large_to_try_is_refused() -> None:
    rows = "".join(
        f'{ROW.replace("one", f"r{n}")}amount = "{n}"\nconfidence = "0.{n:03}"\nthen = "deny"' for n in range(1200)
    )
    with pytest.raises(ValueError, match="Split the table"):
        check(table(rows), STATES)


# Random tables, held against the simplest evaluator that can be written

Test = Callable[[Any], bool]
NAMES = ("no_order", "price_variance", "tax_variance")
CELLS: Mapping[str, Mapping[str, Test]] = {
    "action": {
        '"erp.post_bill"': lambda value: value == "erp.post_bill",
        '["erp.post_bill", "erp.schedule_payment"]': lambda _: True,
        '"erp.schedule_payment"': lambda value: value == "erp.schedule_payment",
    },
    "amount": {
        '"> 10"': lambda value: value > 10,
        '"<= 10"': lambda value: value <= 10,
        '"(5, 20]"': lambda value: 5 < value <= 20,
        '"[5, 10)"': lambda value: 5 <= value < 10,
        '"7"': lambda value: value == 7,
    },
    "confidence": {
        '"< 0.8"': lambda value: value < Decimal("0.8"),
        '">= 0.5"': lambda value: value >= Decimal("0.5"),
        '"1"': lambda value: value == 1,
    },
    "exceptions": {
        "[]": lambda value: not value,
        '["no_order"]': lambda value: "no_order" in value,
        '{ only = ["no_order", "price_variance"] }': lambda value: (
            value and set(value) <= {"no_order", "price_variance"}
        ),
    },
    "foreign_currency": {"true": lambda value: value, "false": lambda value: not value},
}
VALUES: Mapping[str, tuple[Any, ...]] = {
    "action": ("erp.post_bill", "erp.schedule_payment"),
    "amount": tuple(Decimal(number) / 2 for number in range(6, 44)),
    "confidence": tuple(Decimal(text) for text in ("0", "0.3", "0.5", "0.6", "0.8", "0.9", "1")),
    "exceptions": tuple(chain.from_iterable(combinations(NAMES, size) for size in range(4))),
    "foreign_currency": (False, True),
}
Spec = Mapping[str, str]
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(sorted(cells)) for name, cells in CELLS.items()}),
    min_size=1,
    max_size=5,
)
FACTS = st.fixed_dictionaries(
    {name: st.sampled_from((*values, None)) for name, values in VALUES.items() if name != "action"}
)
STATING = dict.fromkeys(VALUES["action"], frozenset(VALUES) - {"action"})


def written(rows: list[Spec]) -> Table:
    text = "".join(
        f'\n[[row]]\nid = "r{number}"\nwhy = "because"\nthen = "allow"\n'
        + "".join(f"{name} = {cell}\n" for name, cell in row.items())
        for number, row in enumerate(rows)
    )
    return table(text)


def naive(rows: list[Spec], facts: Mapping[str, Any]) -> str | None:
    """The row that decides; None where none does."""
    for number, row in enumerate(rows):
        stated = [name for name in row if facts[name] is not None]
        if all(CELLS[name][row[name]](facts[name]) for name in stated):
            return f"r{number}" if len(stated) == len(row) else None
    return None


def all_facts() -> Iterator[dict[str, Any]]:
    """A grid on which each random cell changes its answer where it does among all facts."""
    for values in product(*VALUES.values()):
        facts = dict(zip(VALUES, values, strict=True))
        yield facts
        if facts["foreign_currency"]:
            yield facts | {"amount": None}


GRID = tuple(all_facts())


@drawn(ROWS, FACTS, st.sampled_from(VALUES["action"]))
def test_a_table_decides_as_the_simplest_evaluator_does(rows: list[Spec], facts: dict[str, Any], action: str) -> None:
    decided = written(rows).decide({"action": action, **facts})
    assert (decided.row.id if decided.row else None) == naive(rows, {"action": action, **facts})


@settings(max_examples=25, deadline=None)
@drawn(ROWS)
def test_the_check_calls_unreachable_exactly_what_no_fact_reaches_and_finds_a_gap_exactly_where_there_is_one(
    rows: list[Spec],
) -> None:
    report = check(written(rows), STATING)
    reached, gaps = set[str | None](), set[str]()
    for facts in GRID:
        row = naive(rows, facts)
        reached.add(row)
        if row is None:
            gaps.add(facts["action"])
    assert set(report.unreachable) == {f"r{number}" for number in range(len(rows))} - reached
    assert report.gaps.keys() == gaps
    assert not report.undecided


BILLS = st.builds(
    bill,
    payable=st.decimals(min_value=0, max_value=30, places=2),
    currency=st.sampled_from(["EUR", "USD", "JPY"]),
    confidence=st.sampled_from([None, Decimal(0), Decimal("0.8"), Decimal(1)]),
    exceptions=st.sets(st.sampled_from(NAMES)).map(lambda found: tuple(sorted(found))),
)


@drawn(ROWS, BILLS, st.sampled_from([None, rates()]))
def test_judge_explanation_check_and_the_simplest_evaluator_agree(rows: list[Spec], action: Any, known: Any) -> None:
    rules = written(rows)
    verdict = judge(rules, action, given(rates=known))
    said = state(rules, action.facts(), known, AT.date())
    assert verdict.row == naive(rows, said.facts)
    assert list(explanation(rules, said))[-1].startswith(f"=> {verdict.then}")
    assert verdict.row not in check(rules, STATING).unreachable
    dollars, worth = action.currency == "USD" and known, said.facts["amount"]
    assert worth == (action.payable / 2 if dollars else action.payable if action.currency == "EUR" else None)


def test_markdown_has_a_line_a_row_and_the_default() -> None:
    rules = shipped("invoice")
    lines = [line for line in markdown(rules).splitlines() if line.startswith("| ")]
    assert len(lines) == len(rules.rows) + 2


def test_a_table_is_shown_with_people_assurance_ladder_silence_mode_and_sample() -> None:
    head = HEAD.replace('"erp.schedule_payment"', '"erp.void_bill"')
    void = ROW.replace("erp.post_bill", "erp.void_bill")
    asks = (
        'approvers = { finance = 2, legal = 1 }\ndeadline = "2 business days"\nescalate = ["finance-head", "board"]\n'
    )
    text = markdown(
        table(
            void + 'then = "review"\nassurance = "signed"\nsilence = "allow"\n' + asks
            + ROW.replace("one", "two") + 'then = "allow"\nsample = "0.025"\n' + ASKS
            + ROW.replace("one", "three") + 'then = "allow"\nmode = "review"\n' + ASKS
            + ROW.replace("one", "four") + 'then = "allow"\nmode = "shadow"\n',
            head,
        )
    )  # fmt: skip
    assert (
        "finance \u00d7 2 and legal \u00d7 1 (signed), 2 business days, then finance-head, then board; silence allows"
        in text
    )
    assert "| allow, a person looks at 2.5 % | finance \u00d7 1 (principal), 48 hours |" in text
    assert "| allow, once a person has looked |" in text
    assert "| allow, in shadow: recorded, not done |" in text
