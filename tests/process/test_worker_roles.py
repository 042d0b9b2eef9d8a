"""Workers that share the work by role, take what the machine allows, and forget what waits."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

import worker
from integrations.sandbox import load_company
from integrations.temporal.dev_server import dev_server, free_port
from tests.chaos.plant import find
from tests.conftest import ROOT
from tests.facts import Handle, no_task_failed, until
from tests.office import Office, open_office
from tests.shop import CALIPER, Shop
from workflows import attributes

FAIR = ("matching.enableFairness=true",)
"""What the cluster's servers are told in `deploy/config/temporal/dynamic.yaml`."""
ONE_LINE = ("matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1")
"""A queue that is not fair is then first in, first out."""
FLOOD = 12


async def queues(case: Handle) -> dict[str, str]:
    """The queue on which each activity of a case waited, by what follows the name of the first one."""
    events = (await case.fetch_history()).events
    scheduled = [each for each in events if each.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
    asked = [each.activity_task_scheduled_event_attributes for each in scheduled]
    base = events[0].workflow_execution_started_event_attributes.task_queue.name
    return {each.activity_type.name: each.task_queue.name.removeprefix(base) for each in asked}


async def test_each_role_takes_from_its_own_queue_and_all_of_them_together_end_a_case(
    client: Client, tmp_path: Path, samples: Path
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        apart = [
            office.desk.settings.model_copy(update={"roles": roles}) for roles in ("workflows", "effects", "reasoning")
        ]
        async with (
            worker.worker_for(client, apart[0]) as first,
            worker.worker_for(client, apart[1]) as second,
            worker.worker_for(client, apart[2]) as third,
        ):
            async with first, second, third:
                assert (await office.process(find(samples, "01"))).outcome == "posted"
                asked = await office.hand_in(find(samples, "05"))
                await office.answer(asked, "approve", None)
                assert (await asked.result()).outcome == "posted"
            said = await queues(asked)
            assert said["post_bill"] == said["send_remittance"] == "-effects"
            assert (said["think"], said["read_document"]) == ("-reasoning", "")
            await no_task_failed(asked)


async def test_a_worker_tuned_by_resource_with_nothing_in_memory_ends_cases_as_any_other(
    client: Client, tmp_path: Path, samples: Path
) -> None:
    tuned = {"slots": "resource", "pollers": "auto", "cpu_target": 1, "memory_target": 0.95, "reasoning_rate": 5}
    async with open_office(client, tmp_path, cached_workflows=2, activity_slots=4, **tuned) as office:
        asked = [await office.hand_in(find(samples, name)) for name in ("04", "05", "11")]
        for case in asked:
            await office.answer(case, "approve", None)
        assert {(await case.result()).outcome for case in asked} == {"posted"}
        for case in asked:
            await no_task_failed(case)


@pytest.mark.parametrize("fair", [True, False])
async def test_a_flood_of_one_process_does_not_hold_up_the_effects_of_another(
    tmp_path: Path, samples: Path, fair: bool
) -> None:
    async with _backlog(tmp_path, (*ONE_LINE, *(FAIR if fair else ()))) as office:
        flood = [await Shop(office).start(CALIPER) for _ in range(FLOOD)]
        for case in flood:
            await until(partial(_waits_since, case, "book_credit_note"))
        lone = await office.hand_in(find(samples, "01"))
        await until(partial(_waits_since, lone, "post_bill"))

        one_at_a_time = office.desk.settings.model_copy(update={"roles": "effects", "activity_slots": 1})
        async with worker.worker_for(office.desk.client, one_at_a_time) as effects, effects:
            posted = await until(partial(_began, lone, "post_bill"))
            began = [await until(partial(_began, case, "book_credit_note")) for case in flood]
        before = sum(each < posted for each in began)
        assert before <= FLOOD / 3 if fair else before == FLOOD, f"{before} of {FLOOD} refunds came first"


@asynccontextmanager
async def _backlog(folder: Path, told: tuple[str, ...]) -> AsyncGenerator[Office]:
    """An office on a server of its own whose cases get as far as their first effect."""
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(dev_server(folder / "temporal.db", free_port(), attributes.ALL, told))
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        office = await stack.enter_async_context(open_office(client, folder, working=False))
        await load_company(office.database, ROOT / "samples" / "company")
        thinking = office.desk.settings.model_copy(update={"roles": "workflows,reasoning"})
        await stack.enter_async_context(await stack.enter_async_context(worker.worker_for(client, thinking)))
        yield office


async def _waits_since(case: Handle, activity: str) -> datetime | None:
    """Since when an activity of a case has been in its queue."""
    for pending in (await case.describe()).raw_description.pending_activities:
        if pending.activity_type.name == activity:
            return pending.scheduled_time.ToDatetime()
    return None


async def _began(case: Handle, activity: str) -> datetime | None:
    """When an activity of a case was begun."""
    events = (await case.fetch_history()).events
    asked = {each.event_id: each.activity_task_scheduled_event_attributes.activity_type.name for each in events}
    for event in events:
        started = event.activity_task_started_event_attributes
        if (
            event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
            and asked[started.scheduled_event_id] == activity
        ):
            return event.event_time.ToDatetime()
    return None
