"""The VAT categories of EN 16931 (UNCL 5305) and what each asks of rates, bases, reasons and identifiers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from domain.checks.identifiers import line_name
from domain.invoice import Invoice, TaxCategory
from domain.values import Frozen

Carrier = Literal["line", "allowance", "charge"]


class CategoryRules(Frozen):
    """How one category is judged; its official rules are named `BR-<prefix>-01` to `-10`."""

    prefix: str
    name: str
    rate: Literal["above zero", "zero or above", "zero", "absent"]
    """What rules -05, -06 and -07 ask of a rate; where it may differ from zero, the tax is base times rate (-09)."""
    seller: Literal["any", "vat", "none"]
    """Which seller identifier rules -02, -03 and -04 ask for: any tax identifier, a VAT identifier, or none at all."""
    buyer: Literal["optional", "vat or legal", "vat", "none"] = "optional"

    @property
    def taxed(self) -> bool:
        """Whether a tax amount other than zero is possible; its base is then told apart by rate."""
        return self.rate in {"above zero", "zero or above"}

    @property
    def exempt(self) -> bool:
        """Whether rule -10 asks for an exemption reason instead of forbidding one."""
        return self.prefix in {"E", "AE", "IC", "G", "O"}


CATEGORIES = {
    "S": CategoryRules(prefix="S", name="standard rated", rate="above zero", seller="any"),
    "Z": CategoryRules(prefix="Z", name="zero rated", rate="zero", seller="any"),
    "E": CategoryRules(prefix="E", name="exempt", rate="zero", seller="any"),
    "AE": CategoryRules(prefix="AE", name="reverse charge", rate="zero", seller="any", buyer="vat or legal"),
    "K": CategoryRules(prefix="IC", name="intra-community supply", rate="zero", seller="vat", buyer="vat"),
    "G": CategoryRules(prefix="G", name="export", rate="zero", seller="vat"),
    "O": CategoryRules(prefix="O", name="not subject to VAT", rate="absent", seller="none", buyer="none"),
    "L": CategoryRules(prefix="AF", name="IGIC", rate="zero or above", seller="any"),
    "M": CategoryRules(prefix="AG", name="IPSI", rate="zero or above", seller="any"),
}

CARRIERS: tuple[Carrier, ...] = ("line", "allowance", "charge")


def carried(invoice: Invoice) -> Iterator[tuple[Carrier, str, TaxCategory]]:
    """Every category on a line, document level allowance or document level charge, with a name for where it is."""
    for position, line in enumerate(invoice.lines, start=1):
        if line.tax is not None:
            yield "line", f"line {line_name(line, position)} BT-151", line.tax
    for each in invoice.allowances_charges:
        if each.tax is not None:
            yield ("charge", "BT-102", each.tax) if each.charge else ("allowance", "BT-95", each.tax)
