"""As many different invoices of one shape as a run needs, each with a supplier, an order and receipts on file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from domain.purchasing import GoodsReceipt
from integrations.sandbox import Database, MasterData, put_on_file
from integrations.sandbox.seed import read_folder
from integrations.settings import ROOT

SAMPLES = ROOT / "samples"
SERIALS = count(1)


@dataclass(frozen=True)
class Shape:
    """A shipped sample, and what in it names one invoice, order and supplier."""

    file: str
    number: str
    order_id: str
    vat_id: str


CLEAN = Shape("01-clean-ubl.xml", "RE-2026-0412", "PO-26-0101", "DE999182300")
LARGE = Shape("04-clean-above-5000.xml", "R-260931", "PO-26-0104", "DE999334075")


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
    data = MasterData(
        suppliers=(supplier.model_copy(update={"id": owner, "vat_id": vat_id}),),
        orders=(order.model_copy(update={"id": order_id, "supplier_id": owner}),),
        receipts=tuple(_moved(each, order_id, serial) for each in master.receipts if each.order_id == order.id),
    )
    return Paper(f"{serial:06d}.xml", content), data


def _moved(receipt: GoodsReceipt, order_id: str, serial: int) -> GoodsReceipt:
    return receipt.model_copy(update={"id": f"{receipt.id}-{serial}", "order_id": order_id})
