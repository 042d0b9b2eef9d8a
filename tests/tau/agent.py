"""A retail agent for tests: the sixteen tools of tau-bench retail, its look-ups as reads, its writes as actions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from agents.agent import Agent, Limits
from agents.claims import Evidence
from agents.tools import ActionTool, Known, ReadTool
from domain.actions.base import BaseAction
from domain.documents import DocumentRef
from domain.spending import Budget
from domain.values import Frozen, Ratio
from tests.tau import actions as do
from tests.tau import forms

PLENTY = Budget(turns=40, tokens=10_000_000, money=Decimal(10), seconds=600)


class RetailBrief(Frozen):
    """Who asks, as the shop has made sure of it, and what they say."""

    task: str
    mark: str
    user_id: str
    message: DocumentRef


class RetailReport(Frozen):
    """What the agent answers."""

    summary: str
    confidence: Ratio
    evidence: tuple[Evidence, ...]


find_order = ReadTool(
    "get_order_details", "An order.", forms.ByOrder, forms.Order, whose=lambda order: (order.user_id,)
)
find_user = ReadTool(
    "get_user_details", "A customer.", forms.ByUser, forms.Customer, whose=lambda user: (user.user_id,)
)
find_product = ReadTool("get_product_details", "A product.", forms.ByProduct, forms.Product, whose="anybody")
READS = (
    find_order,
    find_user,
    find_product,
    ReadTool(
        "find_user_id_by_email", "A customer's id.", forms.ByEmail, forms.Named, whose=lambda named: (named.found,)
    ),
    ReadTool(
        "find_user_id_by_name_zip", "A customer's id.", forms.ByNameZip, forms.Named, whose=lambda named: (named.found,)
    ),
    ReadTool("list_all_product_types", "All products.", forms.Nothing, forms.Catalogue, whose="anybody"),
    ReadTool("calculate", "The result of a sum.", forms.Sum, forms.Named, whose="anybody"),
    ReadTool("think", "Nothing: a place to think.", forms.Musing, forms.Named, whose="anybody"),
)


def _order(order_id: str, known: Known) -> forms.Order | str:
    """The order as it was last looked up: what an action says of it comes from there."""
    found = [each for each in known.found(find_order) if each.order_id == order_id]
    return found[-1] if found else f"Order {order_id} was not looked up: call {find_order.name} first."


def _own(order: forms.Order, known: Known) -> bool:
    return order.user_id == known.brief.user_id


def _priced(order: forms.Order, item_ids: Sequence[str]) -> tuple[Decimal, ...] | str:
    """What was paid for each of these items."""
    prices = {item.item_id: item.price for item in order.items}
    lacking = [each for each in item_ids if each not in prices]
    return f"Item {lacking[0]} is not in {order.order_id}." if lacking else tuple(prices[each] for each in item_ids)


def _key(order: forms.Order, known: Known) -> str:
    return f"{known.brief.mark}:{order.order_id}"


def cancel(asked: forms.Cancelling, known: Known) -> BaseAction | str:
    order = _order(asked.order_id, known)
    if isinstance(order, str):
        return order
    paid = sum((each.amount for each in order.payment_history if each.transaction_type == "payment"), Decimal())
    return do.CancelOrder(
        business_key=_key(order, known),
        own=_own(order, known),
        order_id=order.order_id,
        amount=paid,
        reason=asked.reason,
    )


def give_back(asked: forms.Returning, known: Known) -> BaseAction | str:
    order = _order(asked.order_id, known)
    prices = order if isinstance(order, str) else _priced(order, asked.item_ids)
    if isinstance(order, str) or isinstance(prices, str):
        return str(prices)
    return do.ReturnItems(
        business_key=_key(order, known),
        own=_own(order, known),
        order_id=order.order_id,
        amount=sum(prices, Decimal()),
        item_ids=asked.item_ids,
        payment_method_id=asked.payment_method_id,
    )


def swap(asked: forms.Swapping, known: Known, made: type[do.ChangeItems | do.ExchangeDelivered]) -> BaseAction | str:
    order = _order(asked.order_id, known)
    prices = order if isinstance(order, str) else _priced(order, asked.item_ids)
    if isinstance(order, str) or isinstance(prices, str):
        return str(prices)
    variants = {each.item_id: each.price for product in known.found(find_product) for each in product.variants}
    if lacking := [each for each in asked.new_item_ids if each not in variants]:
        return f"Item {lacking[0]} was not looked up: call {find_product.name} first."
    return made(
        business_key=_key(order, known),
        own=_own(order, known),
        order_id=order.order_id,
        amount=abs(sum(variants[each] for each in asked.new_item_ids) - sum(prices)),
        item_ids=asked.item_ids,
        new_item_ids=asked.new_item_ids,
        payment_method_id=asked.payment_method_id,
    )


def change_items(asked: forms.Swapping, known: Known) -> BaseAction | str:
    return swap(asked, known, do.ChangeItems)


def exchange(asked: forms.Swapping, known: Known) -> BaseAction | str:
    return swap(asked, known, do.ExchangeDelivered)


def pay_otherwise(asked: forms.Paying, known: Known) -> BaseAction | str:
    order = _order(asked.order_id, known)
    if isinstance(order, str):
        return order
    return do.ChangePayment(
        business_key=_key(order, known),
        own=_own(order, known),
        order_id=order.order_id,
        amount=order.payment_history[0].amount,
        payment_method_id=asked.payment_method_id,
    )


def ship_elsewhere(asked: forms.Shipping, known: Known) -> BaseAction | str:
    order = _order(asked.order_id, known)
    if isinstance(order, str):
        return order
    return do.ChangeShipping(
        business_key=_key(order, known),
        own=_own(order, known),
        order_id=order.order_id,
        address=do.Address(**asked.model_dump(exclude={"order_id"})),
    )


def move(asked: forms.Moving, known: Known) -> BaseAction | str:
    return do.ChangeHome(
        business_key=f"{known.brief.mark}:{asked.user_id}",
        own=asked.user_id == known.brief.user_id,
        user_id=asked.user_id,
        address=do.Address(**asked.model_dump(exclude={"user_id"})),
    )


def hand_over(asked: forms.Handing, known: Known) -> BaseAction | str:
    return do.HandOver(business_key=f"{known.brief.mark}:handover", own=True, summary=asked.summary)


ACTIONS = (
    ActionTool("cancel_pending_order", "Cancel an order.", forms.Cancelling, cancel, frozenset({"reason"})),
    ActionTool("return_delivered_order_items", "Take goods back.", forms.Returning, give_back),
    ActionTool("exchange_delivered_order_items", "Exchange goods.", forms.Swapping, exchange),
    ActionTool("modify_pending_order_items", "Change an order's goods.", forms.Swapping, change_items),
    ActionTool("modify_pending_order_payment", "Change how an order is paid.", forms.Paying, pay_otherwise),
    ActionTool("modify_pending_order_address", "Send an order elsewhere.", forms.Shipping, ship_elsewhere),
    ActionTool("modify_user_address", "Change a customer's address.", forms.Moving, move),
    ActionTool("transfer_to_human_agents", "Hand over.", forms.Handing, hand_over, frozenset({"summary"})),
)


def _nobody(_: RetailBrief) -> RetailReport | None:
    return None


retail_clerk = Agent(
    name="retail_clerk",
    version="1",
    instructions="You help one customer of a shop with what they ordered.",
    brief=RetailBrief,
    claim=RetailReport,
    fallback=_nobody,
    limits=Limits(turns=40, calls=12, budget=PLENTY),
    tools=(*READS, *ACTIONS),
    own_words=("message",),
    works_for=("user_id",),
)
