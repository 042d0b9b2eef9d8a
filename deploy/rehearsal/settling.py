"""Deciding whatever is asked, by whoever may, also while servers come and go."""

from __future__ import annotations

import asyncio

from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from commands.answering import answer
from commands.console import UserError
from commands.waiting import waiting_for
from deploy.rehearsal.cases import Handle, outcome
from deploy.rehearsal.processes import Failed
from deploy.rehearsal.scene import Scene
from workflows import attributes

BY_ROLE = {
    "finance": "greta",
    "finance-head": "greta",
    "buyer": "nils",
    "cost-centre": "nils",
    "receiving": "petra",
    "support": "xenia",
    "support-lead": "xenia",
}
PATIENCE = 180
PASSING = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.NOT_FOUND)


async def settled(scene: Scene, case: Handle) -> tuple[str, str]:
    """Approve what a case asks, as often as it asks, and wait for its end; returns that and who decided."""
    deciders: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE):
            while not await _ended(case):
                decided = await _decided(scene, case)
                deciders += [decided] if decided else []
                await asyncio.sleep(0.3)
    except TimeoutError:
        raise Failed(f"{case.id} has not ended within {PATIENCE} seconds") from None
    return await outcome(case), " and ".join(deciders) or "the table alone"


async def _ended(case: Handle) -> bool:
    try:
        return (await case.describe()).status != WorkflowExecutionStatus.RUNNING
    except RPCError as error:
        return _later(error)


async def _decided(scene: Scene, case: Handle) -> str | None:
    """Who has answered one approval, if any waits and the server lets us."""
    try:
        desk = await scene.operator()
        async for found in waiting_for(desk, case.id):
            asked = found.typed_search_attributes.get(attributes.APPROVER_ROLE) or []
            name = next((BY_ROLE[role] for role in asked if role in BY_ROLE), None)
            if name is None:
                raise Failed(f"{found.id} asks {', '.join(asked)}, and none of them has a login here")
            heard = await answer(await scene.person(name), found.id, "approve", "rehearsed", name)
            if not heard.counted:
                raise Failed(f"{name}'s answer does not count: {heard.why_not}")
            return name
    except RPCError as error:
        _later(error)
    except (RuntimeError, UserError):
        pass  # no frontend, or no worker that can say what the approval has come to; asked again
    return None


def _later(error: RPCError) -> bool:
    """Not yet, where that may pass."""
    if error.status not in PASSING and error.status != RPCStatusCode.UNKNOWN:
        raise error
    return False
