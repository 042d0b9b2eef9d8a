"""Every attempt is written down before anything of it happens: a history keeps the last one alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Protocol

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.measuring import took
from domain.metrics import JOURNAL_TIME
from governance.trail.attempts import Attempt, AttemptEnd, Outcome

UNTOLD = frozenset({"Sweep"})
"""Types of workflows that have no trail: they write the trails of others."""


class AttemptJournal(Protocol):
    """Where attempts are written down."""

    async def begin(self, attempt: Attempt) -> None:
        """Keep it for good before this returns; an attempt for which it raises must not be made."""
        ...

    def end(self, ended: Attempt) -> None:
        """Keep its end, soon; never raises."""
        ...

    def touch(self, workflow_id: str, run_id: str) -> None:
        """Remember that something goes on in a run; never raises."""
        ...


class Journaling(Interceptor):
    """Register it with every worker, whose identity it writes beside each attempt.

    Local activities are reads and verdicts, whose every try is in the history or had no effect: they only touch.
    """

    def __init__(self, journal: AttemptJournal, worker: str) -> None:
        self._journal, self._worker = journal, worker

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Watch what runs."""
        return _Journaled(super().intercept_activity(next), self._journal, self._worker)


class _Journaled(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, journal: AttemptJournal, worker: str) -> None:  # noqa: A002
        super().__init__(next)
        self._journal, self._worker = journal, worker

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        info = activity.info()
        case, run = info.workflow_id, info.workflow_run_id
        if case is None or run is None or info.workflow_type in UNTOLD:
            return await super().execute_activity(input)
        if info.is_local:
            try:
                return await super().execute_activity(input)
            finally:
                self._journal.touch(case, run)
        attempt = Attempt(
            case=case,
            run=run,
            activity=info.activity_id,
            number=info.attempt,
            name=info.activity_type,
            worker=self._worker,
            begun=datetime.now(UTC),
            end=None,
        )
        asked = time.monotonic()
        await self._journal.begin(attempt)
        took(JOURNAL_TIME, time.monotonic() - asked)
        with _Watched(attempt, self._journal):
            return await super().execute_activity(input)


class _Watched:
    """Writes the end of an attempt; none where it was cancelled or its worker stops: it may go on elsewhere."""

    def __init__(self, attempt: Attempt, journal: AttemptJournal) -> None:
        self._attempt, self._journal = attempt, journal

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if error is None:
            self._end("completed", None)
        elif isinstance(error, Exception) and not isinstance(error, CancelledError):
            self._end("failed", _type_of(error))

    def _end(self, outcome: Outcome, error: str | None) -> None:
        end = AttemptEnd(outcome=outcome, at=datetime.now(UTC), error=error)
        self._journal.end(self._attempt.model_copy(update={"end": end}))


def _type_of(error: Exception) -> str:
    """As the history names it."""
    return (isinstance(error, ApplicationError) and error.type) or type(error).__name__
