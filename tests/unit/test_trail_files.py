"""Exported files, as people have them: good ones, torn ones, and ones that are something else."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Header, Payload, Payloads, Priority, RetryPolicy
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes, HistoryEvent
from temporalio.client import WorkflowHistory

from governance.trail.exported import event_of
from governance.trail.projection import project
from integrations.temporal.histories import BadHistory, read_file
from integrations.temporal.protobuf_events import exported_event, read_event
from tests.trails import STORED, event, history, started, stored

CASE = STORED / "approved.case.json"


def test_an_export_is_read_in_any_of_its_wrappings(tmp_path: Path) -> None:
    said = json.loads(CASE.read_text())
    known = project(stored(CASE))
    for number, wrapped in enumerate(({"events": said["events"]}, {"history": said}, said["events"], said)):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(wrapped))
        assert project(read_file(file)) == known


def test_what_the_sdk_writes_is_read_the_same(tmp_path: Path) -> None:
    said = json.loads(CASE.read_text())
    again = WorkflowHistory.from_json(said["workflow_id"], {"events": said["events"]}).to_json()
    (tmp_path / "again.json").write_text(again)
    assert project(read_file(tmp_path / "again.json")) == project(stored(CASE))


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("", "is not JSON"),
        ('{"events": [', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "has no events"),
        ('{"events": {}}', "has no events"),
        ("7", "has no events"),
        ('{"events": [5]}', "event ? has no eventId"),
        ('{"events": [{"eventId": "1"}]}', "event 1 has no eventType"),
        ('{"events": [{"eventId": "x", "eventType": "A"}]}', "event ? has no eventId"),
        ('{"events": [{"eventId": "1", "eventType": "A", "eventTime": "noon"}]}', "event 1 has the time 'noon'"),
        (json.dumps({"events": [started(), started()]}), "event 1 comes twice"),
    ],
)
def test_what_is_no_history_is_refused_with_a_sentence(tmp_path: Path, content: str, wrong: str) -> None:
    file = tmp_path / "given.json"
    file.write_text(content)
    with pytest.raises(BadHistory) as refused:
        read_file(file)
    assert wrong in str(refused.value)
    assert str(file) in str(refused.value)


def test_events_in_any_order_are_put_in_order() -> None:
    parts = [event(2, "TIMER_STARTED", timerId="1"), started()]
    assert [each.id for each in history(parts).events] == [1, 2]


def test_a_namespace_beside_the_events_makes_another_trace(tmp_path: Path) -> None:
    said: dict[str, Any] = json.loads(CASE.read_text())
    file = tmp_path / "named.json"
    file.write_text(json.dumps(said | {"namespace": "payables"}))
    assert project(read_file(file))[0].trace != project(stored(CASE))[0].trace


@pytest.mark.parametrize("file", sorted(STORED.glob("*.json")), ids=lambda file: file.stem)
def test_the_servers_events_say_what_their_json_says(file: Path) -> None:
    said = json.loads(file.read_text())
    parsed = WorkflowHistory.from_json(said["workflow_id"], {"events": said["events"]}).events
    assert [read_event(event) for event in parsed] == [event_of(MessageToDict(event)) for event in parsed]


@pytest.mark.parametrize("file", sorted(STORED.glob("*.json")), ids=lambda file: file.stem)
def test_the_servers_events_are_exported_as_their_json_says(file: Path) -> None:
    said = json.loads(file.read_text())
    parsed = WorkflowHistory.from_json(said["workflow_id"], {"events": said["events"]}).events
    assert [exported_event(event) for event in parsed] == [MessageToDict(event) for event in parsed]


def test_what_no_history_of_ours_has_is_exported_as_its_json_says_too() -> None:
    policy = RetryPolicy(backoff_coefficient=math.nan, maximum_attempts=2, initial_interval=Duration(seconds=1))
    scheduled = ActivityTaskScheduledEventAttributes(
        activity_id="1",
        input=Payloads(payloads=[Payload(metadata={"encoding": b"binary/plain"}, data=b"\xff\x00")]),
        header=Header(fields={"trace": Payload(data=b"{}")}),
        priority=Priority(priority_key=1, fairness_weight=0.1),
        retry_policy=policy,
    )
    event = HistoryEvent(event_id=2**40, event_type=9_999, activity_task_scheduled_event_attributes=scheduled)  # pyright: ignore[reportArgumentType]
    assert exported_event(event) == MessageToDict(event)


def test_an_event_of_a_type_that_the_client_does_not_know_keeps_its_number() -> None:
    assert read_event(HistoryEvent(event_id=7, event_type=9_999)).type == "9999"  # pyright: ignore[reportArgumentType]
