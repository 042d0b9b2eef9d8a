"""What a failed activity means to the process that asked for it."""

from __future__ import annotations

from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as TimedOut

from domain.spending import Spent


def failed_as(error: ActivityError, *kinds: type[Exception]) -> bool:
    """Whether an activity failed with one of these errors or a subclass."""
    cause = error.cause
    return isinstance(cause, ApplicationError) and any(cause.type in _family(kind) for kind in kinds)


def reason(error: FailureError) -> str:
    """What went wrong, in the words of whoever said so."""
    cause = error if isinstance(error, ApplicationError) else error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)


def kind_of(error: FailureError) -> str:
    """What went wrong, without a word of what was said: for the log, which keeps no content."""
    cause = error if isinstance(error, ApplicationError) else error.cause
    return (isinstance(cause, ApplicationError) and cause.type) or type(cause or error).__name__


def spent_by(error: FailureError) -> Spent | None:
    """What a step had used when it failed or was lost, in all attempts; None where it did not say."""
    cause: BaseException | None = error
    while cause:
        told = cause.details if isinstance(cause, ApplicationError) else ()
        told = cause.last_heartbeat_details if isinstance(cause, TimedOut) else told
        if told:
            return Spent.model_validate(told[0])
        cause = cause.__cause__
    return None


def given_up(error: FailureError) -> None:
    """Let a cancelled case be cancelled; any other failure is the caller's to deal with."""
    if is_cancelled_exception(error):
        raise error


def _family(kind: type[Exception]) -> set[str]:
    return {kind.__name__}.union(*(_family(child) for child in kind.__subclasses__()))
