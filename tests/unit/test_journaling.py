"""What the worker writes down of an attempt, whatever becomes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.final import FinalErrors
from activities.journaling import Journaling
from domain.errors import Refused, Unavailable
from governance.trail.attempts import Attempt

Done = Callable[[], Awaitable[Any]]


class Diary:
    """A journal that can be read, and that may refuse."""

    def __init__(self, refuses: Exception | None = None) -> None:
        self.said: list[tuple[str, Any]] = []
        self.refuses = refuses

    async def begin(self, attempt: Attempt) -> None:
        await asyncio.sleep(0)
        if self.refuses:
            raise self.refuses
        self.said.append(("begin", attempt))

    def end(self, ended: Attempt) -> None:
        self.said.append(("end", ended))

    def touch(self, workflow_id: str, run_id: str) -> None:
        self.said.append(("touch", (workflow_id, run_id)))


class _Innermost(ActivityInboundInterceptor):
    def __init__(self, done: Done) -> None:
        self.done = done

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ARG002
        return await self.done()


async def run(diary: Diary, done: Done, **info: Any) -> Any:
    """Run an activity as the worker does."""
    environment = ActivityEnvironment()
    known = {"workflow_id": "invoice-1", "workflow_run_id": "run-1", "activity_id": "5", "attempt": 2, **info}
    environment.info = replace(environment.info, **known)
    watched = FinalErrors().intercept_activity(Journaling(diary, "1@desk").intercept_activity(_Innermost(done)))
    told = ExecuteActivityInput(fn=run, args=[], executor=None, headers={})
    return await environment.run(watched.execute_activity, told)


async def well() -> str:
    return "done"


def failing(error: BaseException) -> Done:
    async def fail() -> None:
        raise error

    return fail


async def test_its_beginning_is_written_before_it_runs_and_its_end_after() -> None:
    diary = Diary()

    async def look() -> list[str]:
        return [said for said, _ in diary.said]

    assert await run(diary, look) == ["begin"]
    [(_, begun), (said, ended)] = diary.said
    assert said == "end"
    assert (begun.case, begun.run, begun.activity, begun.number) == ("invoice-1", "run-1", "5", 2)
    assert (begun.name, begun.worker, begun.end) == ("unknown", "1@desk", None)
    assert (ended.key, ended.begun, ended.end.outcome, ended.end.error) == (begun.key, begun.begun, "completed", None)
    assert ended.end.at >= begun.begun


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (Refused("no"), "Refused"),
        (Unavailable("busy"), "Unavailable"),
        (ApplicationError("x", type="Odd"), "Odd"),
        (ApplicationError("x"), "ApplicationError"),
        (ValueError("secret text"), "ValueError"),
    ],
)
async def test_a_failure_is_named_by_its_type_and_nothing_else(error: Exception, named: str) -> None:
    diary = Diary()
    with pytest.raises(Exception, match=r".") as raised:
        await run(diary, failing(error))
    assert "secret" not in str(diary.said)
    ended = diary.said[-1][1].end
    assert (ended.outcome, ended.error) == ("failed", named)
    assert isinstance(raised.value, ApplicationError | type(error))


@pytest.mark.parametrize("end", [asyncio.CancelledError(), CancelledError("cancelled")])
async def test_what_was_cancelled_has_no_end(end: BaseException) -> None:
    diary = Diary()
    with pytest.raises(type(end)):
        await run(diary, failing(end))
    assert [said for said, _ in diary.said] == ["begin"]


async def test_what_cannot_be_journaled_is_not_run_and_may_be_tried_again() -> None:
    ran: list[int] = []

    async def effect() -> None:
        ran.append(1)

    diary = Diary(Unavailable("The store does not answer."))
    with pytest.raises(Unavailable):
        await run(diary, effect)
    assert (ran, diary.said) == ([], [])


async def test_a_local_activity_only_touches_its_run_once_it_is_over() -> None:
    for done in (well, failing(Unavailable("busy"))):
        diary = Diary()
        await asyncio.gather(run(diary, done, is_local=True), return_exceptions=True)
        assert diary.said == [("touch", ("invoice-1", "run-1"))]


@pytest.mark.parametrize("info", [{"workflow_type": "Sweep"}, {"workflow_id": None, "workflow_run_id": None}])
async def test_a_sweep_and_what_no_workflow_asked_for_leave_no_line(info: dict[str, Any]) -> None:
    diary = Diary()
    assert await run(diary, well, **info) == "done"
    assert diary.said == []


async def test_a_plain_function_on_a_thread_is_journaled_too() -> None:
    diary = Diary()

    async def on_thread() -> str:
        return await asyncio.to_thread(lambda: activity.info().activity_id)

    assert await run(diary, on_thread) == "5"
    assert [said for said, _ in diary.said] == ["begin", "end"]
