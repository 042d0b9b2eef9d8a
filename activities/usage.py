"""How many tokens an answer took, where the server says so and where it does not, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Protocol

from domain.chat import AskedCall, Chat, Completion, Usage
from domain.prices import Prices

Price = Callable[[Completion, Usage], Decimal | None]
"""What one answer costs, in the currency of the price table; None where nobody knows."""


class PricesInForce(Protocol):
    """Where the prices are kept."""

    async def prices(self) -> Prices:
        """The dated prices; raise `BadPolicy` where they cannot be read."""
        ...


def priced(prices: Prices, on: date) -> Price:
    """The prices of a day: of the model that answered or, where none is known, of the one that was asked for."""

    def price(said: Completion, usage: Usage) -> Decimal | None:
        cost = prices.cost(said.model, usage, on)
        return prices.cost(said.asked, usage, on) if cost is None and said.asked else cost

    return price


def used(chat: Chat, said: Completion) -> Usage:
    """The tokens of one answer: as counted, or estimated rather too high, so that a budget still ends."""
    counted = said.usage.input_tokens is not None and said.usage.output_tokens is not None
    return said.usage if counted else _estimated(chat, said)


def _estimated(chat: Chat, said: Completion) -> Usage:
    asked = sum(len(message.content) + _length(message.calls) for message in chat.messages)
    asked += sum(len(tool.model_dump_json()) for tool in chat.tools)
    return Usage(input_tokens=asked // 2, output_tokens=(len(said.text) + _length(said.calls)) // 2)


def _length(calls: Iterable[AskedCall]) -> int:
    return sum(len(call.name) + len(call.arguments) for call in calls)
