"""The suites' effects as activities of a worker, each with a work order, done once."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from temporalio import activity

from activities.effect import do_once
from domain.actions import BaseAction, Receipt
from domain.ports import StopButton
from governance.work_order import WorkOrder
from tests.dojo.acting import SuiteAction
from tests.dojo.bank import Bank
from tests.dojo.workspace import Workspace


@dataclass
class Performing:
    """One system, in which each key is done once."""

    system: Bank | Workspace
    stop: StopButton
    receipts: dict[str, Receipt] = field(default_factory=dict[str, Receipt])

    async def find_receipt(self, key: str, _: BaseAction) -> Receipt | None:
        return self.receipts.get(key)

    async def do(self, key: str, action: SuiteAction) -> Receipt:
        if key not in self.receipts:
            self.system.do(action)
            self.receipts[key] = Receipt(reference=f"{action.step}-{len(self.receipts)}", first=True)
        return self.receipts[key]


def performed_by(kind: type[SuiteAction]) -> Callable[[Any, Any], Awaitable[Receipt]]:
    """An activity of its own for an action, as every effect has one; its name is the action's step."""

    async def perform(self: Performing, order: WorkOrder[Any]) -> Receipt:
        return await do_once(self, self.do, order, self.stop)

    perform.__name__ = perform.__qualname__ = kind.step
    perform.__annotations__ = {"order": WorkOrder[kind], "return": Receipt}  # a method's self has none
    return activity.defn(perform)


def bound(effects: dict[type[Any], Callable[[Any, Any], Awaitable[Receipt]]], one: Performing) -> list[Any]:
    """The activities of a worker for one system."""
    assert all(inspect.iscoroutinefunction(each) for each in effects.values())
    return [each.__get__(one, Performing) for each in effects.values()]
