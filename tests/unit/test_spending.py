from decimal import Decimal

import pytest

from domain.chat import Usage
from domain.spending import Budget, Spent, total

USAGE = Usage(input_tokens=300, output_tokens=20)
BUDGET = Budget(turns=3, tokens=1000, money=Decimal("0.50"), seconds=60)


def test_a_turn_adds_what_it_used_to_each_figure() -> None:
    twice = Spent().plus(USAGE, Decimal("0.01"), Decimal("1.5")).plus(USAGE, Decimal("0.02"), Decimal(2))
    assert twice == Spent(
        turns=2, input_tokens=600, output_tokens=40, money=Decimal("0.03"), seconds=Decimal("3.5"), unpriced=0
    )


def test_a_turn_that_failed_or_that_no_price_is_known_for_is_counted_apart() -> None:
    begun = Spent().plus(USAGE, Decimal("0.01"), Decimal(1))
    assert begun.plus(None, None, Decimal(1)) == begun.model_copy(
        update={"turns": 2, "seconds": Decimal(2), "unpriced": 1}
    )
    assert begun.plus(USAGE, None, Decimal(0)).unpriced == 1
    assert begun.plus(USAGE, Decimal(0), Decimal(0)).unpriced == 0, "what costs nothing has a price"


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        ({}, None),
        ({"turns": 2, "input_tokens": 900, "output_tokens": 99, "money": Decimal("0.49")}, None),
        ({"seconds": Decimal("59.999")}, None),
        ({"turns": 3}, "the budget of 3 turns is used up (3)"),
        ({"input_tokens": 600, "output_tokens": 400}, "the budget of 1000 tokens is used up (1000)"),
        ({"money": Decimal("0.50")}, "the budget of 0.50 money is used up (0.50)"),
        ({"seconds": Decimal("60.5")}, "the budget of 60 seconds is used up (60.5)"),
    ],
)
def test_a_budget_is_used_up_at_its_limit_and_says_which(spent: dict[str, object], said: str | None) -> None:
    assert BUDGET.exhausted(Spent.model_validate(spent)) == said


def test_several_add_up_figure_by_figure_and_none_to_nothing() -> None:
    once = Spent(turns=1, input_tokens=2, output_tokens=3, money=Decimal("0.4"), seconds=Decimal(5), unpriced=6)
    assert total(iter((once, once))) == Spent(
        turns=2, input_tokens=4, output_tokens=6, money=Decimal("0.8"), seconds=Decimal(10), unpriced=12
    )
    assert total(()) == Spent()


def test_what_is_left_is_the_nearer_limit_of_each_and_ends_where_the_whole_does() -> None:
    ours = Budget(turns=6, tokens=1_000, money=Decimal(1), seconds=600)
    used = Spent(turns=2, input_tokens=300, output_tokens=50, money=Decimal("0.25"), seconds=Decimal("10.5"))
    left = ours.left(used)
    assert left == Budget(turns=4, tokens=650, money=Decimal("0.75"), seconds=590)
    other = Budget(turns=9, tokens=100, money=Decimal("0.9"), seconds=3)
    assert left.within(other) == other.within(left) == Budget(turns=4, tokens=100, money=Decimal("0.75"), seconds=3)
    more = Spent(turns=3, input_tokens=600, output_tokens=49, money=Decimal("0.7"))
    assert left.reached(more) is None
    for last in (Spent(turns=1), Spent(output_tokens=1), Spent(money=Decimal("0.05"))):
        assert left.reached(total((more, last))) is not None
        assert ours.reached(total((used, more, last))) is not None
