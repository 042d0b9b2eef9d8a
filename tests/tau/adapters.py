"""What stands between the agent and a retail system: look-ups by tool, and the activities that write."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from temporalio import activity

from activities.effect import do_once
from activities.tools import Answers
from domain.actions import Receipt
from domain.errors import Refused
from domain.ports import StopButton
from governance.work_order import WorkOrder
from tests.tau import actions as do
from tests.tau import forms


class System(Protocol):
    """A retail system as one case sees it."""

    async def record(self, kind: str, name: str) -> dict[str, Any] | None: ...

    async def catalogue(self) -> Mapping[str, str]: ...

    async def who(self, asked: forms.ByEmail | forms.ByNameZip) -> str | None: ...

    async def write(self, key: str, action: do.RetailAction) -> Receipt: ...

    async def find_receipt(self, key: str, action: do.RetailAction) -> Receipt | None: ...


SystemOf = Callable[[str], System]
"""By the id of a case: each has a shop of its own."""


def this_system(of: SystemOf) -> System:
    """The system of the case that the running activity is for."""
    return of(activity.info().workflow_id or "")


@dataclass(frozen=True)
class Lookups:
    """The read tools."""

    of: SystemOf

    def answers(self) -> Answers:
        """By the name of the tool."""
        return {
            "get_order_details": self.order,
            "get_user_details": self.user,
            "get_product_details": self.product,
            "find_user_id_by_email": self.by_email,
            "find_user_id_by_name_zip": self.by_name_zip,
            "list_all_product_types": self.catalogue,
            "calculate": self.calculate,
            "think": self.think,
        }

    async def order(self, asked: forms.ByOrder) -> forms.Order | None:
        body = await this_system(self.of).record("orders", asked.order_id)
        return forms.order_of(body) if body else None

    async def user(self, asked: forms.ByUser) -> forms.Customer | None:
        body = await this_system(self.of).record("users", asked.user_id)
        return forms.customer_of(asked.user_id, body) if body else None

    async def product(self, asked: forms.ByProduct) -> forms.Product | None:
        body = await this_system(self.of).record("products", asked.product_id)
        return forms.product_of(body) if body else None

    async def by_email(self, asked: forms.ByEmail) -> forms.Named | None:
        return _named(await this_system(self.of).who(asked))

    async def by_name_zip(self, asked: forms.ByNameZip) -> forms.Named | None:
        return _named(await this_system(self.of).who(asked))

    async def catalogue(self, _: forms.Nothing) -> forms.Catalogue:
        return forms.Catalogue(products=await this_system(self.of).catalogue())

    async def calculate(self, asked: forms.Sum) -> forms.Named:
        return forms.Named(found=f"{_sum(ast.parse(asked.expression, mode='eval').body):.2f}")

    async def think(self, _: forms.Musing) -> forms.Named:
        return forms.Named(found="")


def _named(found: str | None) -> forms.Named | None:
    return forms.Named(found=found) if found else None


SUMS: Mapping[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _sum(node: ast.expr) -> float:
    match node:
        case ast.BinOp(left, sign, right) if type(sign) in SUMS:
            return SUMS[type(sign)](_sum(left), _sum(right))
        case ast.UnaryOp(ast.USub(), operand):
            return -_sum(operand)
        case ast.Constant(value) if isinstance(value, int | float):
            return value
        case _:
            raise Refused("Only sums of numbers are worked out.")


@dataclass(frozen=True)
class RetailActivities:
    """Each write, for exactly the action its work order covers."""

    of: SystemOf
    stop: StopButton

    @activity.defn
    async def cancel_retail_order(self, order: WorkOrder[do.CancelOrder]) -> Receipt:
        return await self._do(order)

    @activity.defn
    async def return_retail_items(self, order: WorkOrder[do.ReturnItems]) -> Receipt:
        return await self._do(order)

    @activity.defn
    async def exchange_retail_items(self, order: WorkOrder[do.ExchangeDelivered]) -> Receipt:
        return await self._do(order)

    @activity.defn
    async def change_retail_items(self, order: WorkOrder[do.ChangeItems]) -> Receipt:
        return await self._do(order)

    @activity.defn
    async def change_retail_payment(self, order: WorkOrder[do.ChangePayment]) -> Receipt:
        return await self._do(order)

    @activity.defn
    async def change_retail_shipping(self, order: WorkOrder[do.ChangeShipping]) -> Receipt:
        return await self._do(order)

    @activity.defn
    async def change_retail_home(self, order: WorkOrder[do.ChangeHome]) -> Receipt:
        return await self._do(order)

    @activity.defn
    async def hand_over_retail(self, order: WorkOrder[do.HandOver]) -> Receipt:
        return await self._do(order)

    async def _do(self, order: WorkOrder[Any]) -> Receipt:
        system = this_system(self.of)
        return await do_once(system, system.write, order, self.stop)


PERFORMED = {
    do.CancelOrder: RetailActivities.cancel_retail_order,
    do.ReturnItems: RetailActivities.return_retail_items,
    do.ExchangeDelivered: RetailActivities.exchange_retail_items,
    do.ChangeItems: RetailActivities.change_retail_items,
    do.ChangePayment: RetailActivities.change_retail_payment,
    do.ChangeShipping: RetailActivities.change_retail_shipping,
    do.ChangeHome: RetailActivities.change_retail_home,
    do.HandOver: RetailActivities.hand_over_retail,
}


def register() -> None:
    """Let the door know who performs what; before it is imported, as it looks once."""
    from workflows.performed import PERFORMED_BY  # noqa: PLC0415 - after the actions travel

    cast("dict[Any, Any]", PERFORMED_BY).update(PERFORMED)
