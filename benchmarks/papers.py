"""As many different invoices of one shape as a run needs, each with a supplier, an order and receipts on file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count

from domain.purchasing import GoodsReceipt, OrderLine, PurchaseOrder
from integrations.sandbox import Database, MasterData, put_on_file
from integrations.sandbox.seed import read_folder
from integrations.settings import ROOT

SAMPLES = ROOT / "samples"
SERIALS = count(1)


@dataclass(frozen=True)
class Shape:
    """A shipped sample, what in it names one invoice, order and supplier, and how many lines of 1.00 are added."""

    file: str
    number: str
    order_id: str
    vat_id: str
    more_lines: int = 0


CLEAN = Shape("01-clean-ubl.xml", "RE-2026-0412", "PO-26-0101", "DE999182300")
LARGE = Shape("04-clean-above-5000.xml", "R-260931", "PO-26-0104", "DE999334075")
LONG = replace(CLEAN, more_lines=97)
NET, TAX = Decimal("1757.40"), Decimal("333.91")
LINE = """<cac:InvoiceLine><cbc:ID>{id}</cbc:ID><cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="EUR">1.00</cbc:LineExtensionAmount>
<cac:OrderLineReference><cbc:LineID>{id}</cbc:LineID></cac:OrderLineReference>
<cac:Item><cbc:Name>Kleinteil {id}</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="EUR">1.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
"""


@dataclass(frozen=True)
class Paper:
    """An invoice file."""

    name: str
    content: bytes


async def papers(databases: tuple[Database, ...], shape: Shape, wanted: int) -> list[Paper]:
    """Invoices of this shape that no run saw before; what they refer to is put on file in every database."""
    master = read_folder(SAMPLES / "erp")
    template = (SAMPLES / "invoices" / shape.file).read_bytes()
    made = [_one(master, template, shape, next(SERIALS)) for _ in range(wanted)]
    on_file = MasterData(
        suppliers=tuple(each for _, data in made for each in data.suppliers),
        orders=tuple(each for _, data in made for each in data.orders),
        receipts=tuple(each for _, data in made for each in data.receipts),
    )
    for database in databases:
        await put_on_file(database, on_file)
    return [paper for paper, _ in made]


def _one(master: MasterData, template: bytes, shape: Shape, serial: int) -> tuple[Paper, MasterData]:
    """A supplier of its own for each invoice: equal amounts of one supplier would be near-duplicates."""
    supplier = next(each for each in master.suppliers if each.vat_id == shape.vat_id)
    order = next(each for each in master.orders if each.id == shape.order_id)
    vat_id, order_id, owner = f"DE{100_000_000 + serial}", f"{order.id}-{serial}", f"B{serial:06d}"
    content = template.replace(shape.number.encode(), f"B-{serial:06d}".encode())
    content = content.replace(shape.order_id.encode(), order_id.encode())
    content = content.replace(shape.vat_id.encode(), vat_id.encode())
    more = [f"{1000 + position}" for position in range(shape.more_lines)]
    receipts = [_moved(each, order_id, serial) for each in master.receipts if each.order_id == order.id]
    data = MasterData(
        suppliers=(supplier.model_copy(update={"id": owner, "vat_id": vat_id}),),
        orders=(_longer(order, more).model_copy(update={"id": order_id, "supplier_id": owner}),),
        receipts=(*receipts, *(_arrived(receipts[0], line) for line in more)),
    )
    return Paper(f"{serial:06d}.xml", _with_lines(content, more) if more else content), data


def _with_lines(content: bytes, lines: list[str]) -> bytes:
    """The first sample with further lines, and totals that add up."""
    net = NET + len(lines)
    tax = (net * Decimal("0.19")).quantize(Decimal("0.01"))
    for old, new in ((NET + TAX, net + tax), (NET, net), (TAX, tax)):
        content = content.replace(f">{old}<".encode(), f">{new}<".encode())
    added = "".join(LINE.format(id=line) for line in lines)
    return content.replace(b"</Invoice>", added.encode() + b"</Invoice>")


def _longer(order: PurchaseOrder, lines: list[str]) -> PurchaseOrder:
    one = {"item": None, "quantity": Decimal(1), "unit": "C62", "unit_price": Decimal(1)}
    more = [order.lines[0].model_copy(update={"id": id_, "description": f"Kleinteil {id_}", **one}) for id_ in lines]
    added: tuple[OrderLine, ...] = (*order.lines, *more)
    return order.model_copy(update={"lines": added})


def _arrived(like: GoodsReceipt, line: str) -> GoodsReceipt:
    return like.model_copy(update={"id": f"{like.id}-{line}", "order_line": line, "received": Decimal(1)})


def _moved(receipt: GoodsReceipt, order_id: str, serial: int) -> GoodsReceipt:
    return receipt.model_copy(update={"id": f"{receipt.id}-{serial}", "order_id": order_id})
