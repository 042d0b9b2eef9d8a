"""Which order line an invoice line bills: told by a reference, an item number or the description, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.checks.figures import rounded
from domain.checks.identifiers import line_name, normal_number, words
from domain.invoice import InvoiceLine
from domain.purchasing import OrderLine
from domain.text import show

SHORTEST_ITEM = 3
"""Characters that an item number must have to be looked for in a description."""


@dataclass(frozen=True)
class Pair:
    """An invoice line and its order line, if there is exactly one."""

    name: str
    text: str
    """Its description, safe to show."""
    quantity: Decimal
    net: Decimal
    order_line: OrderLine | None
    fits: tuple[str, ...] = ()
    """The order lines that fit equally well, where there is more than one."""


@dataclass(frozen=True)
class _Known:
    """An order line with what it is recognised by."""

    line: OrderLine
    number: str
    item: str
    words: frozenset[str]


def pair_lines(lines: Sequence[InvoiceLine], order_lines: Sequence[OrderLine]) -> tuple[Pair, ...]:
    """Pair every line that states quantity and net amount; the others are missing fields."""
    known = [
        _Known(line, normal_number(line.id), normal_number(line.item), words(line.description)) for line in order_lines
    ]
    pairs: list[Pair] = []
    for position, line in enumerate(lines, start=1):
        if line.quantity is None or line.net_amount is None:
            continue
        fits = _fitting(line, known)
        only = fits[0].line if len(fits) == 1 else None
        several = tuple(each.line.id for each in fits) if len(fits) > 1 else ()
        name, text = line_name(line, position), show(line.name or "", 60)
        pairs.append(Pair(name, text, line.quantity, line.net_amount, only, several))
    return tuple(pairs)


def _fitting(line: InvoiceLine, known: list[_Known]) -> list[_Known]:
    """By reference (BT-132); else by the buyer's item number (BT-156), the seller's (BT-155), the description (BT-153).

    A reference and an item number that contradict each other leave more than one.
    """
    buyer, seller = normal_number(line.buyer_item), normal_number(line.seller_item)
    by_item = [each for each in known if buyer and each.item == buyer]
    by_item = by_item or [each for each in known if seller and each.item == seller]
    reference = normal_number(line.order_line)
    referred = [each for each in known if reference and each.number == reference]
    if referred:
        agreed = [each for each in referred if each in by_item] if by_item else referred
        return agreed or [*referred, *by_item]
    return _narrowed(line, by_item or _described(line, known))


def _described(line: InvoiceLine, known: list[_Known]) -> list[_Known]:
    """The order lines with the same words, else those whose item number or words the description contains."""
    said = words(line.name)
    equal = [each for each in known if said and each.words == said]
    parts = {normal_number(part) for part in (line.name or "").split()}
    by_item = [each for each in known if len(each.item) >= SHORTEST_ITEM and each.item in parts]
    contained = [each for each in known if each.words and said and (each.words <= said or said <= each.words)]
    return equal or by_item or contained


def _narrowed(line: InvoiceLine, fits: list[_Known]) -> list[_Known]:
    """Of several, the one with these words, else the one at this price."""
    if len(fits) > 1:
        said = words(line.name)
        for alike in ([each for each in fits if each.words == said], [each for each in fits if _at_price(line, each)]):
            if len(alike) == 1:
                return alike
    return fits


def _at_price(line: InvoiceLine, known: _Known) -> bool:
    return line.quantity is not None and line.net_amount == rounded(line.quantity * known.line.unit_price)
