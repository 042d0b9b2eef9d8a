"""Retail tasks of others through the agent loop and the door: what is allowed is done once, and nothing else.

A dozen of the 186 tasks; `make tau` runs all of them, and the MCP server beside.
"""

from pathlib import Path
from random import Random

import pytest
from temporalio.client import Client

from tests.tau.holds import done_as_gold, only_the_allowed
from tests.tau.house import Data, open_house
from tests.tau.play import stubborn

TASKS = (
    *("dev_0", "dev_1", "dev_12", "dev_17", "train_1", "train_104", "train_139", "train_161"),
    *("train_329", "train_331", "train_427", "train_431"),
)
"""Among them the longest ones, one without any action, and three of whose actions the shop refuses one."""
KILLED = ("dev_0", "dev_12", "train_331", "train_427")


@pytest.fixture(scope="module")
def retail(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data.of(shared, tmp_path_factory.mktemp("retail"))


async def test_tasks_end_as_their_gold_says_once_policy_allows_or_a_person_approves(
    client: Client, tmp_path: Path, retail: Data
) -> None:
    tasks = retail.pick(*TASKS)
    async with open_house(client, tmp_path / "house", retail) as house:
        ran = await house.run(tasks)
    for task in tasks:
        done_as_gold(task, ran[task.id])
    assert len(house.asked) > 0


async def test_what_people_or_the_table_refuse_stays_refused_however_often_it_is_called(
    client: Client, tmp_path: Path, retail: Data
) -> None:
    tasks = [task for task in retail.pick(*TASKS[:7]) if task.gold]
    async with open_house(client, tmp_path / "house", retail, says="reject", scripts=stubborn) as house:
        ran = await house.run(tasks)
    for task in tasks:
        only_the_allowed(task, ran[task.id])
    refused = sum(len(task.gold) - len(ran[task.id].writes) - task.fails for task in tasks)
    assert refused <= len(house.asked) <= refused + sum(task.fails for task in tasks)
    told = {each.content for asked in house.model.asked for each in asked.messages if each.role == "tool"}
    denied = "It could not be looked up: It belongs to somebody else than you work for, so you may not read it."
    assert denied in told
    assert any(said.endswith("was not looked up: call get_order_details first.") for said in told)
    assert "It was refused: Nobody gets anything done with what belongs to another customer." in told
    assert any(said.startswith("It was refused: Whoever cannot be helped") for said in told)
    assert "It was refused: Not this." in told
    assert any(said.startswith("You have called this before") for said in told)


async def test_where_nobody_answers_only_what_the_table_allows_is_done(
    client: Client, tmp_path: Path, retail: Data
) -> None:
    tasks = retail.pick("dev_0", "train_104", "train_161")
    async with open_house(client, tmp_path / "house", retail, says=None, deadline="1 second") as house:
        ran = await house.run(tasks)
    for task in tasks:
        only_the_allowed(task, ran[task.id])
    assert ran["retail_dev_0"].changed == {}


@pytest.mark.long
async def test_workers_killed_at_random_steps_change_nothing_of_it(
    client: Client, tmp_path: Path, retail: Data
) -> None:
    tasks = retail.pick(*KILLED)
    async with open_house(client, tmp_path / "house", retail, working=False) as house:
        ran = await house.run_under_kills(tasks, kills=2, chance=Random(7))
    for task in tasks:
        done_as_gold(task, ran[task.id])
