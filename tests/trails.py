"""Histories for tests of the trail: the stored ones, and stories told event by event in the API's JSON."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from governance.trail.assembly import assembled, tree
from governance.trail.exported import history_of
from governance.trail.history import History
from governance.trail.named_runs import linked
from governance.trail.projection import project
from governance.trail.record import Record
from governance.trail.wording import outline

STORED = Path(__file__).parent / "replay" / "histories"
TREES = Path(__file__).parent / "unit" / "trails"
WRITTEN = ("clean-ubl", "approved", "amended", "voided", "bank-changed", "model-fails")
"""The cases whose trees are written down; `python -m tests.trails` writes them anew."""
RUN, EARLIER = "run-of-today", "run-of-yesterday"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TYPE = {"name": "Invoice"}


def stored(file: Path) -> History:
    """A stored history."""
    said = json.loads(file.read_text())
    return history_of(said["events"], workflow_id=said["workflow_id"])


def scene(name: str) -> list[History]:
    """A stored case with its approvals."""
    return [stored(file) for file in sorted(STORED.glob(f"{name}.*.json"))]


def complete(name: str) -> bool:
    """Whether all runs that a stored case names are stored as well."""
    runs = scene(name)
    return {run for history in runs for _, run in linked(history)} <= {history.run_id for history in runs}


def grown(name: str) -> list[str]:
    """The tree of a stored case, as an indented list without times."""
    lines = outline(tree(assembled(scene(name))))
    return [re.sub(r"\d{2} [A-Z][a-z]{2} \d{2}:\d{2} UTC", "DAY AND TIME", line) for line in lines]


def payload(value: Any, encoding: str = "json/plain") -> dict[str, Any]:
    """A payload as the API's JSON has it; bytes are put in as they are."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return {"metadata": {"encoding": coded(encoding.encode())}, "data": coded(content)}


def payloads(*values: Any) -> dict[str, Any]:
    """What an input or a result is."""
    return {"payloads": [payload(value) for value in values]}


def coded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def event(number: int, kind: str, beside: dict[str, Any] | None = None, /, **attributes: Any) -> dict[str, Any]:
    """One event, a second after the one before it."""
    words = kind.split("_")
    name = words[0].lower() + "".join(word.capitalize() for word in words[1:]) + "EventAttributes"
    return {
        "eventId": str(number),
        "eventTime": (NOON + timedelta(seconds=number)).isoformat().replace("+00:00", "Z"),
        "eventType": f"EVENT_TYPE_{kind}",
        name: attributes,
        **(beside or {}),
    }


def started(number: int = 1, **attributes: Any) -> dict[str, Any]:
    """The beginning of a run."""
    given = {
        "workflowType": TYPE,
        "originalExecutionRunId": RUN,
        "firstExecutionRunId": RUN,
        "identity": "mailroom@desk",
    }
    return event(number, "WORKFLOW_EXECUTION_STARTED", **(given | attributes))


def task(number: int) -> list[dict[str, Any]]:
    """A workflow task that goes well: three events."""
    return [
        event(number, "WORKFLOW_TASK_SCHEDULED", attempt=1),
        event(number + 1, "WORKFLOW_TASK_STARTED", scheduledEventId=str(number), identity="worker@1"),
        event(number + 2, "WORKFLOW_TASK_COMPLETED", scheduledEventId=str(number), startedEventId=str(number + 1)),
    ]


def scheduled(number: int, kind: str = "post_bill", activity_id: str = "1", value: Any = None) -> dict[str, Any]:
    """An activity's beginning."""
    return event(
        number, "ACTIVITY_TASK_SCHEDULED", activityId=activity_id, activityType={"name": kind}, input=payloads(value)
    )


def ran(number: int, of: int, **attributes: Any) -> dict[str, Any]:
    """A worker had it."""
    given = {"scheduledEventId": str(of), "identity": "worker@1", "attempt": 1} | attributes
    return event(number, "ACTIVITY_TASK_STARTED", **given)


def completed(number: int, of: int, value: Any = None) -> dict[str, Any]:
    """It is done."""
    return event(number, "ACTIVITY_TASK_COMPLETED", scheduledEventId=str(of), result=payloads(value))


def reset(number: int, of: int, new: str = RUN, base: str = EARLIER) -> dict[str, Any]:
    """What the server puts where a reset goes back to."""
    return event(
        number,
        "WORKFLOW_TASK_FAILED",
        scheduledEventId=str(of),
        cause="WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW",
        baseRunId=base,
        newRunId=new,
    )


def local(number: int, kind: str, value: Any = None, *, seconds: int = 0, failure: Any = None) -> dict[str, Any]:
    """A local activity's marker; it was over so many seconds after noon."""
    over = int((NOON + timedelta(seconds=seconds)).timestamp())
    kept = {
        "activity_id": f"l{number}",
        "activity_type": kind,
        "attempt": 1,
        "complete_time": {"seconds": over, "nanos": 0},
    }
    details = {"data": payloads(kept)} | ({} if failure else {"result": payloads(value)})
    return event(
        number,
        "MARKER_RECORDED",
        markerName="core_local_activity",
        details=details,
        workflowTaskCompletedEventId="4",
        **({"failure": failure} if failure else {}),
    )


def told(*events: dict[str, Any] | list[dict[str, Any]], **given: str) -> tuple[Record, ...]:
    """The records of a story."""
    return project(history(*events, **given))


def history(*events: dict[str, Any] | list[dict[str, Any]], **given: str) -> History:
    """The history that a story tells."""
    flat: list[Any] = [each for part in events for each in (part if isinstance(part, list) else [part])]
    return history_of(flat, **{"workflow_id": "invoice-1", **given})


def only(records: tuple[Record, ...], kind: str) -> Record:
    """The one record of a kind."""
    [found] = [record for record in records if record.kind == kind]
    return found


if __name__ == "__main__":
    for each in WRITTEN:
        (TREES / f"{each}.txt").write_text("\n".join(grown(each)) + "\n")
