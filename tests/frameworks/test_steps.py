"""Each framework, the real library, reasons about one step: as the built-in turn does, and with no way round it."""

import asyncio
import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from activities.reasoning import Observation, Thought
from domain.chat import ChatMessage, Completion
from domain.errors import NoAnswer, Unavailable
from domain.reasoner import Asking, Reasoner, Step
from integrations.frameworks import Apart
from integrations.scripted_model import Reply, ScriptedCall
from tests.facts import until
from tests.steps import Room, answer, asker, budget, find, room

pytestmark = pytest.mark.real
BUILT_IN = None
REWORDS = ("crewai",)
"""Frameworks that put words of their own around what is asked, so that it is longer."""


async def thought(reasoner: Reasoner | None, home: Path, *replies: Reply, **options: Any) -> Thought:
    async with room(replies, home, reasoner, **options) as one:
        return await one.think()


async def test_a_right_answer_comes_to_what_the_built_in_turn_makes_of_it(framework: Apart, tmp_path: Path) -> None:
    agent = asker(tools=False)
    async with room([answer()], tmp_path, framework, agent) as one:
        theirs = await one.think()
        [asked] = one.model.asked
    ours = await thought(BUILT_IN, tmp_path, answer(), agent=agent)
    assert theirs.claim == ours.claim is not None
    assert theirs.usage.input_tokens == asked.characters // 4
    assert theirs.took.model_copy(update={"seconds": Decimal(0)}) == theirs.model_copy(update={"spent": None}).took
    if framework.name not in REWORDS:
        assert theirs.model_copy(update={"spent": None}) == ours
    same = {"usage": None, "cost": None, "spent": None}
    assert theirs.model_copy(update=same) == ours.model_copy(update=same)


async def test_the_question_carries_the_agents_own_instructions_brief_texts_and_schema(
    framework: Apart, tmp_path: Path
) -> None:
    asked = []
    for reasoner in (framework, BUILT_IN):
        async with room([answer()], tmp_path, reasoner) as one:
            await one.think()
            asked += one.model.asked
    theirs, ours = asked
    assert (theirs.response_format, theirs.tools, theirs.tool_choice) == (
        ours.response_format,
        ours.tools,
        ours.tool_choice,
    )
    assert (theirs.max_tokens, theirs.model, theirs.authorization) == (ours.max_tokens, ours.model, ours.authorization)
    for wanted, said in zip(ours.messages, theirs.messages, strict=True):
        assert said.role == wanted.role
        assert wanted.content in said.content
        assert framework.name in REWORDS or said == wanted


@pytest.mark.parametrize("fault", ["fenced", "prose", "wrong_schema", "extra_key", "duplicate_keys", "nan", "length"])
async def test_an_answer_is_judged_as_strictly_as_the_built_in_turns(
    framework: Apart, tmp_path: Path, fault: Any
) -> None:
    reply = answer().model_copy(update={"fault": fault})
    theirs, ours = await thought(framework, tmp_path, reply), await thought(BUILT_IN, tmp_path, reply)
    assert (theirs.claim, theirs.observation) == (ours.claim, ours.observation)


async def test_a_complaint_goes_back_to_the_model(framework: Apart, tmp_path: Path) -> None:
    async with room([answer()], tmp_path, framework) as one:
        assert (await one.think(Observation(answer="Certainly!", complaint="It is no JSON object."))).claim
        [asked] = one.model.asked
    assert [message.role for message in asked.messages] == ["system", "user", "assistant", "user"]
    assert asked.messages[2].content == "Certainly!"
    assert "That answer cannot be used: It is no JSON object." in asked.messages[3].content


async def test_it_looks_up_through_our_tools_and_may_quote_what_they_returned(framework: Apart, tmp_path: Path) -> None:
    async with room([find("SO-1", "SO-2"), answer("on its way", "find_order")], tmp_path, framework) as one:
        said = await one.think()
        first, second = one.model.asked
    assert said.claim is not None, said.observation
    assert [call.arguments for call in said.looked_up] == [
        '{"deep":false,"order_id":"SO-1"}',
        '{"deep":false,"order_id":"SO-2"}',
    ]
    told = [message for message in second.messages if message.role == "tool"]
    assert [message.call_id for message in told] == ["call-0", "call-1"]
    assert all("BEGIN OUTSIDE TEXT" in each.content and "on its way" in each.content for each in told)
    assert (said.asks, said.calls) == (2, ())
    assert said.usage.input_tokens == first.characters // 4 + second.characters // 4


