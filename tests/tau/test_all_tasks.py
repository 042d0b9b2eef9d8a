"""All tasks of tau-bench retail, from the customer's words to the state of the shop; `make tau` prints the figures."""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests.tau.holds import done_as_gold, only_the_allowed
from tests.tau.house import Data, House, Ran, open_house
from tests.tau.play import stubborn


def told(what: str, house: House, ran: Mapping[str, Ran], begun: float) -> None:
    """Say what came of a run."""
    took = time.monotonic() - begun
    writes = Counter(each.kind for one in ran.values() for each in one.writes)
    people = sum(one.outcome.by_people for one in ran.values())
    needed = sum(one.outcome.by_people > 0 for one in ran.values())
    sys.stdout.write(
        f"{what}: {len(ran)} tasks in {took:.0f} s; {writes.total()} writes {dict(writes)}, {people} of them by people "
        f"in {needed} tasks; {len(house.asked)} approvals asked; {len(house.model.asked)} turns of the model\n"
    )


async def test_every_task_ends_as_its_gold_says_once_policy_allows_or_a_person_approves(
    client: Client, tmp_path: Path, retail: Data
) -> None:
    begun = time.monotonic()
    async with open_house(client, tmp_path / "house", retail) as house:
        ran = await house.run(retail.tasks)
    for task in retail.tasks:
        done_as_gold(task, ran[task.id])
    told("people approve", house, ran, begun)


async def test_no_task_does_what_people_or_the_table_refuse_however_often_it_is_called(
    client: Client, tmp_path: Path, retail: Data
) -> None:
    begun, tasks = time.monotonic(), [task for task in retail.tasks if task.gold]
    async with open_house(client, tmp_path / "house", retail, says="reject", scripts=stubborn) as house:
        ran = await house.run(tasks)
    for task in tasks:
        only_the_allowed(task, ran[task.id])
    told("people reject, and the model tries everything twice", house, ran, begun)


async def test_twelve_kills_at_random_steps_change_nothing(client: Client, tmp_path: Path, retail: Data) -> None:
    begun, tasks = time.monotonic(), Random(3).sample(retail.tasks, 40)
    async with open_house(client, tmp_path / "house", retail, working=False) as house:
        ran = await house.run_under_kills(tasks, kills=12, chance=Random(3))
        again = await retried(client, house)
    for task in tasks:
        done_as_gold(task, ran[task.id])
    told(f"12 kills, {sum(again.values())} activities tried again {dict(again)}", house, ran, begun)


async def retried(client: Client, house: House) -> Counter[str]:
    """Which activities took more than one attempt."""
    found = Counter[str]()
    async for case in client.list_workflows(f"WorkflowType='Retail' AND TaskQueue='{house.office.desk.queue}'"):
        names = dict[int, str]()
        async for event in client.get_workflow_handle(case.id).fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                names[event.event_id] = event.activity_task_scheduled_event_attributes.activity_type.name
            begun = event.activity_task_started_event_attributes
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED and begun.attempt > 1:
                found[names[begun.scheduled_event_id]] += 1
    return found
