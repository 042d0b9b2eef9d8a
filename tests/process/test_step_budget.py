"""What a framework's steps may use is what the agent and the case have left, whatever becomes of a step."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.documents import put_model
from integrations.documents import FolderDocuments
from integrations.scripted_model import Reply, ScriptedModel, scripted_model
from tests.chaos.plant import started
from tests.facts import Handle, no_task_failed, until
from tests.office import PATIENCE, Office, open_office
from tests.policies import copied
from tests.process.inquiry import Answered, Inquiry, InquiryWorkflow
from tests.process.inquiry_worker import inquiry_worker
from tests.steps import MESSAGE, Ask, budget

RUNAWAY = "async def reason(step):\n    while True:\n        step.ask(step.messages)\n"
USELESS = Reply(content={"says": "wait"})


@dataclass
class Room:
    """An office in which something that never stops asking reasons, and the model that it asks."""

    office: Office
    model: ScriptedModel
    environ: dict[str, str]

    async def start(self, agent: str, **case: Any) -> Handle:
        documents = FolderDocuments(self.office.desk.settings.documents)
        message = await documents.put(MESSAGE.encode(), name="message", media_type="text/plain")
        brief = await put_model(documents, Ask(mark="one", message=message), "brief")
        inquiry = Inquiry(agent=agent, brief=brief, budget=budget(**case))
        name = f"inquiry-{uuid.uuid4()}"
        return await self.office.desk.client.start_workflow(
            InquiryWorkflow.run, inquiry, id=name, task_queue=self.office.desk.queue
        )

    async def run(self, agent: str, **case: Any) -> Answered:
        return await ended(await self.start(agent, **case))


async def ended(case: Handle) -> Answered:
    async with asyncio.timeout(PATIENCE * 3):
        outcome: Answered = await case.result()
    await no_task_failed(case)
    return outcome


Rooms = Callable[..., AbstractAsyncContextManager[Room]]


@pytest.fixture
def rooms(client: Client, tmp_path: Path) -> Rooms:
    """The model's first replies, then useless ones for ever; tokens cost five dollars a million."""
    (tmp_path / "adapter.py").write_text(RUNAWAY)
    chosen = tmp_path / "reasoners.toml"
    chosen.write_text('[asker]\nadapter = "adapter.py"\n')
    policies = copied(tmp_path / "policies")
    prices = policies / "prices.toml"
    prices.write_text(prices.read_text().replace('input = "0"\noutput = "0"', 'input = "5"\noutput = "5"'))

    @asynccontextmanager
    async def room(*replies: Reply, working: bool = True) -> AsyncGenerator[Room]:
        async with scripted_model(itertools.chain(replies, itertools.repeat(USELESS))) as model:
            asked = {"model_url": model.url, "model": "rules", "model_provider": "scripted"}
            settings: dict[str, Any] = {**asked, "reasoners": chosen, "policies": policies}
            environ = {f"SIGNALBOX_{name.upper()}": str(value) for name, value in settings.items()}
            async with open_office(client, tmp_path / "office", working=False, **settings) as office:
                if not working:
                    yield Room(office, model, environ)
                    return
                async with inquiry_worker(client, office.desk.settings) as ours, ours:
                    yield Room(office, model, environ)

    return room


