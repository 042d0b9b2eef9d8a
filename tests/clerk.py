"""An agent for tests that looks orders up and acts; no process of the product has it."""

from decimal import Decimal
from typing import Any

from pydantic import Field

from agents.agent import Agent, Limits
from agents.claims import Evidence
from agents.tools import ActionTool, Known, ReadTool
from domain.actions import ReturnInvoice, SendRemittance
from domain.actions.base import BaseAction
from domain.documents import DocumentRef
from domain.purchasing import PurchaseOrder
from domain.spending import Budget
from domain.values import Frozen, Ratio

MONEY = Decimal(10)
ON_FILE = {"70001": "rechnung@kuestner-stahl.example", "70002": "buchhaltung@elektro-brandt.example"}


class Find(Frozen):
    order_id: str


class Order(Frozen):
    order: PurchaseOrder
    comment: str = ""


class Tell(Frozen):
    order_id: str
    note: str = ""


class Errands(Frozen):
    """What the clerk is asked."""

    mark: str
    message: DocumentRef
    suppliers: tuple[str, ...] = ("70001", "70002", "70003")


class Report(Frozen):
    """What the clerk answers."""

    summary: str
    confidence: Ratio
    evidence: tuple[Evidence, ...] = Field(description="what it rests on")


find_order = ReadTool(
    "find_order",
    "An order by its number.",
    Find,
    Order,
    whose=lambda found: (found.order.supplier_id,),
    outside=frozenset({"comment"}),
)


def _ordered(asked: Tell, known: Known) -> PurchaseOrder | None:
    found = [each.order for each in known.found(find_order)]
    return next((order for order in found if order.id == asked.order_id), None)


def _remit(asked: Tell, known: Known) -> BaseAction | str:
    order = _ordered(asked, known)
    if order is None:
        return f"Order {asked.order_id} was not looked up: call find_order first."
    return SendRemittance(
        business_key=f"{known.brief.mark}:{order.id}",
        to=ON_FILE.get(order.supplier_id, "nobody@on-file.example"),
        supplier_name="Supplier",
        invoice_number=order.id,
        amount=Decimal(10),
        currency=order.currency,
        due_date=order.order_date,
        payment_id="P-1",
    )


def _send_back(asked: Tell, known: Known) -> BaseAction | str:
    order = _ordered(asked, known)
    if order is None:
        return f"Order {asked.order_id} was not looked up: call find_order first."
    return ReturnInvoice(
        business_key=f"{known.brief.mark}:{order.id}:return",
        to=ON_FILE.get(order.supplier_id, "nobody@on-file.example"),
        supplier_name="Supplier",
        invoice_number=order.id,
        amount=Decimal(10),
        currency=order.currency,
        exceptions=(),
        confidence=None,
    )


tell_supplier = ActionTool("tell_supplier", "Tell the supplier of a payment.", Tell, _remit, free=frozenset({"note"}))
send_back = ActionTool("send_back", "Send the invoice back.", Tell, _send_back, free=frozenset({"note"}))


def nobody(_: Errands) -> Report | None:
    return None


def clerk_with(**changes: Any) -> Agent[Errands, Report]:
    """The clerk, with other limits."""
    plenty = Budget(turns=100, tokens=10_000_000, money=MONEY, seconds=600)
    return Agent(
        name="clerk",
        version=changes.pop("version", "1"),
        instructions="You run errands.",
        brief=Errands,
        claim=Report,
        fallback=changes.pop("fallback", nobody),
        limits=Limits(**{"turns": 60, "budget": plenty, **changes}),
        tools=(find_order, tell_supplier, send_back),
        own_words=("message",),
        works_for=("suppliers",),
    )


clerk = clerk_with()
