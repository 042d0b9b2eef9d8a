"""What an agent may ask for: reads that a system answers, and actions that plain code makes of its words.

A model supplies wishes. Ids, recipients, payees, amounts and limits of an action come from what trusted systems
returned to this agent or from the requester's own words; where an argument stands in neither, the action says
`backed = false`, and an action that cannot say so is not made at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

from pydantic import Field, JsonValue

from agents.backing import Backing, leaves
from agents.claims import decode_object
from domain.actions import Action, BaseAction
from domain.chat import AskedCall, ToolForm
from domain.documents import DocumentRef
from domain.text import show
from domain.unbacked import Unbacked
from domain.values import Frozen

Asked = TypeVar("Asked", bound=Frozen)
Answer = TypeVar("Answer", bound=Frozen)

ARGUMENT_LIMIT = 8_000
"""Characters of a call's arguments that are looked at."""
NAME_SHOWN = 60
VALUE_SHOWN = 80
CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
NO_MORE = "This was the last turn: answer with what you know."


@dataclass(frozen=True)
class ReadTool(Generic[Asked, Answer]):
    """A look-up; which system answers it is chosen in `worker.py`, by this name."""

    name: str
    description: str
    arguments: type[Asked]
    answer: type[Answer]
    whose: Callable[[Answer], tuple[str, ...]] | Literal["anybody"] = field(kw_only=True)
    """To whom an answer belongs, by the ids of the system that gives it; `anybody` where it is nobody's alone."""
    outside: frozenset[str] = frozenset()
    """Fields of the answer, at any depth, that outsiders wrote: what stands there backs nothing."""

    def readable(self, answer: Answer, works_for: frozenset[str]) -> bool:
        """Whether somebody who works for these may read an answer: it belongs to nobody else, and to one of them."""
        if self.whose == "anybody":
            return True
        owners = self.whose(answer)
        return bool(owners) and works_for.issuperset(owners)


@dataclass(frozen=True)
class ActionTool(Generic[Asked]):
    """Something to be done, through policy and people like everything else."""

    name: str
    description: str
    arguments: type[Asked]
    act: Callable[[Asked, Known], BaseAction | str]
    """The action that these arguments come to by what is known, or a sentence that says why there is none."""
    free: frozenset[str] = frozenset()
    """Arguments that are the model's own to choose: a reason, one of a few kinds. All others must be backed."""


Tool: TypeAlias = ReadTool[Any, Any] | ActionTool[Any]


class ToolCall(Frozen):
    """A call that has been looked at: what is wrong with it, or the arguments as canonical JSON."""

    id: str
    tool: str
    does: Literal["read", "action"] | None = Field(description="None for a call that cannot be carried out")
    arguments: str = ""
    alike: str = Field(default="", description="the same for calls that ask for the same")
    fault: str | None = None


class Observed(Frozen):
    """What came of a call, or what is wrong with an answer (then without a call): new to the model."""

    call: str | None
    tool: str | None
    kind: Literal["read", "done", "refused", "complaint"]
    text: str = ""
    whole: DocumentRef | None = Field(default=None, description="where the text is, if it is too long to travel")


@dataclass(frozen=True)
class Read:
    """What a system returned to an agent."""

    tool: str
    answer: str
    """JSON, or a sentence that nothing was found."""


@dataclass(frozen=True)
class Known:
    """What an action may be made of: the brief, what the requester wrote, and what systems returned so far."""

    brief: Any
    words: str
    reads: tuple[Read, ...]
    own_words: tuple[str, ...] = ()
    """The fields of the brief that the words are from."""

    def found(self, tool: ReadTool[Any, Answer]) -> tuple[Answer, ...]:
        """Everything that this tool has returned, oldest first."""
        return tuple(
            tool.answer.model_validate_json(read.answer)
            for read in self.reads
            if read.tool == tool.name and read.answer.startswith("{")
        )

    def backing(self, tools: Sequence[Tool]) -> Backing:
        """What these tools returned, save what outsiders wrote into it, and the requester's words."""
        reading = [tool for tool in tools if isinstance(tool, ReadTool)]
        return Backing.of(((answer, tool.outside) for tool in reading for answer in self.found(tool)), self.words)


