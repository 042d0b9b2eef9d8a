"""The ladder of an approval, rung by rung, on the clock of one workflow that a test moves forward."""

import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import TimeSkipper

from domain.notice import Notice
from governance.verdict import Rung
from tests.actions import bill, request, review, subject, verdict
from tests.facts import Handle, no_task_failed, until
from tests.office import Office, open_office
from tests.process.test_approval import as_json, heard, signal
from workflows import attributes
from workflows.approval import Approval

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(scope="module")
async def office(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Office]:
    async with open_office(client, tmp_path_factory.mktemp("office")) as ours:
        yield ours


@pytest.fixture
def skipper(client: Client) -> TimeSkipper:
    return TimeSkipper(client)


async def ask(office: Office, *, silence: str = "refuse", since: timedelta = timedelta()) -> Handle:
    """Ask two buyers: reminders after 2 and 3 hours, the head of finance from 4 hours on, the end after 8."""
    now = datetime.now(UTC) - since
    rungs = ((2, "remind", None), (3, "remind", None), (4, "escalate", "finance-head"), (6, "remind", None))
    ladder = [
        Rung.model_validate({"at": now + hours * HOUR, "does": does, "role": role}) for hours, does, role in rungs
    ]
    asked = review({"buyer": 2}, ladder=(*ladder, Rung(at=now + 8 * HOUR, does="end")), silence=silence)
    about = subject(bill(), expires=asked.expires)
    return await office.desk.client.start_workflow(
        Approval.run,
        request(about, verdict=verdict(bill(), review=asked)),
        id=f"approval.buyer.{uuid.uuid4()}.post",
        task_queue=office.desk.queue,
    )


async def climbed(approval: Handle, count: int) -> tuple[Rung, ...]:
    async def enough() -> tuple[Rung, ...]:
        found = (await approval.query(Approval.state)).record.climbed
        return found if len(found) >= count else ()

    return await until(enough)


async def told(office: Office, approval: Handle) -> list[tuple[str, tuple[str, ...]]]:
    """Who was told what, in order."""
    found: list[tuple[str, tuple[str, ...]]] = []
    async for event in approval.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            given = event.activity_task_scheduled_event_attributes.input.payloads
            [notice] = await office.desk.client.data_converter.decode(given, [Notice])
            found.append((notice.kind, notice.roles))
    return found


async def test_silence_climbs_every_rung_and_ends_as_a_refusal(office: Office, skipper: TimeSkipper) -> None:
    approval = await ask(office)
    for hours, count in ((2.1, 1), (1, 2), (1, 3), (2, 4)):
        assert await skipper.fast_forward(approval, hours * HOUR)
        assert len(await climbed(approval, count)) == count
    await skipper.fast_forward(approval, 3 * HOUR)
    decision = await approval.result()
    assert (decision.state, decision.by) == ("expired", None)
    both = ("buyer", "finance-head")
    assert await told(office, approval) == [
        ("asked", ("buyer",)),
        ("reminder", ("buyer",)),
        ("reminder", ("buyer",)),
        ("escalated", both),
        ("reminder", both),
    ]
    await no_task_failed(approval)


async def test_nobody_is_reminded_of_what_is_decided(office: Office, skipper: TimeSkipper) -> None:
    approval = await ask(office)
    for name in ("one", "two"):
        await signal(office, approval, "approve", [], identity=f"{name}@desk")
    assert (await approval.result()).state == "approved"
    assert [kind for kind, _ in await told(office, approval)] in (["asked"], [])
    assert skipper.config.enabled


async def test_the_further_role_may_fill_one_place_once_it_is_asked_and_the_other_stays(
    office: Office, skipper: TimeSkipper
) -> None:
    approval = await ask(office)
    early = as_json({"by": "head"})
    await signal(office, approval, "approve", early, identity="")
    await heard(approval, 1)
    await skipper.fast_forward(approval, 4.5 * HOUR)
    await climbed(approval, 3)
    listed = await approval.describe()
    assert listed.typed_search_attributes.get(attributes.APPROVER_ROLE) == ["buyer", "finance-head"]
    assert listed.typed_search_attributes.get(attributes.OWNER_ROLE) == "buyer+finance-head"
    await signal(office, approval, "approve", as_json({"by": "another"}), identity="")
    assert (await approval.result()).by == "head, another"


async def test_an_answer_between_two_rungs_is_counted_and_the_ladder_goes_on(
    office: Office, skipper: TimeSkipper
) -> None:
    approval = await ask(office)
    await skipper.fast_forward(approval, 2.5 * HOUR)
    await climbed(approval, 1)
    await signal(office, approval, "approve", [], identity="one@desk")
    await heard(approval, 1)
    await skipper.fast_forward(approval, 6 * HOUR)
    decision = await approval.result()
    assert (decision.state, [vote.person for vote in decision.votes]) == ("expired", ["one@desk"])


async def test_silence_is_a_yes_only_where_the_request_says_so_and_stays_silence_on_record(
    office: Office, skipper: TimeSkipper
) -> None:
    approval = await ask(office, silence="allow")
    await skipper.fast_forward(approval, 9 * HOUR)
    decision = await approval.result()
    assert (decision.state, decision.by, decision.votes) == ("expired", None, ())


async def test_rungs_that_an_outage_has_passed_over_are_climbed_and_people_are_told_of_the_last_one_only(
    office: Office,
) -> None:
    approval = await ask(office, since=4.5 * HOUR)
    assert [rung.role for rung in await climbed(approval, 3)] == [None, None, "finance-head"]
    await signal(office, approval, "reject", as_json({"by": "one", "reason": "the end"}))
    await approval.result()
    assert [kind for kind, _ in await told(office, approval)] == ["asked", "escalated"]