def tokens(asked: Iterable[Any]) -> int:
    """Of the questions alone."""
    return sum(each.characters // 4 for each in asked)


@pytest.mark.parametrize(("agent", "case"), [("brief", {}), ("few at a time", {"turns": 5})], ids=["agent's", "case's"])
async def test_a_runaway_stops_at_the_turns_that_are_left_exactly(
    rooms: Rooms, agent: str, case: dict[str, Any]
) -> None:
    async with rooms() as room:
        outcome = await room.run(agent, **case)
        assert (outcome.end, outcome.spent.turns, len(room.model.asked)) == ("turns", 5, 5)
        assert outcome.spent.input_tokens == tokens(room.model.asked)
        assert (outcome.provider, outcome.why_none) == ("rules", "the budget of 5 turns is used up (5)")


@pytest.mark.parametrize(
    ("agent", "case"), [("frugal", {}), ("few at a time", {"tokens": 1_000})], ids=["agent's", "case's"]
)
async def test_a_runaway_stops_at_the_tokens_that_are_left(rooms: Rooms, agent: str, case: dict[str, Any]) -> None:
    async with rooms() as room:
        outcome = await room.run(agent, **case)
        spent, asked = outcome.spent.input_tokens + outcome.spent.output_tokens, room.model.asked
        last = spent * len(asked[-1:]) // len(asked)
        assert (outcome.end, outcome.spent.turns) == ("tokens", len(asked))
        assert outcome.spent.input_tokens == tokens(asked)
        assert len(asked) > 3  # more than one step
        assert spent - last - 1 < 1_000 <= spent


@pytest.mark.parametrize(
    ("agent", "case"), [("poor", {}), ("few at a time", {"money": "0.005"})], ids=["agent's", "case's"]
)
async def test_a_runaway_stops_at_the_money_that_is_left(rooms: Rooms, agent: str, case: dict[str, Any]) -> None:
    async with rooms() as room:
        outcome = await room.run(agent, **case)
        spent, asked = int(outcome.spent.money * 1_000_000), len(room.model.asked)
        assert (outcome.end, outcome.spent.turns) == ("money", asked)
        assert asked > 3
        assert spent - spent // asked - 5 < 5_000 <= spent


async def test_a_runaway_stops_at_the_seconds_that_are_left(rooms: Rooms) -> None:
    slow = USELESS.model_copy(update={"delay_ms": 700})
    async with rooms(*[slow] * 50) as room:
        outcome = await room.run("hasty")
        assert (outcome.end, outcome.spent.turns) == ("seconds", len(room.model.asked))
        assert outcome.spent.seconds >= 2
        assert outcome.spent.turns <= 3


async def test_what_a_failed_step_has_used_is_counted_and_its_retry_gets_the_rest(rooms: Rooms) -> None:
    async with rooms(USELESS, USELESS, Reply(fault="reset")) as room:
        outcome = await room.run("many at a time", turns=5)
        assert (outcome.end, outcome.spent.turns, len(room.model.asked)) == ("turns", 5, 5)
        assert outcome.spent.unpriced == 1
        assert outcome.spent.input_tokens == tokens(room.model.asked) - room.model.asked[2].characters // 4


async def test_what_a_step_has_used_that_fails_for_good_is_counted(rooms: Rooms) -> None:
    async with rooms(USELESS, USELESS, Reply(status=401)) as room:
        outcome = await room.run("many at a time")
        assert (outcome.end, outcome.spent.turns, outcome.spent.unpriced) == ("no_answer", 3, 1)
        assert outcome.spent.input_tokens == tokens(room.model.asked[:2])
        assert outcome.spent.money > 0


async def test_what_a_step_has_used_whose_worker_is_killed_is_counted_and_its_retry_gets_the_rest(rooms: Rooms) -> None:
    hanging = USELESS.model_copy(update={"delay_ms": 60_000})
    async with rooms(USELESS, USELESS, hanging, working=False) as room:
        case = await room.start("many at a time", turns=5)
        program = ("tests/process/inquiry_worker.py",)
        first = await started(room.office, program, "first", {**room.environ, "PYTHONPATH": "."})
        try:
            await until(lambda: heard(case, 3), PATIENCE)
        finally:
            first.kill()
            await first.wait()
        async with inquiry_worker(room.office.desk.client, room.office.desk.settings) as ours, ours:
            outcome = await ended(case)
        assert (outcome.end, outcome.spent.turns, len(room.model.asked)) == ("turns", 5, 5)
        assert outcome.spent.unpriced == 1
        assert outcome.spent.input_tokens == tokens(room.model.asked) - room.model.asked[2].characters // 4


async def heard(case: Handle, turns: int) -> bool:
    """Whether the server has heard of so many turns."""
    pending = (await case.describe()).raw_description.pending_activities
    return any(f'"turns":{turns}' in str(each.heartbeat_details).replace("\\", "") for each in pending)
