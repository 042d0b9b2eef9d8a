"""Exact decimal figures: nothing is rounded unless a rule says so, and nothing overflows."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext

ZERO = Decimal(0)
CENT = Decimal("0.01")
HALF = Decimal("0.5")
PLACES = Decimal("1E-10")
LARGEST = Decimal("99999999999999.9999999999")
"""The largest figure that `Amount` and `Quantity` hold."""


@contextmanager
def exact() -> Generator[None]:
    """Calculate with 100 digits: products and sums of the figures an invoice may state stay exact."""
    with localcontext(Context(prec=100)):
        yield


def total(figures: Iterable[Decimal | None]) -> Decimal:
    """The sum of what is stated."""
    return sum((figure for figure in figures if figure is not None), ZERO)


def rounded(figure: Decimal, places: int = 2) -> Decimal:
    """Round as XPath `round()` does, which the official EN 16931 rules use: halves go up, also below zero."""
    shifted = figure.scaleb(places) + HALF
    return shifted.to_integral_value(ROUND_FLOOR).scaleb(-places)


def fitting(figure: Decimal) -> Decimal:
    """The nearest figure that an `Amount` or `Quantity` field can hold, for showing a computed one."""
    held = max(-LARGEST, min(LARGEST, figure))
    exponent = held.as_tuple().exponent
    return held.quantize(PLACES, ROUND_HALF_EVEN) if isinstance(exponent, int) and exponent < -10 else held  # noqa: PLR2004


def shown(figure: Decimal | None) -> str:
    """An amount or price for a sentence: 1,190.00, or 43.2705 where there are more places."""
    if figure is None:
        return "nothing"
    whole, _, places = f"{figure:,f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def counted(quantity: Decimal) -> str:
    """A quantity for a sentence, without trailing zeros."""
    plain = f"{quantity:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
