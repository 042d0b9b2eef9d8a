"""What an error says about trying again is what happens, whoever scheduled the activity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.errors import DomainError, Unavailable
from domain.spending import Spent


class FinalErrors(Interceptor):
    """Marks domain errors as not to be retried where they are raised, so that no schedule has to list them.

    A system that asks for some time gets it before the next attempt.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Watch what runs."""
        return _Final(super().intercept_activity(next))


class _Final(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        try:
            return await super().execute_activity(input)
        except DomainError as error:
            raise ApplicationError(str(error), *_used(error), type=type(error).__name__, non_retryable=True) from error
        except Unavailable as busy:
            if busy.retry_after is None and busy.spent is None:
                raise
            delay = timedelta(seconds=busy.retry_after) if busy.retry_after is not None else None
            raise ApplicationError(str(busy), *_used(busy), type="Unavailable", next_retry_delay=delay) from busy


def _used(error: DomainError | Unavailable) -> tuple[Spent, ...]:
    """What the process has to count although there is no answer."""
    return (error.spent,) if error.spent else ()
