"""Time limits, retries and queue names: here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig, LocalActivityConfig

from domain.errors import DomainError

TASK_QUEUE = "signalbox"
SUMMARY_LIMIT = 200


def _names(error: type[Exception]) -> Iterator[str]:
    yield error.__name__
    for kind in error.__subclasses__():
        yield from _names(kind)


NEVER_RETRIED = tuple(_names(DomainError))
"""Errors that trying again does not mend."""

LOOKUP = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30), non_retryable_error_types=NEVER_RETRIED),
)
"""Reads and verdicts: tried until the system answers, because a case that cannot look things up can only wait."""

READING = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30), non_retryable_error_types=NEVER_RETRIED),
)
"""Reading a document: the reader's own limits end sooner."""

REASONING = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(maximum_attempts=4, non_retryable_error_types=NEVER_RETRIED),
)
"""One turn of a model: longer than any agent's own limit, and bounded: the process can go on without an answer."""

EFFECT = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(minutes=10),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=15), non_retryable_error_types=NEVER_RETRIED),
)
"""One effect: short, so that a lost worker is noticed soon; the key makes every further try harmless."""


def said(config: ActivityConfig, summary: str) -> ActivityConfig:
    """The same limits, with what the timeline shows beside the activity."""
    return {**config, "summary": summary[:SUMMARY_LIMIT]}
