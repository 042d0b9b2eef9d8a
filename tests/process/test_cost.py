"""What a case costs in counts: an event more for every case is money, and creeps in unnoticed."""

from collections import Counter
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from domain.outcome import Posted
from integrations.scripted_model import ScriptedModel
from tests.office import Office

CLEAN = {
    "WORKFLOW_EXECUTION_STARTED": 1,
    "WORKFLOW_TASK_SCHEDULED": 5,
    "WORKFLOW_TASK_STARTED": 5,
    "WORKFLOW_TASK_COMPLETED": 5,
    "ACTIVITY_TASK_SCHEDULED": 4,
    "ACTIVITY_TASK_STARTED": 4,
    "ACTIVITY_TASK_COMPLETED": 4,
    "MARKER_RECORDED": 4,
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": 1,
    "WORKFLOW_EXECUTION_COMPLETED": 1,
}


async def test_a_clean_case_costs_exactly_these_events_and_asks_no_model(
    office: Office, model: ScriptedModel, samples: Path
) -> None:
    case = await office.hand_in(samples / "invoices" / "01-clean-ubl.xml")
    assert isinstance(await case.result(), Posted)
    assert await _events(case) == CLEAN
    assert await _performed(case) == ["read_document", "post_bill", "schedule_payment", "send_remittance"]
    assert model.asked == []


async def test_a_clean_case_leaves_less_than_15_kilobytes(office: Office, samples: Path) -> None:
    case = await office.hand_in(samples / "invoices" / "01-clean-ubl.xml")
    await case.result()
    assert await _size(case) < 15_000


async def test_an_approval_costs_one_child_one_timer_one_notice_and_one_lookup_an_answer(
    office: Office, samples: Path
) -> None:
    case = await office.hand_in(samples / "invoices" / "04-clean-above-5000.xml")
    approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
    await office.answer(case, "approve", None)
    await case.result()
    events, asked = await _events(case), await _events(approval)
    assert (events["START_CHILD_WORKFLOW_EXECUTION_INITIATED"], events["ACTIVITY_TASK_SCHEDULED"]) == (1, 4)
    assert (events["MARKER_RECORDED"], events["UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"]) == (4, 3)
    assert (asked["TIMER_STARTED"], asked["MARKER_RECORDED"], asked.get("ACTIVITY_TASK_SCHEDULED", 0)) == (1, 1, 1)
    assert sum(asked.values()) <= 26  # 20, notice included, and three more for each task that a query splits


async def test_a_large_document_travels_by_reference(office: Office, samples: Path) -> None:
    small = await office.hand_in(samples / "invoices" / "01-clean-ubl.xml")
    await small.result()
    padded = office.desk.settings.home / "02-padded.xml"
    padded.write_text((samples / "invoices" / "02-clean-cii.xml").read_text() + f"<!-- {'x' * 500_000} -->")
    large = await office.hand_in(padded)
    assert isinstance(await large.result(), Posted)
    assert await _size(large) < await _size(small) + 1_500


async def _events(case: WorkflowHandle[Any, Any]) -> Counter[str]:
    names = [EventType.Name(event.event_type) async for event in case.fetch_history_events()]
    return Counter(name.removeprefix("EVENT_TYPE_") for name in names)


async def _performed(case: WorkflowHandle[Any, Any]) -> list[str]:
    scheduled = [event.activity_task_scheduled_event_attributes async for event in case.fetch_history_events()]
    return [each.activity_type.name for each in scheduled if each.activity_type.name]


async def _size(case: WorkflowHandle[Any, Any]) -> int:
    return (await case.describe()).raw_description.workflow_execution_info.history_size_bytes
