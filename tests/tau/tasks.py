"""The tasks of tau-bench retail, the shop they start from, and what of it they must change."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tau.forms import cents

KINDS = ("orders", "users", "products")
State = dict[str, dict[str, Any]]
Changes = dict[tuple[str, ...], Any]
"""By path, what stands there now."""


@dataclass(frozen=True)
class Gold:
    """One call that a task is solved by."""

    name: str
    arguments: Mapping[str, Any]


KIND_OF = {
    "cancel_pending_order": "retail.cancel",
    "return_delivered_order_items": "retail.return",
    "exchange_delivered_order_items": "retail.exchange",
    "modify_pending_order_items": "retail.items",
    "modify_pending_order_payment": "retail.payment",
    "modify_pending_order_address": "retail.shipping",
    "modify_user_address": "retail.home",
}
"""By the tool, what its action is called in the table."""


@dataclass(frozen=True)
class Task:
    """What a customer wants, the calls that give it to them, and what these change."""

    id: str
    user_id: str
    instruction: str
    gold: tuple[Gold, ...]
    fails: int
    """How many of the calls the shop itself refuses."""
    changes: Changes

    @property
    def writes(self) -> tuple[tuple[str, str], ...]:
        """Each call as the kind of its action and the order that it is about."""
        return tuple((KIND_OF[each.name], each.arguments["order_id"]) for each in self.gold)


def tasks_of(folder: Path) -> tuple[Task, ...]:
    """Every task of the shared data."""
    lines = (folder / "tau_retail_tasks.jsonl").read_text().splitlines()
    return tuple(_task(json.loads(line)) for line in lines)


def _task(said: Mapping[str, Any]) -> Task:
    return Task(
        id=said["task_id"],
        user_id=said["user_id"],
        instruction=said["instruction"],
        gold=tuple(Gold(each["name"], each["arguments"]) for each in said["gold_actions"]),
        fails=len(said["gold_action_errors"]),
        changes={tuple(each["path"]): cents(_plain(each["new"])) for each in said["expected_db_diff"]},
    )


def state_of(folder: Path) -> State:
    """The shop before any task."""
    return {
        kind: json.loads(gzip.decompress((folder / "tau_retail_db" / f"{kind}.json.gz").read_bytes())) for kind in KINDS
    }


def changes(before: State, after: State) -> Changes:
    """Every path at which two states differ, amounts to the cent; lists are compared whole."""
    return {path: cents(_plain(value)) for path, value in _changes((), before, after)}


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _changes((*path, name), before.get(name), after.get(name))
    elif cents(_plain(before)) != cents(_plain(after)):
        yield path, after


def _plain(value: Any) -> Any:
    """Whole amounts as the fractions that they are: 35 is 35.00."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value
