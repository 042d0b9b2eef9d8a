"""Workers that share the work by role, take what the machine allows, and forget what waits."""

from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

import worker
from tests.chaos.plant import find
from tests.facts import Handle, no_task_failed
from tests.office import open_office


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
