"""A step that people are asked about twice in one case: two requests, and no answer to one reaches the other."""

from contextlib import suppress
from functools import partial

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

import worker
from commands.answering import answer as type_answer
from commands.console import UserError
from commands.waiting import ballot_of, waiting_for
from integrations.scripted_model import Reply
from tests.facts import Handle, until
from tests.process.errand import ErrandWorkflow
from tests.process.test_agent_at_work import ORDER, OTHER, Room, Rooms, act, answer, find, rooms
from workflows.approval import Approval

__all__ = ["rooms"]
THIRD = "PO-26-0103"


def sends_back(*orders: str) -> list[Reply]:
    """A clerk who wants to send several invoices back, one after the other, each by leave of a person."""
    return [find(*orders), *(act(order, tool="send_back") for order in orders), answer()]


async def asks_as(room: Room, case: Handle, approval: str) -> bool:
    return approval in [each.id async for each in waiting_for(room.office.desk, case.id)]


async def replays(case: Handle) -> None:
    history: WorkflowHistory = await case.fetch_history()
    replayer = Replayer(
        workflows=[ErrandWorkflow, Approval],
        workflow_runner=worker.sandbox(),
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(history)


async def too_late(client: Client, approval: str) -> None:
    """An unsigned answer from any client, by the id that it knows."""
    with pytest.raises(RPCError) as refused:
        await client.get_workflow_handle(approval).signal("approve", {"by": "lars"})
    assert refused.value.status == RPCStatusCode.NOT_FOUND


@pytest.mark.parametrize("turns_a_run", [1_000, 1], ids=["in one run", "in a new run each turn"])
async def test_a_late_answer_to_the_first_request_never_reaches_the_second(
    rooms: Rooms, client: Client, turns_a_run: int
) -> None:
    async with rooms(sends_back(ORDER, OTHER)) as room:
        case = await room.start(turns_a_run=turns_a_run)
        first = await room.office.approval_of(case)
        second = f"{first}.2"
        await too_late(client, second)
        run = (await case.describe()).run_id
        await room.office.answer(case, "reject", "Not this one.")
        await until(partial(asks_as, room, case, second))
        assert (turns_a_run == 1) == ((await case.describe()).run_id != run)
        await too_late(client, first)
        with pytest.raises(UserError, match=f"{first} does not wait .*rejected by anna.* waits for {second}"):
            await type_answer(room.office.desk, first, "approve", None, "lars")
        assert (await ballot_of(room.office.desk, second)).heard == ()
        assert (await type_answer(room.office.desk, second, "approve", None, "lars")).counted
        outcome = await case.result()
        assert [done.by.split()[0] for done in outcome.state.done] == ["lars"]
        assert len(await room.office.messages()) == 1
        await replays(case)


async def test_an_answer_that_is_sent_twice_counts_once_and_for_one_request(rooms: Rooms, client: Client) -> None:
    async with rooms(sends_back(ORDER, OTHER)) as room:
        case = await room.start()
        first = await room.office.approval_of(case)
        twice = client.get_workflow_handle(first)
        await twice.signal("approve", {"by": "lars"})
        with suppress(RPCError):  # where the request is closed by then
            await twice.signal("approve", {"by": "lars"})
        await until(partial(asks_as, room, case, f"{first}.2"))
        assert (await ballot_of(room.office.desk, f"{first}.2")).heard == ()
        await type_answer(room.office.desk, f"{first}.2", "reject", "Not this one.", "anna")
        decision = await client.get_workflow_handle_for(Approval.run, first).result()
        assert [heard.why_not for heard in decision.heard if not heard.counted] in (
            [],
            [f"it is for {first}, which is over: it was approved"],
        )
        assert len((await case.result()).state.done) == 1


async def test_changes_and_further_requests_of_a_step_share_one_count(rooms: Rooms) -> None:
    async with rooms(sends_back(ORDER, OTHER, THIRD)) as room:
        case = await room.start()
        first = await room.office.approval_of(case)
        for approval in (first, f"{first}.2", f"{first}.3"):
            await until(partial(asks_as, room, case, approval))
            await type_answer(room.office.desk, approval, "reject", "No.", "anna")
        assert (await case.result()).state.done == ()
        await replays(case)
