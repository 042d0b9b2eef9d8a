"""A step in a process of its own: whatever the process says or does, the worker stays what it is."""

import asyncio
import json
import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.reasoning import Thought
from activities.step import LOOK_UP_SECONDS, Conversation
from activities.transcript import past
from domain.chat import ChatMessage, Completion, Usage
from domain.errors import BadPolicy, NoAnswer, Unavailable
from domain.reasoner import Asking, Step
from domain.spending import Spent
from integrations.frameworks import FRAMEWORKS, Apart, reasoners
from integrations.frameworks.apart import AT_ONCE
from integrations.scripted_model import Reply
from integrations.settings import ROOT
from tests.clerk import Order, clerk
from tests.process.errand_worker import made_up
from tests.steps import answer, asker, budget, find, room

ASKS = "said = step.ask(step.messages, ['find_order'])"
RELAYS = """
async def reason(step):
    messages = list(step.messages)
    while True:
        said = step.ask(messages, [tool["name"] for tool in step.tools])
        if not said["calls"]:
            return said["text"]
        messages.append({"role": "assistant", "content": said["text"], "calls": said["calls"]})
        for call in said["calls"]:
            found = step.look_up(call["name"], json.loads(call["arguments"]))
            messages.append({"role": "tool", "content": found, "call_id": call["id"]})
"""


@pytest.fixture
def adapter(tmp_path: Path) -> Any:
    """A reasoner whose process runs these lines."""

    def made(*lines: str) -> Apart:
        file = tmp_path / "adapter.py"
        body = "\n".join(f"    {line}" for line in lines)
        whole = lines[0] if lines == (RELAYS,) else f"async def reason(step):\n{body}\n"
        file.write_text(f"import json, os, sys, time\n{whole}")
        return Apart("mine", Path(sys.executable), file)

    return made


async def thought(reasoner: Apart, home: Path, *replies: Any, **limits: Any) -> Thought:
    async with room(replies or [answer()], home, reasoner, asker(**limits)) as one:
        return await one.think()


async def test_an_adapter_of_ones_own_needs_nothing_but_a_function(adapter: Any, tmp_path: Path) -> None:
    said = await thought(adapter(RELAYS), tmp_path, find("SO-1"), answer("on its way", "find_order"))
    assert said.claim is not None
    assert (said.asks, said.provider, said.model) == (2, "scripted", "rules")


async def test_a_question_that_has_no_answer_is_told_to_the_server_before_it_is_asked(
    adapter: Any, tmp_path: Path
) -> None:
    told: list[Any] = []
    async with room([answer(quote="never said"), Reply(status=401)], tmp_path, adapter(*[ASKS] * 3)) as one:
        with pytest.raises(NoAnswer) as failed:
            await one.think(told=told)
    turns = [(each.turns, each.unpriced) for each in told if each]
    assert [pair for pair in dict.fromkeys(turns) if pair != (0, 0)] == [(1, 1), (1, 0), (2, 1)]
    assert failed.value.spent is not None
    assert (failed.value.spent.turns, failed.value.spent.unpriced) == (2, 1)


