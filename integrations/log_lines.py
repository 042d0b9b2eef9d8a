"""A line of the log as one JSON object: when, who, what, and in which case; never what a document or message says.

Of an error a line has the types and where it was raised. What it said may quote a document, and is in the history.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from traceback import extract_tb
from typing import Any

from temporalio import activity, workflow
from typing_extensions import override

from domain.text import show

FRAMES = 8
"""The innermost places of each error that a line names."""
ERRORS = 6
LONGEST = 2_000


class JsonLines(logging.Formatter):
    """Formats where the record is made, whose case it then knows."""

    def __init__(self, build: str) -> None:
        super().__init__()
        self._build = build

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": show(record.getMessage(), LONGEST),
            **_where(),
            "build": self._build,
        }
        if record.exc_info and record.exc_info[1]:
            line["errors"] = _errors(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def messages_without_details() -> None:
    """Keep the SDK from repeating in its messages, as text, what each line says in fields of its own."""
    activity.logger.activity_info_on_message = False
    workflow.logger.workflow_info_on_message = False


def _where() -> dict[str, str | int]:
    if activity.in_activity():
        info = activity.info()
        known = {"case": info.workflow_id or "", "run": info.workflow_run_id or "", "activity": info.activity_type}
        return {**known, "attempt": info.attempt}
    if workflow.in_workflow():
        running = workflow.info()
        return {"case": running.workflow_id, "run": running.run_id, "process": running.workflow_type}
    return {}


def _errors(error: BaseException) -> list[dict[str, Any]]:
    """An error and what caused it: types and places."""
    told: list[dict[str, Any]] = []
    cause: BaseException | None = error
    while cause is not None and len(told) < ERRORS:
        frames = extract_tb(cause.__traceback__)[-FRAMES:]
        places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        told.append({"type": type(cause).__name__, "at": places})
        cause = cause.__cause__ or cause.__context__
    return told
