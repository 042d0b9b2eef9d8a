"""Logging that can never stop a worker: a bounded queue that drops rather than waits."""

from __future__ import annotations

import logging
import queue
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    OpenTelemetryConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

QUEUE_SIZE = 10_000
Exporter = OpenTelemetryConfig | PrometheusConfig | None


class DroppingHandler(QueueHandler):
    """Counts what does not fit: a full pipe must not hang whoever logs."""

    dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue the record, or drop it."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1


@contextmanager
def logging_to_stderr(
    lines: logging.Formatter | None = None, metrics: Exporter = None, tags: Mapping[str, str] | None = None
) -> Generator[Runtime]:
    """Send Python's and Temporal Core's logs to stderr through one queue; yields the runtime to connect with.

    The core exports its figures as `metrics` say, each with these tags, and with no name of its own, which a collector
    would take for a second one of ours.
    """
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(QUEUE_SIZE)
    handler = DroppingHandler(waiting)
    handler.setFormatter(lines or logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    output = logging.StreamHandler(sys.stderr)  # what is queued are lines: only who logs knows in which case
    listener = QueueListener(waiting, output)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "openai", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    listener.start()
    core = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(logger=logging.getLogger("temporal.core")),
    )
    try:
        yield Runtime(
            telemetry=TelemetryConfig(logging=core, metrics=metrics, attach_service_name=False, global_tags=tags or {})
        )
    finally:
        root.removeHandler(handler)
        listener.stop()
