"""What reasoning costs and how much of it a case may have."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import ceil
from typing import Literal

from pydantic import Field

from domain.chat import Usage
from domain.values import Amount, Frozen

LimitName = Literal["turns", "tokens", "money", "seconds"]


class Spent(Frozen):
    """What was used so far; money in the currency of the price table, unpriced turns counted apart."""

    turns: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    money: Amount = Decimal(0)
    seconds: Amount = Decimal(0)
    unpriced: int = Field(default=0, description="turns that failed or that no price was known for")

    def plus(self, usage: Usage | None, cost: Decimal | None, seconds: Decimal, turns: int = 1) -> Spent:
        """A turn more, or several in one step; without usage it failed, and nobody knows what it cost."""
        return Spent(
            turns=self.turns + turns,
            input_tokens=self.input_tokens + ((usage and usage.input_tokens) or 0),
            output_tokens=self.output_tokens + ((usage and usage.output_tokens) or 0),
            money=self.money + (cost or 0),
            seconds=self.seconds + seconds,
            unpriced=self.unpriced + (cost is None),
        )


def total(spent: Iterable[Spent]) -> Spent:
    """Several added up."""
    each = tuple(spent)
    return Spent.model_validate({name: sum(getattr(one, name) for one in each) for name in Spent.model_fields})


class Budget(Frozen):
    """The most that may be used before another turn is refused."""

    turns: int = Field(gt=0)
    tokens: int = Field(gt=0, description="input and output together")
    money: Amount = Field(gt=0, description="in the currency of the price table")
    seconds: int = Field(gt=0, description="of reasoning, retries included")

    def exhausted(self, spent: Spent) -> str | None:
        """The limit that is reached, as a sentence; None where another turn may be asked."""
        reached = self.reached(spent)
        return reached[1] if reached else None

    def reached(self, spent: Spent) -> tuple[LimitName, str] | None:
        """Which limit is reached, and the same as a sentence; None where another turn may be asked."""
        used: dict[LimitName, tuple[Decimal, Decimal]] = {
            "turns": (Decimal(spent.turns), Decimal(self.turns)),
            "tokens": (Decimal(spent.input_tokens + spent.output_tokens), Decimal(self.tokens)),
            "money": (spent.money, self.money),
            "seconds": (spent.seconds, Decimal(self.seconds)),
        }
        for name, (reached, limit) in used.items():
            if not reached < limit:
                return name, f"the budget of {limit:f} {name} is used up ({reached:f})"
        return None

    def left(self, spent: Spent) -> Budget:
        """What may still be used, seconds rounded up; raise `ValueError` where a limit is reached."""
        return Budget(
            turns=self.turns - spent.turns,
            tokens=self.tokens - spent.input_tokens - spent.output_tokens,
            money=self.money - spent.money,
            seconds=ceil(self.seconds - spent.seconds),
        )

    def within(self, other: Budget) -> Budget:
        """The nearer one of each limit."""
        return Budget(
            turns=min(self.turns, other.turns),
            tokens=min(self.tokens, other.tokens),
            money=min(self.money, other.money),
            seconds=min(self.seconds, other.seconds),
        )
