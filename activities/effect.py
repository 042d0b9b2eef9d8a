"""How every effect is done: covered, once, and looked up first where an earlier attempt may have done it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import activity

from domain.actions import BaseAction, Receipt
from domain.ports import Reconciled
from governance.work_order import WorkOrder

A = TypeVar("A", bound=BaseAction)


async def do_once(system: Reconciled, effect: Callable[[str, A], Awaitable[Receipt]], order: WorkOrder[A]) -> Receipt:
    """Do what the order covers; a further attempt looks the key up, since nobody knows how the last one ended."""
    info = activity.info()
    action = order.covered(info.current_attempt_scheduled_time)
    if info.attempt > 1 and (known := await system.find_receipt(order.key, action)):
        return known
    return await effect(order.key, action)
