"""An error that trying again does not mend ends its activity at once, whoever scheduled it."""

from __future__ import annotations

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from domain.errors import DomainError


class FinalErrors(Interceptor):
    """Marks domain errors as not to be retried where they are raised, so that no schedule has to list them."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Watch what runs."""
        return _Final(super().intercept_activity(next))


class _Final(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        try:
            return await super().execute_activity(input)
        except DomainError as error:
            raise ApplicationError(str(error), type=type(error).__name__, non_retryable=True) from error
