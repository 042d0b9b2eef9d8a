"""How every effect is done: covered, once, never while stopped, and looked up where a try may have done it before.

No effect has code of its own here: what differs is the action and the method of the port that performs it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import activity

from activities.suspension import refuse_stopped
from domain.actions import BaseAction, Receipt, kind_of
from domain.errors import Suspended, Unavailable
from domain.ports import Reconciled, StopButton
from governance.work_order import WorkOrder

A = TypeVar("A", bound=BaseAction)


def effect(
    action: type[A], system: Reconciled, perform: Callable[[str, A], Awaitable[Receipt]], stop: StopButton
) -> Callable[[WorkOrder[A]], Awaitable[Receipt]]:
    """The activity that performs an action, named like `perform`, the method of `system` that does it."""

    async def done(order: WorkOrder[A]) -> Receipt:
        return await do_once(system, perform, order, stop)

    done.__annotations__ = {"order": WorkOrder[action], "return": Receipt}  # what the converter reads an input into
    done.__name__ = perform.__name__
    return activity.defn(done)


async def do_once(
    system: Reconciled, effect: Callable[[str, A], Awaitable[Receipt]], order: WorkOrder[A], stop: StopButton
) -> Receipt:
    """Do what the order covers; a further attempt looks the key up, since nobody knows how the last one ended.

    Only then does it ask whether the action is stopped: what an earlier attempt did is done, and has its receipt. While
    an earlier attempt may still be at it, a stop is no final answer: the look-up goes on until the time is over.
    """
    info = activity.info()
    action = order.covered(info.current_attempt_scheduled_time)
    if info.attempt > 1 and (known := await system.find_receipt(order.key, action)):
        return known
    try:
        await refuse_stopped(stop, action=kind_of(type(action)))
    except Suspended as stopped:
        if info.attempt == 1:
            raise
        raise Unavailable(f"{stopped} It is not known whether an earlier attempt did it.") from stopped
    return await effect(order.key, action)
