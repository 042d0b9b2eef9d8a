"""How far a figure may be off before a person is asked: percentage and absolute, the lower wins."""

from __future__ import annotations

from decimal import Decimal

from domain.values import Amount, Frozen, Percent, Quantity


class Tolerances(Frozen):
    """The tolerances in force for one supplier; amounts are in the invoice's currency."""

    version: str
    price_percent: Percent = Decimal(2)
    price_absolute: Amount = Decimal(50)
    quantity: Quantity = Decimal(0)
    header: Amount = Decimal(10)
    tax_per_line: Amount = Decimal("0.05")
