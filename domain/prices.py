"""What tokens cost: a dated table."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from pydantic import Field

from domain.chat import Usage
from domain.values import Amount, CurrencyCode, Frozen

MILLION = Decimal(1_000_000)
DATED = re.compile(r"-\d{4}-\d{2}-\d{2}")
"""What servers append to a model's name to say which build of it answered."""


class Price(Frozen):
    """What a million tokens of one model cost from a day on."""

    model: str = Field(min_length=1)
    since: date
    input: Amount = Field(ge=0)
    output: Amount = Field(ge=0)


class Prices(Frozen):
    """The prices of all models, in one currency."""

    version: str
    currency: CurrencyCode
    price: tuple[Price, ...] = ()

    def of(self, model: str, on: date) -> Price | None:
        """The price in force on a day, for a model or for one of its dated builds; None where none is known."""
        known = [each for each in self.price if each.since <= on and _is(model, each.model)]
        return max(known, key=lambda each: each.since, default=None)

    def cost(self, model: str, usage: Usage, on: date) -> Decimal | None:
        """What a turn cost; None where the price or the tokens are not known."""
        price = self.of(model, on)
        if price is None or usage.input_tokens is None or usage.output_tokens is None:
            return None
        return (usage.input_tokens * price.input + usage.output_tokens * price.output) / MILLION


def _is(model: str, named: str) -> bool:
    return model == named or (model.startswith(named) and DATED.fullmatch(model[len(named) :]) is not None)