async def test_a_further_attempt_has_what_earlier_ones_have_left(adapter: Any, tmp_path: Path) -> None:
    earlier = Spent(turns=3, input_tokens=70, output_tokens=7, money=Decimal("0.5"), seconds=Decimal(9))
    async with room([answer()] * 9, tmp_path, adapter(*[ASKS] * 9)) as one:
        said = await one.think(earlier=earlier, left=budget(turns=5))
        assert (len(one.model.asked), said.asks) == (2, 5)
        assert said.usage.input_tokens == 70 + sum(each.characters // 4 for each in one.model.asked)
        assert said.spent is not None
        assert (said.spent.turns, said.spent.seconds > 9) == (5, True)
        nothing = await one.think(earlier=earlier, left=budget(turns=3))
        assert (len(one.model.asked), nothing.provider, nothing.model, nothing.asks) == (2, "nobody", None, 3)
        assert nothing.observation is not None
        assert nothing.observation.complaint == "The step was ended: the budget of 3 turns is used up (3)."


async def test_what_it_says_is_not_believed(adapter: Any, tmp_path: Path) -> None:
    said = await thought(adapter(ASKS, 'return \'{"says": "pay"}\''), tmp_path)
    assert said.observation is not None
    assert "confidence" in said.observation.complaint


async def test_it_may_not_answer_without_the_model(adapter: Any, tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="never asked the model"):
        await thought(adapter("return '{}'"), tmp_path)


async def test_the_books_are_all_it_can_look_up(tmp_path: Path) -> None:
    seen: list[str] = []

    class Noting:
        async def reason(self, step: Step, asking: Asking) -> str:
            said = await asking.ask(step.messages, ["find_order", "tell_supplier"])
            seen.extend([await asking.look_up(tool, '{"order_id": "SO-1"}') for tool in ("tell_supplier", "think", "")])
            return said.text

    async with room([answer()], tmp_path, Noting()) as one:
        assert (await one.think()).looked_up == ()
        assert "tell_supplier" not in str(one.model.asked[0].tools)
    assert len(seen) == 3
    assert all(each.startswith("There is no tool") for each in seen)


class Looker:
    """Looks up what it is told to, asks once, and notes what it was asked."""

    def __init__(self, *numbers: str) -> None:
        self.numbers, self.steps = numbers, list[Step]()

    async def reason(self, step: Step, asking: Asking) -> str:
        self.steps.append(step)
        for number in self.numbers:
            await asking.look_up("find_order", json.dumps({"order_id": number}))
        return (await asking.ask(step.messages, [])).text


async def test_what_was_looked_up_is_kept_and_told_to_the_next_step(tmp_path: Path) -> None:
    looker = Looker("SO-1", "SECRET")
    async with room([answer(quote="never said"), answer("on its way", "find_order")], tmp_path, looker) as one:
        first = await one.think()
        looked, answered = await past(one.documents, first.transcript)
        looker.numbers = ()
        second = await one.think(transcript=first.transcript, number=2)
    assert first.observation is not None
    assert (looked.calls, looked.said, answered.calls) == (first.looked_up, "", ())
    assert [(each.call, each.kind) for each in answered.observed] == [("call00000", "read"), ("call00001", "refused")]
    told = "".join(message.content for message in looker.steps[1].messages)
    assert 'CALLED find_order {"deep":false,"order_id":"SO-1"}, call00000' in told
    assert "on its way" in told
    assert "not for everybody" in told
    assert (second.claim is not None, second.looked_up) == (True, ())


async def test_nobody_looks_up_without_end(tmp_path: Path) -> None:
    asked = asker(turns=2, calls=3)
    async with room([answer()], tmp_path, Looker(*["SO-1"] * 7), asked) as one:
        with pytest.raises(NoAnswer, match="never asked the model"):
            await one.think()


async def test_an_agents_actions_are_not_offered() -> None:
    talk = Conversation(clerk, Any, Any, {}, frozenset(), Any)  # type: ignore[arg-type]
    assert (await talk.look_up("tell_supplier", '{"order_id": "SO-1"}')).startswith("There is no tool tell_supplier.")


async def test_what_belongs_to_others_is_told_to_nobody_and_marked_as_refused() -> None:
    async def found(_: Any) -> Order:
        return Order(order=made_up("SO-1"))

    talk = Conversation(clerk, Any, Any, {"find_order": found}, frozenset({"70002"}), Any)  # type: ignore[arg-type]
    said = await talk.look_up("find_order", '{"order_id": "SO-1"}')
    assert said == "It belongs to somebody else than you work for, so you may not read it."
    assert [(each.kind, each.text) for each in talk.seen] == [("refused", said)]
    assert [(call.does, call.fault) for call in talk.looked_up] == [(None, said)]


BREAKS = {
    "raises": (["raise KeyError('gone')"], NoAnswer, "KeyError: 'gone'"),
    "swallows and goes on": (
        ["try:", "    step.ask(step.messages)", "except BaseException:", "    pass", "return '{}'"],
        None,
        None,
    ),
    "dies": (["os.kill(os.getpid(), 9)"], Unavailable, r"ended without an answer \(-9\)"),
    "leaves": (["print('no way', file=sys.stderr)", "os._exit(3)"], Unavailable, r"\(3\): no way"),
    "babbles": (
        ["step.pipe[1].write('hello\\n')", "step.pipe[1].flush()", "time.sleep(60)"],
        NoAnswer,
        "broke the form",
    ),
    "shouts": (["step.pipe[1].write('x' * 9_000_000)", "time.sleep(60)"], NoAnswer, "more than 8000000 bytes"),
    "gives a number": ([ASKS, "return 5"], NoAnswer, "broke the form"),
    "asks as nobody": (["step.ask([{'role': 'owner', 'content': 'x'}])"], NoAnswer, "broke the form"),
    "hangs": (["time.sleep(60)"], Unavailable, "longer than 2 s"),
    "prints": (['print(\'{"answer": "x"}\')', "time.sleep(60)"], Unavailable, "longer than 2 s"),
}


@pytest.mark.parametrize("name", [name for name, (_, kind, _) in BREAKS.items() if kind])
async def test_a_process_that_breaks_is_an_error_that_says_how(adapter: Any, tmp_path: Path, name: str) -> None:
    lines, kind, said = BREAKS[name]
    assert kind
    with pytest.raises(kind, match=said):
        await thought(adapter(*lines), tmp_path, seconds=2)


async def test_hostile_words_of_a_failure_are_shown_on_one_line(adapter: Any, tmp_path: Path) -> None:
    with pytest.raises(NoAnswer) as failed:
        await thought(adapter("raise ValueError('a\\u202eb\\n# c' + 'x' * 5_000)"), tmp_path)
    assert len(str(failed.value)) < 500
    assert "\u202e" not in str(failed.value)
    assert "\n" not in str(failed.value)


SNEAKS = {
    "socket": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "names": "import socket; socket.getaddrinfo('example.com', 443)",
    "urllib": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
    "a program": "import subprocess; subprocess.run(['true'])",
    "a shell": "os.system('true')",
    "a fork": "os.fork()",
}


@pytest.mark.parametrize("name", SNEAKS)
async def test_it_reaches_nothing_but_its_worker_and_what_it_tried_is_logged(
    adapter: Any, tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    tries = [
        "try:",
        f"    {SNEAKS[name]}",
        "    said = 'out'",
        "except OSError as error:",
        "    said = type(error).__name__",
    ]
    said = await thought(adapter(*tries, "step.ask(step.messages)", "return said"), tmp_path)
    assert said.observation is not None
    assert said.observation.answer in ("PermissionError", "URLError")
    assert "tried and was refused" in caplog.text


async def test_its_environment_holds_nothing_of_the_workers(
    adapter: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    said = await thought(
        adapter("step.ask(step.messages)", "return json.dumps([dict(os.environ), sys.path, os.getcwd()])"), tmp_path
    )
    assert said.observation is not None
    assert "sk-secret" not in said.observation.answer
    assert f'"{ROOT}"' not in said.observation.answer
    assert '"CREWAI_DISABLE_TELEMETRY": "true"' in said.observation.answer


async def test_only_so_many_reason_at_a_time(adapter: Any) -> None:
    reasoner, at_work, most = adapter("return step.ask(step.messages)['text']"), 0, 0

    class Counting:
        async def ask(self, messages: Any, tools: Any) -> Completion:  # noqa: ARG002
            nonlocal at_work, most
            at_work, most = at_work + 1, max(most, at_work + 1)
            await asyncio.sleep(0.2)
            at_work -= 1
            usage = Usage(input_tokens=1, output_tokens=1)
            return Completion(text="x", finish_reason="stop", model="m", provider="p", usage=usage)

        async def look_up(self, tool: str, arguments: str) -> str:
            return tool + arguments

    step = Step(agent="a", version="1", messages=(ChatMessage(role="user", content="?"),), answers="{}")
    said = await asyncio.gather(*(reasoner.reason(step, Counting()) for _ in range(AT_ONCE + 3)))
    assert said == ["x"] * (AT_ONCE + 3)
    assert most <= AT_ONCE


async def test_a_look_up_that_takes_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.step.LOOK_UP_SECONDS", 0.1)
    heard: list[str] = []

    class Impatient:
        async def reason(self, step: Step, asking: Asking) -> str:
            heard.append(await asking.look_up("find_order", '{"order_id": "SO-1"}'))
            return (await asking.ask(step.messages, [])).text

    async with room([answer()], tmp_path, Impatient()) as one:
        one.activities.answers["find_order"] = lambda _: asyncio.sleep(LOOK_UP_SECONDS)  # type: ignore[index]
        await one.think()
    assert heard == ["It could not be looked up: there was no answer within 0.1 s."]


def chosen(folder: Path, text: str) -> Path:
    file = folder / "reasoners.toml"
    file.write_text(text)
    return file


WRONG = {
    '[asker]\nframework = "langchain"\n': r"\[asker.framework\]: Input should be 'autogen'",
    "[asker]\n": r"\[asker\]: .*name either a framework or a file",
    '[asker]\nframework = "crewai"\nadapter = "x.py"\n': "name either a framework or a file",
    '[asker]\nadapter = "gone.py"\n': "gone.py is no file",
    '[asker]\nframework = "crewai"\npython = "none/python"\n': "none/python is no file",
    '[nobody]\nframework = "crewai"\n': r"\[nobody\]: there is no such agent",
    '[clerk]\nframework = "crewai"\n': r"only reads and proposes, and this agent acts \(tell_supplier, send_back\)",
    '[asker]\nframework = "crewai"\n': r"crewai cannot reason here: .*No module named 'crewai'.* Install crewai",
    '[asker]\nadapter = "reasoners.toml"\n': "is no Python file",
    "[asker": "Expected",
    'asker = "crewai"\n': r"\[asker\]: Input should be",
}


@pytest.mark.parametrize("text", WRONG)
async def test_a_choice_that_cannot_work_is_refused_at_the_start_with_its_place(tmp_path: Path, text: str) -> None:
    file = chosen(tmp_path, text)
    with pytest.raises(BadPolicy, match=WRONG[text]) as refused:
        await reasoners(file, (asker(), clerk))
    assert str(file) in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


async def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match=r"gone.toml: No such file or directory. SIGNALBOX_REASONERS names it"):
        await reasoners(tmp_path / "gone.toml", ())


async def test_paths_are_relative_to_the_file_and_no_file_chooses_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("async def reason(step):\n    return step.ask(step.messages)['text']\n")
    (tmp_path / "python").symlink_to(sys.executable)
    ready = await reasoners(chosen(tmp_path, '[asker]\nadapter = "mine.py"\npython = "python"\n'), (asker(),))
    assert (ready["asker"].name, ready["asker"].python) == ("mine", tmp_path / "python")
    assert await reasoners(None, (asker(),)) == {}


def test_every_adapter_is_there_and_its_requirements_are_pinned_without_a_place_to_get_them() -> None:
    for name, file in FRAMEWORKS.items():
        assert file.is_file()
        pinned = (ROOT / "integrations" / "frameworks" / "pinned" / f"{name}.txt").read_text()
        assert "--hash=sha256:" in pinned
        assert "://" not in pinned


def test_the_child_needs_the_standard_library_only() -> None:
    child = str(ROOT / "integrations" / "frameworks" / "child.py")
    bare = "import sys; sys.path = [p for p in sys.path if 'site-packages' not in p]; import runpy"
    code = f"{bare}; runpy.run_path({child!r}, run_name='child')"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-I", "-S", "-c", code]) == 0
