"""Looking something up from a process: reads, rules and verdicts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from temporalio import workflow

from workflows.options import LOOKUP

P = ParamSpec("P")
Found = TypeVar("Found")


async def look_up(question: Callable[Concatenate[Any, P], Awaitable[Found]], *args: P.args, **_: P.kwargs) -> Found:
    """What an activity finds for these arguments, given by position; history keeps the answer and not the question.

    It runs as a local activity, so that a changed rule cannot break the replay of a running case.
    """
    return await workflow.execute_local_activity_method(question, args=args, **LOOKUP)
