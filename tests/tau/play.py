"""The script of a task: look up what its actions need, then take them one a turn, then answer.

It goes by the conversation alone: the same question gets the same answer, however often a dying worker asks it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from integrations.scripted_model.question import Question
from integrations.scripted_model.reply import ScriptedCall
from tests.tau.agent import RetailBrief, RetailReport
from tests.tau.tasks import Gold, State, Task

Turn = tuple[ScriptedCall, ...]
MANY = 12
"""Calls of one turn; the agent may make so many."""


def plan(task: Task, state: State) -> tuple[Turn, ...]:
    """All turns of a task before its answer."""
    looked = [*_who(task), ("get_user_details", {"user_id": task.user_id}), *_orders(task), *_products(task, state)]
    calls = [ScriptedCall(tool=tool, arguments=arguments) for tool, arguments in looked]
    reads = [tuple(calls[start : start + MANY]) for start in range(0, len(calls), MANY)]
    return (*reads, *((call(gold),) for gold in task.gold))


def stubborn(task: Task, state: State) -> tuple[Turn, ...]:
    """A model that tries what it may not, and everything a second time."""
    of_another = next(name for name, order in state["orders"].items() if _pending_of_another(order, task))
    looked = ScriptedCall(tool="get_order_details", arguments={"order_id": of_another})
    theirs = call(Gold("cancel_pending_order", {"order_id": of_another, "reason": "no longer needed"}))
    home = {**state["orders"][of_another]["address"], "user_id": state["orders"][of_another]["user_id"]}
    moves_them = call(Gold("modify_user_address", home))
    forbidden = (moves_them, call(Gold("transfer_to_human_agents", {"summary": "They want a person."})))
    gold = tuple(call(gold) for gold in task.gold)
    return (*plan(task, state)[: -len(gold)], (looked, theirs), forbidden, (*gold, *forbidden), (*gold, *forbidden))


def _pending_of_another(order: Mapping[str, Any], task: Task) -> bool:
    return order["user_id"] != task.user_id and order["status"] == "pending"


def call(gold: Gold) -> ScriptedCall:
    """A gold call as the model makes it."""
    return ScriptedCall(tool=gold.name, arguments=dict(gold.arguments))


def played(scripts: Mapping[str, Sequence[Turn]]) -> Callable[[Question], RetailReport | Turn]:
    """The rule for the agent: by task, the turn that the conversation has come to."""

    def rule(question: Question) -> RetailReport | Turn:
        task, answered = RetailBrief.model_validate_json(question.brief).task, 0
        for turn in scripts[task]:
            if answered == len(question.results):
                return turn
            answered += len(turn)
        quote = {"source": "message", "quote": "Your name is"}
        return RetailReport.model_validate({"summary": "Done.", "confidence": "0.9", "evidence": [quote]})

    return rule


def _who(task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    """How the customer is found by what they say."""
    said = task.instruction
    if mail := re.search(r"[\w.]+@[\w.]+\w", said):
        yield "find_user_id_by_email", {"email": mail[0]}
    elif (zip_code := re.search(r"\b\d{5}\b", said)) and (name := re.search(r"name is (\w+) (\w+)", said)):
        yield "find_user_id_by_name_zip", {"first_name": name[1], "last_name": name[2], "zip": zip_code[0]}


def _orders(task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    for order_id in dict.fromkeys(each.arguments["order_id"] for each in task.gold):
        yield "get_order_details", {"order_id": order_id}


def _products(task: Task, state: State) -> Iterator[tuple[str, dict[str, Any]]]:
    """The products of what is to be swapped."""
    swaps = [each.arguments for each in task.gold if "new_item_ids" in each.arguments]
    lines = [(said, item) for said in swaps for item in state["orders"][said["order_id"]]["items"]]
    for product_id in dict.fromkeys(item["product_id"] for said, item in lines if item["item_id"] in said["item_ids"]):
        yield "get_product_details", {"product_id": product_id}