async def test_what_was_not_looked_up_cannot_be_quoted(framework: Apart, tmp_path: Path) -> None:
    said = await thought(framework, tmp_path, answer("on its way", "find_order"))
    assert said.observation is not None
    assert "find_order is no source" in said.observation.complaint


BAD_CALLS = (
    Reply(calls=(ScriptedCall(tool="pay_me", arguments={"amount": 5}),)),
    Reply(calls=(ScriptedCall(tool="find_order", arguments={"order": "SO-1"}),)),
    find("SO-1").model_copy(update={"fault": "arguments_not_json"}),
    find("SO-1").model_copy(update={"fault": "unknown_tool"}),
    find("SO-1").model_copy(update={"fault": "many_calls"}),
)


@pytest.mark.parametrize("bad", BAD_CALLS, ids=range(len(BAD_CALLS)))
async def test_a_call_that_cannot_be_carried_out_goes_back_with_the_reason(
    framework: Apart, tmp_path: Path, bad: Reply
) -> None:
    async with room([bad, answer()], tmp_path, framework) as one:
        said = await one.think()
        told = [message.content for message in one.model.asked[1].messages if message.role == "tool"]
    assert said.claim
    assert (said.asks, said.looked_up) == (2, ())
    assert told
    assert "on its way" not in "".join(told)


@pytest.mark.parametrize(("number", "said"), [("SECRET", "not for everybody"), ("X", "Nothing was found")])
async def test_a_look_up_that_finds_nothing_says_so(framework: Apart, tmp_path: Path, number: str, said: str) -> None:
    async with room([find(number), answer()], tmp_path, framework) as one:
        assert (await one.think()).claim
        assert said in one.model.asked[1].messages[-1].content


FAILURES: dict[str, tuple[Reply, type[Exception], float | None]] = {
    "429": (Reply(status=429, retry_after="7"), Unavailable, 7.0),
    "500": (Reply(status=500), Unavailable, None),
    "spent": (Reply(status=429, code="insufficient_quota"), NoAnswer, None),
    "401": (Reply(status=401), NoAnswer, None),
    "reset": (Reply(fault="reset"), Unavailable, None),
    "html": (Reply(fault="html"), Unavailable, None),
    "refusal": (Reply(fault="refusal"), NoAnswer, None),
}


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize("before", [(), (find("SO-1"),)], ids=["at once", "later"])
async def test_what_the_server_does_wrong_is_the_same_error_and_nothing_is_tried_again(
    framework: Apart, tmp_path: Path, name: str, before: tuple[Reply, ...]
) -> None:
    reply, kind, wait = FAILURES[name]
    failures = []
    for reasoner, replies in ((framework, (*before, reply)), (BUILT_IN, (reply,))):
        again = itertools.repeat(reply) if name == "500" else iter((reply,))  # it may be the schema: asked in words
        async with room(itertools.chain(replies, again), tmp_path, reasoner) as one:
            with pytest.raises(kind) as failed:
                await one.think()
            failures.append((failed.value, len(one.model.asked) - (len(before) if reasoner else 0)))
    (theirs, asked), (ours, wanted) = failures
    host = "127.0.0.1"
    assert (str(theirs).partition(host)[2], asked) == (str(ours).partition(host)[2], wanted)
    assert getattr(theirs, "retry_after", None) == getattr(ours, "retry_after", None) == wait


