"""An agent at work on a real server: it looks up and acts, is held to its limits, and survives whatever happens."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy

from activities.documents import put_model
from governance.trail.assembly import assembled, tree
from governance.trail.spans import spans_of
from governance.trail.wording import outline
from integrations.documents import FolderDocuments
from integrations.scripted_model import Reply, ScriptedCall, ScriptedModel, scripted_model
from integrations.store import open_store
from integrations.temporal.histories import Histories
from tests.chaos.plant import started
from tests.clerk import ON_FILE, Errands
from tests.conftest import ROOT
from tests.facts import Handle, events, no_task_failed, until
from tests.office import PATIENCE, Office, open_office
from tests.policies import copied
from tests.process.errand import ErrandCase, ErrandOutcome, ErrandWorkflow
from tests.process.errand_worker import errand_worker
from tests.store_contract import entry
from workflows import options as limits

ORDER, OTHER = "PO-26-0101", "PO-26-0102"
MESSAGE = "Please tell the supplier about PO-26-0101 and PO-26-0102."


@dataclass
class Room:
    """An office with a clerk, and the model that it asks."""

    office: Office
    model: ScriptedModel

    async def start(self, agent: str = "1", **changes: Any) -> Handle:
        settings, client = self.office.desk.settings, self.office.desk.client
        documents = FolderDocuments(settings.documents)
        message = await documents.put(MESSAGE.encode(), name="message", media_type="text/plain")
        about = {name: changes.pop(name) for name in ("suppliers",) if name in changes}
        brief = await put_model(documents, Errands(mark=str(uuid.uuid4()), message=message, **about), "brief")
        case = ErrandCase(agent=agent, brief=brief, **changes)
        name = f"errand-{uuid.uuid4()}"
        return await client.start_workflow(ErrandWorkflow.run, case, id=name, task_queue=self.office.desk.queue)

    async def run(self, agent: str = "1", **changes: Any) -> ErrandOutcome:
        async with asyncio.timeout(PATIENCE * 3):
            case = await self.start(agent, **changes)
            outcome: ErrandOutcome = await case.result()
        await no_task_failed(case)
        return outcome

    def told(self, question: int) -> list[str]:
        """What the tool messages of a question say."""
        return [each.content for each in self.model.asked[question].messages if each.role == "tool"]


Rooms = Callable[..., AbstractAsyncContextManager[Room]]


@pytest.fixture
def rooms(client: Client, tmp_path: Path) -> Rooms:
    @asynccontextmanager
    async def room(replies: Iterable[Reply], *, working: bool = True, **settings: Any) -> AsyncGenerator[Room]:
        server = {name: settings.pop(name) for name in ("refuse_tools",) if name in settings}
        async with scripted_model(replies, **server) as model:
            chosen = {"model_url": model.url, "model": "rules", "model_provider": "scripted", **settings}
            async with open_office(client, tmp_path / "office", working=False, **chosen) as office:
                if not working:
                    yield Room(office, model)
                    return
                async with errand_worker(client, office.desk.settings) as ours, ours:
                    yield Room(office, model)

    return room


def find(*orders: str) -> Reply:
    return Reply(calls=tuple(ScriptedCall(tool="find_order", arguments={"order_id": order}) for order in orders))


def act(*orders: str, tool: str = "tell_supplier") -> Reply:
    return Reply(calls=tuple(ScriptedCall(tool=tool, arguments={"order_id": order, "note": ""}) for order in orders))


def answer(source: str = "message", quote: str = "tell the supplier") -> Reply:
    said = {"summary": "Done.", "confidence": "0.9", "evidence": [{"source": source, "quote": quote}]}
    return Reply(content=said)


def forever() -> Iterator[Reply]:
    """A model that never stops looking things up."""
    return (find(f"X-{number:04d}") for number in itertools.count())


async def test_an_agent_looks_up_acts_and_answers(rooms: Rooms) -> None:
    replies = [find(ORDER, OTHER), act(ORDER, OTHER), answer("find_order", "70001")]
    async with rooms(replies) as room:
        outcome = await room.run()
        assert (outcome.end, outcome.summary, outcome.provider) == ("answered", "Done.", "scripted")
        assert [done.action for done in outcome.state.done] == ["mail.remittance"] * 2
        assert {letter.to for letter in await room.office.messages()} == set(ON_FILE.values())
        assert [said.splitlines()[-1][:16] for said in room.told(1)] == ["END OUTSIDE TEXT"] * 2
        assert all(said.startswith("It was done; reference ") for said in room.told(2)[2:])
        assert (outcome.spent.turns, len(room.model.asked)) == (3, 3)


async def test_the_trail_shows_one_agent_with_all_it_called_beneath_it(rooms: Rooms) -> None:
    async with rooms([find(ORDER), act("PO-9", ORDER), answer("find_order", "70001")]) as room:
        case = await room.start()
        await case.result()
        histories = await Histories(room.office.desk.client).case(case.id)
        lines = [line for line in outline(tree(assembled(histories))) if "workflow task" not in line]
    assert [line.partition(":")[0] for line in lines] == [
        "Errand",
        "  agent clerk 1",
        "    think",
        "    look_up",
        "    think",
        "    prepare_action",
        "    prepare_action",
        "    judge mail.remittance",
        "    send_remittance",
        "    think",
    ]
    assert "calls tell_supplier + tell_supplier" in lines[4]
    assert "refused: “Order PO-9 was not looked up" in lines[5]
    spans = [span.name for span in spans_of(assembled(histories))]
    assert spans.count("execute_tool find_order") == 1
    assert "execute_tool send_remittance" in spans


async def test_look_ups_of_a_turn_run_side_by_side_and_actions_one_after_the_other(rooms: Rooms) -> None:
    async with rooms([find("X-1", "X-2", "X-3"), answer()]) as room:
        case = await room.start()
        await case.result()
        tasks = await events(case, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
        assert await events(case, EventType.EVENT_TYPE_MARKER_RECORDED) == 3
        assert tasks == 3  # started, turn 1 with its three look-ups, turn 2


async def test_an_action_that_people_must_decide_waits_for_them_and_their_refusal_goes_back(rooms: Rooms) -> None:
    replies = [find(ORDER), act(ORDER, tool="send_back"), act(ORDER, tool="send_back"), answer()]
    async with rooms(replies) as room:
        case = await room.start()
        await room.office.answer(case, "reject", "Not this one.")
        outcome = await case.result()
        assert (outcome.end, outcome.state.done) == ("answered", ())
        assert await room.office.messages() == ()
        assert "Not this one." in room.told(2)[-1]
        assert room.told(3)[-1].startswith("You have called this before")


async def test_an_approved_action_is_done_under_the_persons_name(rooms: Rooms) -> None:
    async with rooms([find(ORDER), act(ORDER, tool="send_back"), answer()]) as room:
        case = await room.start()
        await room.office.answer(case, "approve", None)
        outcome = await case.result()
        assert [(done.action, done.by.split()[0]) for done in outcome.state.done] == [("mail.return_invoice", "anna")]
        assert len(await room.office.messages()) == 1


async def test_what_cannot_be_carried_out_goes_back_with_the_reason_and_nothing_happens(rooms: Rooms) -> None:
    broken = Reply(calls=(ScriptedCall(tool="find_order", arguments="{"), ScriptedCall(tool="post_bill")))
    unfounded = act("PO-26-0103")
    failing = find("SECRET", "NOWHERE")
    async with rooms([broken, unfounded, failing, answer("crm"), answer()]) as room:
        outcome = await room.run()
        assert (outcome.end, outcome.state.done, outcome.spent.turns) == ("answered", (), 5)
        assert await room.office.messages() == ()
        bad, unknown = room.told(1)
        assert "not one complete JSON object" in bad
        assert unknown == "There is no tool post_bill. You may call: find_order, tell_supplier, send_back."
        assert room.told(2)[-1] == "Order PO-26-0103 was not looked up: call find_order first."
        refused, nothing = room.told(3)[-2:]
        assert "This order is not for everybody." in refused
        assert "Nothing was found." in nothing
        assert "crm is no source" in room.model.asked[4].messages[-1].content


async def test_what_belongs_to_others_than_it_works_for_is_not_read_whoever_names_it(rooms: Rooms) -> None:
    """The requester names both orders, and only one is of the supplier that the brief is about."""
    replies = [find(ORDER, OTHER), act(OTHER), find(OTHER), answer("find_order", "70001")]
    async with rooms(replies) as room:
        case = await room.start(suppliers=("70001",))
        outcome = await case.result()
        assert (outcome.end, outcome.state.done) == ("answered", ())
        theirs, others = room.told(1)
        assert "70001" in theirs
        assert others == (
            "It could not be looked up: It belongs to somebody else than you work for, so you may not read it."
        )
        assert room.told(2)[-1] == f"Order {OTHER} was not looked up: call find_order first."
        assert room.told(3)[-1] == others
        assert await room.office.messages() == ()
        histories = await Histories(room.office.desk.client).case(case.id)
        told = [line.strip() for line in outline(tree(assembled(histories))) if "NotTheirs" in line]
        assert len(told) == 2
        assert all(line.startswith("look_up: failed") for line in told)
        assert "70002" not in (await case.fetch_history()).to_json()


async def test_an_action_that_the_table_denies_goes_back_with_the_rows_reason(rooms: Rooms, tmp_path: Path) -> None:
    policies = copied(tmp_path / "policies")
    table = (policies / "invoice.toml").read_text()
    before, row, after = table.partition('action = "mail.remittance"\n')
    (policies / "invoice.toml").write_text(before + row + after.replace('then = "allow"', 'then = "deny"', 1))
    async with rooms([find(ORDER), act(ORDER), answer()], policies=policies) as room:
        outcome = await room.run()
        assert (outcome.end, outcome.state.done) == ("answered", ())
        assert room.told(2)[-1] == "It was refused: A note from a template to the address on file."
        assert await room.office.messages() == ()


async def test_an_effect_that_the_system_refuses_goes_back_and_one_of_unknown_outcome_ends_the_loop(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with rooms([find(ORDER), act(ORDER), answer()], sandbox_faults="send_remittance:refuse") as room:
        outcome = await room.run()
        assert (outcome.end, outcome.state.done) == ("answered", ())
        assert room.told(2)[-1].startswith("It was not done: ")
    monkeypatch.setitem(limits.EFFECT, "schedule_to_close_timeout", timedelta(seconds=2))
    async with rooms([find(ORDER), act(ORDER, OTHER), answer()], sandbox_faults="send_remittance:fail_before") as room:
        outcome = await room.run("ruled4")
        assert (outcome.end, outcome.provider) == ("outcome_unknown", "nobody")
        assert len(room.model.asked) == 2


async def test_a_system_that_stays_away_is_told_and_the_agent_goes_on(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.TOOL, "retry_policy", RetryPolicy(maximum_attempts=2))
    async with rooms([find("DOWN", ORDER), answer("find_order", "70001")]) as room:
        assert (await room.run()).end == "answered"
        assert room.told(1)[0] == "It could not be looked up: The books are closed."


async def test_a_stopped_agent_thinks_no_further_and_its_rules_say_nothing(rooms: Rooms) -> None:
    slow = find(OTHER).model_copy(update={"delay_ms": 1_000})
    async with rooms([find(ORDER), slow, answer()]) as room:
        running = await room.start("ruled4")
        await until(lambda: asked(room, 2))
        async with open_store(room.office.desk.settings.store_url) as store:
            await store.stops.suspend(entry(kind="agent", name="clerk"))
        outcome = await running.result()
        assert (outcome.end, outcome.provider, len(room.model.asked)) == ("suspended", "nobody", 2)


async def test_a_cancelled_case_asks_and_does_nothing_more(rooms: Rooms) -> None:
    slow = act(ORDER).model_copy(update={"delay_ms": 3_000})
    async with rooms([find(ORDER), slow, answer()]) as room:
        running = await room.start()
        await until(lambda: asked(room, 2))
        await running.cancel()
        with pytest.raises(WorkflowFailureError):
            await running.result()
        assert (len(room.model.asked), await room.office.messages()) == (2, ())


async def test_an_agent_that_goes_in_circles_is_stopped_and_told_the_rule(rooms: Rooms) -> None:
    again = [find(" po-26-0101 ") for _ in range(9)]
    async with rooms([find(ORDER), *again]) as room:
        outcome = await room.run()
        assert (outcome.end, outcome.state.turns) == ("no_progress", 4)
        assert "again and again" in (outcome.why_none or "")
        assert room.told(2)[-1].startswith("You have called this before")


async def test_after_an_effect_the_same_look_up_is_new_again(rooms: Rooms) -> None:
    async with rooms([find(ORDER), act(ORDER), find(ORDER), answer()]) as room:
        assert (await room.run()).end == "answered"
        assert "OUTSIDE TEXT" in room.told(3)[-1]


async def test_a_runaway_agent_stops_at_its_turns_exactly_and_may_not_call_in_the_last(rooms: Rooms) -> None:
    async with rooms(forever()) as room:
        outcome = await room.run("brief")
        assert (outcome.end, outcome.spent.turns, len(room.model.asked)) == ("turns", 5, 5)
        assert [asked.tool_choice for asked in room.model.asked] == ["auto"] * 4 + ["none"]
        assert len(outcome.state.read) == 4


async def test_a_runaway_agent_stops_at_its_tokens(rooms: Rooms) -> None:
    async with rooms(forever()) as room:
        outcome = await room.run("frugal")
        spent = outcome.spent.input_tokens + outcome.spent.output_tokens
        last = room.model.asked[-1].characters // 4
        assert outcome.end == "tokens"
        assert spent - last - 100 < 12_000 <= spent
        assert outcome.spent.turns == len(room.model.asked)


async def test_a_runaway_agent_stops_at_its_money(rooms: Rooms, tmp_path: Path) -> None:
    policies = copied(tmp_path / "policies")
    prices = policies / "prices.toml"
    prices.write_text(prices.read_text().replace('input = "0"\noutput = "0"', 'input = "5"\noutput = "0"'))
    async with rooms(forever(), policies=policies) as room:
        outcome = await room.run("poor")
        last = room.model.asked[-1].characters // 4 * 5
        assert outcome.end == "money"
        assert outcome.spent.money * 1_000_000 - last < 50_000 <= outcome.spent.money * 1_000_000


async def test_rules_speak_where_the_agent_does_not_unless_something_was_done(rooms: Rooms) -> None:
    async with rooms([find(ORDER), find(OTHER)]) as room:
        outcome = await room.run("ruled")
        assert (outcome.end, outcome.summary, outcome.provider) == ("turns", "by rule", "rules")


async def test_a_model_that_gives_no_answer_ends_the_loop_with_what_was_done(rooms: Rooms) -> None:
    async with rooms([find(ORDER), act(ORDER), Reply(status=401)]) as room:
        outcome = await room.run("1")
        assert (outcome.end, outcome.provider, len(outcome.state.done)) == ("no_answer", "nobody", 1)


async def test_hostile_calls_end_in_limits_and_never_in_an_effect(rooms: Rooms) -> None:
    faults = ["arguments_huge", "unknown_tool", "many_calls"]
    replies = [Reply.model_validate({"calls": act(ORDER).calls, "fault": fault}) for fault in faults]
    async with rooms(replies) as room:
        case = await room.start()
        outcome = await case.result()
        assert (outcome.end, outcome.state.turns, outcome.state.done) == ("no_progress", 3, ())
        assert await room.office.messages() == ()
        assert await size(case) < 20_000


async def test_a_server_without_tools_does_the_same_in_words(rooms: Rooms) -> None:
    async with rooms([find(ORDER), act(ORDER), answer("find_order", "70001")], refuse_tools=500) as room:
        outcome = await room.run()
        assert (outcome.end, len(outcome.state.done), outcome.spent.turns) == ("answered", 1, 3)


async def test_a_large_result_travels_by_reference_and_is_cut_for_the_model(rooms: Rooms) -> None:
    async with rooms([find("X-LONG"), answer("find_order", "x" * 200)]) as room:
        case = await room.start()
        assert (await case.result()).end == "answered"
        assert await size(case) < 12_000
        (said,) = room.told(1)
        assert "more characters]" in said
        assert len(said) < 9_000


async def test_a_long_loop_goes_on_in_new_runs_as_if_it_were_one(rooms: Rooms) -> None:
    looked = [find(f"X-{number}") for number in range(5)]
    replies = [find(ORDER), act(ORDER), *looked, find("X-0"), answer("find_order", "70001")]
    async with rooms(replies) as room:
        outcome = await room.run(turns_a_run=2)
        assert (outcome.end, outcome.state.turns, outcome.spent.turns) == ("answered", 9, 9)
        assert [done.action for done in outcome.state.done] == ["mail.remittance"]
        assert room.told(8)[-1].startswith("You have called this before")  # runs ago
        assert len(room.told(8)) == 8


@pytest.mark.long
async def test_history_grows_by_the_same_for_every_turn(rooms: Rooms) -> None:
    sizes = {}
    for turns in (5, 10, 20, 40):
        replies = [*itertools.islice(forever(), turns - 1), answer()]
        async with rooms(replies) as room:
            case = await room.start()
            assert (await case.result()).spent.turns == turns
            sizes[turns] = await size(case)
    grown = [(sizes[b] - sizes[a]) / (b - a) for a, b in itertools.pairwise(sizes)]
    assert max(grown) < min(grown) * 1.05
    assert max(grown) < 3_000


async def size(case: Handle) -> int:
    """Bytes of a case's history, by the server's count."""
    return (await case.describe()).raw_description.workflow_execution_info.history_size_bytes


WINDOWS = ("send_remittance:slow=60*1", "send_remittance:slow_after=60*1")


@pytest.mark.parametrize("window", WINDOWS)
async def test_a_worker_killed_in_an_effect_is_replaced_and_nothing_is_asked_or_done_twice(
    rooms: Rooms, client: Client, window: str
) -> None:
    async with rooms([find(ORDER), act(ORDER), answer("find_order", "70001")], working=False) as room:
        case = await room.start()
        killed = await started(room.office, ("tests/process/errand_worker.py",), "worker", environ(room, window))
        try:
            await until(lambda: pending(case, "send_remittance"), 60)
        finally:
            killed.kill()
            await killed.wait()
        async with errand_worker(client, room.office.desk.settings) as second, second:
            outcome = await case.result()
        assert (outcome.end, len(outcome.state.done), outcome.spent.turns) == ("answered", 1, 3)
        assert len(await room.office.messages()) == 1
        assert len(room.model.asked) == 3


async def test_a_worker_killed_while_the_model_thinks_asks_for_that_turn_alone_again(
    rooms: Rooms, client: Client
) -> None:
    slow = act(ORDER).model_copy(update={"delay_ms": 60_000})
    replies = [find(ORDER), slow, act(ORDER), answer("find_order", "70001")]
    async with rooms(replies, working=False) as room:
        case = await room.start()
        killed = await started(room.office, ("tests/process/errand_worker.py",), "worker", environ(room))
        try:
            await until(lambda: asked(room, 2), 60)
        finally:
            killed.kill()
            await killed.wait()
        async with errand_worker(client, room.office.desk.settings) as second, second:
            outcome = await case.result()
        assert (outcome.end, outcome.spent.turns, len(room.model.asked)) == ("answered", 3, 4)
        assert room.model.asked[1].messages == room.model.asked[2].messages
        assert len(await room.office.messages()) == 1


def environ(room: Room, faults: str = "") -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "SIGNALBOX_MODEL_URL": room.model.url,
        "SIGNALBOX_MODEL": "rules",
        "SIGNALBOX_SANDBOX_FAULTS": faults,
    }


async def asked(room: Room, questions: int) -> bool:
    return len(room.model.asked) >= questions


async def pending(case: Handle, activity: str) -> bool:
    found = (await case.describe()).raw_description.pending_activities
    return any(one.activity_type.name == activity and one.HasField("last_started_time") for one in found)
