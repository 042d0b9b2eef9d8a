"""Time limits, retries and queue names: here and nowhere else. What is never retried says so where it is raised."""

from __future__ import annotations

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityCancellationType, ActivityConfig, LocalActivityConfig

from domain.roles import Role
from domain.text import unmarked

TASK_QUEUE = "signalbox"
SUMMARY_LIMIT = 200

LOST = timedelta(seconds=10)
"""Without a sign of life for so long, a worker counts as lost and another takes over."""

LOOKUP = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
)
"""Reads and verdicts: tried until the system answers, because a case that cannot look things up can only wait."""

TOOL = LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(maximum_attempts=4),
)
"""A look-up that an agent asked for: told after four tries that the system is away, it can go on without.

Tries are counted, because the SDK does not hold a local activity to `schedule_to_close_timeout` between two of them.
"""

READING = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    heartbeat_timeout=LOST,
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=30)),
)
"""Reading a document: the reader's own limits end sooner."""

REASONING = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=90),
    heartbeat_timeout=LOST,
    schedule_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(maximum_attempts=4),
)
"""One turn of a model: longer than any agent's own limit, and bounded: the process can go on without an answer."""

EFFECT = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(minutes=10),
    cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry_policy=RetryPolicy(maximum_interval=timedelta(seconds=15)),
)
"""One effect: short, so that a lost worker is noticed soon; the key makes every further try harmless."""

NOTICE = ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_close_timeout=timedelta(hours=4),
    retry_policy=RetryPolicy(maximum_interval=timedelta(minutes=5)),
)
"""Telling people: tried for hours, because a mail server may be down; the request waits in the inbox all the same."""

SWEEPING = ActivityConfig(
    start_to_close_timeout=timedelta(hours=2),
    heartbeat_timeout=LOST,
    retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10)),
)
"""Keeping the trail: an hour of rounds, tried for ever."""

SETTLING = tuple(timedelta(seconds=min(5 * 2**look, 21_600)) for look in range(50))
"""How long to wait between looks at a refund that is on its way: soon at first, and for ten days in all."""

WATCHED = timedelta(days=30)
"""How long the case of a ticket waits for anything to happen; the ticket itself stays as it is."""

ORDER_VALID = timedelta(hours=1)
"""How long a work order may be used: longer than its effect is tried, so that only a stray one ever expires."""


def queue_of(base: str, role: Role) -> str:
    """The task queue of a role; cases start on that of the workflows."""
    return base if role == "workflows" else f"{base}-{role}"


def said(config: ActivityConfig, summary: str) -> ActivityConfig:
    """The same limits, with what the timeline shows beside the activity."""
    return {**config, "summary": unmarked(summary, SUMMARY_LIMIT)}