async def test_a_model_that_hangs_ends_the_step_in_time_and_its_process(framework: Apart, tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(Unavailable, match=r"longer than 6 s"):
        await thought(framework, tmp_path, Reply(fault="hang"), agent=asker(seconds=6))
    assert {child.pid for child in psutil.Process().children()} <= before


async def test_a_cancelled_step_leaves_no_process(framework: Apart, tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}
    async with room([Reply(fault="hang")], tmp_path, framework) as one:
        thinking = asyncio.create_task(one.think())
        await until(lambda: started(one), 30)
        thinking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await thinking
    assert {child.pid for child in psutil.Process().children()} <= before


async def started(one: Room) -> bool:
    return bool(one.model.asked)


async def test_one_that_never_stops_is_stopped_at_its_turns_exactly(framework: Apart, tmp_path: Path) -> None:
    async with room((find(f"SO-{n}") for n in itertools.count()), tmp_path, framework, asker(turns=4)) as one:
        said = await one.think()
        assert len(one.model.asked) == 4
        assert said.usage.input_tokens == sum(each.characters // 4 for each in one.model.asked)
        assert one.model.asked[3].tool_choice == "none"
    assert (said.claim, said.asks) == (None, 4)
    assert said.observation is not None
    assert "it may ask 4 times" in said.observation.complaint


@pytest.mark.parametrize(
    "limit", [{"turns": 3}, {"tokens": 2_500}, {"money": "0.002"}], ids=lambda each: next(iter(each))
)
@pytest.mark.parametrize("whose", ["the agent's", "what is left"])
async def test_its_budget_stops_it_and_everything_spent_is_counted(
    framework: Apart, tmp_path: Path, limit: dict[str, Any], whose: str
) -> None:
    agent = asker(turns=50, budget=budget(**(limit if whose == "the agent's" else {})))
    async with room((find(f"SO-{n}") for n in itertools.count()), tmp_path, framework, agent) as one:
        said = await one.think(left=budget(**limit) if whose == "what is left" else None)
        asked = [each.characters // 4 for each in one.model.asked]
    assert said.observation is not None
    assert "is used up" in said.observation.complaint
    assert (said.usage.input_tokens, said.asks) == (sum(asked), len(asked))
    assert said.cost == Decimal(sum(asked) + (said.usage.output_tokens or 0)) / 1_000_000
    assert 1 < len(asked) < 20


@dataclass(frozen=True)
class Watched:
    """A reasoner whose process is looked at whenever it asks for something."""

    inner: Reasoner
    seen: list[Any]

    async def reason(self, step: Step, asking: Asking) -> str:
        return await self.inner.reason(step, Looking(asking, self.seen))


@dataclass(frozen=True)
class Looking:
    asking: Asking
    seen: list[Any]

    async def ask(self, messages: Sequence[ChatMessage], tools: Sequence[str]) -> Completion:
        await self._look()
        return await self.asking.ask(messages, tools)

    async def look_up(self, tool: str, arguments: str) -> str:
        await self._look()
        return await self.asking.look_up(tool, arguments)

    async def _look(self) -> None:
        await asyncio.sleep(1)  # what it does beside its question
        for child in psutil.Process().children(recursive=True):
            if "child.py" in " ".join(child.cmdline()):
                self.seen.append((child.net_connections("inet"), child.children(), child.environ()))


async def test_its_process_opens_no_connection_starts_no_program_and_has_no_key(
    framework: Apart, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("SIGNALBOX_MODEL_KEY", "sk-secret")
    seen: list[Any] = []
    with caplog.at_level(logging.WARNING):
        assert (await thought(Watched(framework, seen), tmp_path, find("SO-1"), answer())).claim
    assert [record.message for record in caplog.records] == []  # nothing was tried that had to be refused
    assert len(seen) == 3
    assert all((connections, children) == ([], []) for connections, children, _ in seen)
    assert "sk-secret" not in str(seen)
    assert not [name for *_, environ in seen for name in environ if name.startswith(("OPENAI_API", "SIGNALBOX"))]


async def test_nothing_is_kept_between_steps(framework: Apart, tmp_path: Path) -> None:
    homes: list[Any] = []
    for _ in range(2):
        await thought(Watched(framework, homes), tmp_path, answer())
    first, second = (environ["HOME"] for *_, environ in homes)
    assert first != second
    assert not {first, second}.intersection(str(each) for each in Path(first).parent.iterdir())


async def test_a_framework_that_is_not_installed_is_refused(framework: Apart) -> None:
    other = Path(framework.python).parents[2] / ("autogen" if framework.name != "autogen" else "langgraph")
    with pytest.raises(NoAnswer, match="No module named"):
        await replace(framework, python=other / "bin" / "python").check()
    await framework.check()
