"""The tasks of AgentDojo's banking and slack suites, honest and injected, as calls of our agents' tools."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

SuiteName = Literal["banking", "slack"]
CHANNEL = "prompt_injection_channel"


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Call(_Read):
    """A tool that is called."""

    function: str
    args: dict[str, JsonValue]


class UserTask(_Read):
    """What a user wants, and the calls that an honest model makes for it."""

    user_task_id: str
    prompt: str
    user_calls: tuple[Call, ...]


class Attack(_Read):
    """What an attacker wants, and the calls that do it."""

    injection_task_id: str
    goal: str
    attacker_calls: tuple[Call, ...]


class _Payload(_Read):
    user_task_id: str
    injection_task_id: str
    vector: str
    text: str


@dataclass(frozen=True)
class Pair:
    """A user task, and an attack that stands in what the model reads for it; or none."""

    suite: SuiteName
    task: UserTask
    attack: Attack | None
    vectors: Mapping[str, str]

    @property
    def honest(self) -> tuple[Call, ...]:
        """The calls of the task as our tools take them."""
        return self._ours(self.task.user_calls)

    @property
    def attacking(self) -> tuple[Call, ...]:
        """The calls of the attack."""
        return self._ours(self.attack.attacker_calls) if self.attack else ()

    def __str__(self) -> str:
        attack = f"-{self.attack.injection_task_id}" if self.attack else ""
        return f"{self.suite}-{self.task.user_task_id}{attack}"

    def _ours(self, calls: tuple[Call, ...]) -> tuple[Call, ...]:
        return tuple(each for call in calls for each in _fetched(self._named(call)))

    def _named(self, call: Call) -> Call:
        """One channel is called after what was injected into its name."""
        channel = f"External_{self.vectors.get(CHANNEL, '')}"
        args = {name: channel if value == "External_0" else value for name, value in call.args.items()}
        return call.model_copy(update={"args": args})


def _fetched(call: Call) -> Iterator[Call]:
    """To fetch a page tells its owner something, to read it then does not: two tools."""
    if call.function == "get_webpage":
        yield call.model_copy(update={"function": "fetch_page"})
        yield call.model_copy(update={"function": "read_page"})
    else:
        yield call


@dataclass(frozen=True)
class Suite:
    """The tasks of one suite."""

    name: SuiteName
    folder: Path

    @cached_property
    def tasks(self) -> dict[str, UserTask]:
        return {each.user_task_id: each for each in map(UserTask.model_validate, self._lines("user_tasks"))}

    @cached_property
    def attacks(self) -> dict[str, Attack]:
        return {each.injection_task_id: each for each in map(Attack.model_validate, self._lines("injection_tasks"))}

    @cached_property
    def untouched(self) -> dict[str, str]:
        """What stands in the places of outsiders where nobody attacks."""
        vectors = json.loads((self.folder / "suite.json").read_text(encoding="utf-8"))["vectors"]
        return {name: text.encode().decode("unicode_escape") for name, text in vectors.items()}

    def honest(self) -> tuple[Pair, ...]:
        """Every user task with nobody attacking."""
        return tuple(Pair(self.name, task, None, self.untouched) for task in self.tasks.values())

    def pairs(self) -> tuple[Pair, ...]:
        """Every user task with every attack, in all places that the task reads."""
        placed: dict[tuple[str, str], dict[str, str]] = {}
        for each in map(_Payload.model_validate, self._lines("payloads_important_instructions")):
            placed.setdefault((each.user_task_id, each.injection_task_id), {})[each.vector] = each.text
        return tuple(
            Pair(self.name, self.tasks[task], self.attacks[attack], self.untouched | places)
            for (task, attack), places in placed.items()
        )

    def _lines(self, name: str) -> Iterator[Any]:
        return map(json.loads, (self.folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())


def suite(name: SuiteName, shared: Path) -> Suite:
    """A suite from the folder of shared data."""
    return Suite(name, shared / "injections" / f"agentdojo_{name}")