def form_of(tool: Tool) -> ToolForm:
    """The tool as the model is told of it."""
    return ToolForm(name=tool.name, description=tool.description, json_schema=tool.arguments.model_json_schema())


def looked_at(asked: Sequence[AskedCall], tools: Sequence[Tool], most: int) -> tuple[ToolCall, ...]:
    """Hold the calls of one turn against the tools there are; of more than `most`, none may be carried out."""
    many = f"You made {len(asked)} calls at once; at most {most} are allowed, and none was carried out."
    fault = NO_MORE if not most else many if len(asked) > most else None
    calls = [_looked_at(one, tools) for one in _told_apart(asked[: most or 1])]
    return tuple(call.model_copy(update={"does": None, "fault": fault}) if fault else call for call in calls)


def _told_apart(asked: Sequence[AskedCall]) -> Iterator[AskedCall]:
    """The same calls, each with an id of its own that every server takes back."""
    given = [one.id for one in asked]
    own = (name for number in count() if (name := f"call{number:05d}") not in given)
    for place, one in enumerate(asked):
        good = CALL_ID.fullmatch(one.id) and one.id not in given[:place]
        yield one if good else one.model_copy(update={"id": next(own)})


def _looked_at(asked: AskedCall, tools: Sequence[Tool]) -> ToolCall:
    tool = next((tool for tool in tools if tool.name == asked.name), None)
    if tool is None:
        name = show(asked.name, NAME_SHOWN)
        allowed = ", ".join(tool.name for tool in tools)
        return ToolCall(id=asked.id, tool=name, does=None, fault=f"There is no tool {name}. You may call: {allowed}.")
    given = asked.arguments.strip() or "{}"  # what some servers send for a tool without arguments
    arguments = decode_object(given, tool.arguments, limit=ARGUMENT_LIMIT, what="What you gave as arguments")
    if isinstance(arguments, str):
        return ToolCall(id=asked.id, tool=tool.name, does=None, fault=arguments)
    said = arguments.model_dump(mode="json")
    does: Literal["read", "action"] = "read" if isinstance(tool, ReadTool) else "action"
    written = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return ToolCall(id=asked.id, tool=tool.name, does=does, arguments=written, alike=alike(tool.name, said))


def alike(tool: str, arguments: JsonValue) -> str:
    """The same for calls that ask for the same: case, white space and the way a number is written do not count."""
    return hashlib.sha256(json.dumps([tool, _plain(arguments)], sort_keys=True).encode()).hexdigest()[:16]


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, bool):
        return value
    words = " ".join(str(value).split()).casefold()
    try:
        number = Decimal(words)
    except InvalidOperation:
        return words
    return f"{number.normalize()}" if number.is_finite() else words


def proposed(
    tool: ActionTool[Any], arguments: str, known: Known, backing: Backing
) -> tuple[Action, tuple[Unbacked, ...]] | str:
    """The action that a call comes to, with the arguments that are backed by nobody; or why there is none.

    Where there are such arguments the action is marked, whatever its code says.
    """
    asked = tool.arguments.model_validate_json(arguments)
    action = tool.act(asked, known)
    if isinstance(action, str):
        return action
    loose = tuple(_loose(tool, asked, known, backing))
    if not loose:
        return cast("Action", action), ()
    if "backed" not in type(action).model_fields:
        names = ", ".join(each.argument for each in loose)
        return (
            f"{names}: no system of record returned this to you, and the requester did not write it. "
            "Look it up first; it cannot be done on your word."
        )
    return cast("Action", action.model_copy(update={"backed": False})), loose


def _loose(tool: ActionTool[Any], asked: Frozen, known: Known, backing: Backing) -> Iterator[Unbacked]:
    """The arguments that neither a trusted read nor the requester has said, each with what of it nobody has."""
    sought_in = tuple(dict.fromkeys((*(read.tool for read in known.reads), *known.own_words)))
    for name, value in sorted(asked.model_dump().items()):
        unsaid = [str(leaf) for leaf in leaves(value) if not backing.holds(leaf)]
        if name not in tool.free and unsaid:
            yield Unbacked(argument=name, value=show(", ".join(unsaid), VALUE_SHOWN), sought_in=sought_in)
