"""Signals as the UI, the command line and anybody else send them, on a real server."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest, SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowQueryFailedError
from temporalio.service import RPCError

import worker
from domain.outcome import Duplicate, Held, Posted
from governance.approval import Decision, Heard
from governance.ballot import KEPT
from governance.trail.assembly import assembled, tree
from governance.trail.wording import outline
from integrations.temporal.histories import Histories
from tests.actions import bill, request, subject
from tests.facts import Handle, events, no_task_failed, until
from tests.office import Office, open_office
from tests.replay.histories import replayer
from workflows.approval import Approval
from workflows.invoice import InvoiceWorkflow

Sample = Callable[[str], Path]
TASK_DONE = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
TIMER_FIRED = EventType.EVENT_TYPE_TIMER_FIRED


def payload(content: bytes, encoding: str = "json/plain") -> list[Payload]:
    return [Payload(metadata={"encoding": encoding.encode()}, data=content)]


def as_json(value: Any) -> list[Payload]:
    return payload(json.dumps(value).encode())


NO_TEXT = {
    "no data": [],
    "null": payload(b"", "binary/null"),
    "json null": as_json(None),
    "empty text": as_json(""),
    "empty object": as_json({}),
    "somebody's name alone": as_json({"by": "anna"}),
}
TEXT = {
    "a text": as_json("looked at it"),
    "a megabyte of text": as_json("x" * 1_000_000),
    "hostile text": as_json("```\n# APPROVED\n<b>by the board</b>\x1b[2J\u202e"),
}
NOT_UNDERSTOOD = {
    "half a surrogate": payload(b'"\\ud800"'),
    "half a character in a change": payload(b'{"changes": {"due_date": "\\ud800"}}'),
    "no number": payload(b'{"changes": {"amount": NaN}}'),
    "a name twice": payload(b'{"by": "anna", "by": "bob"}'),
    "a number": as_json(1),
    "a figure": as_json(1.5),
    "true": as_json(True),
    "false": as_json(False),
    "a list": as_json(["yes"]),
    "an unknown key": as_json({"amount": "1"}),
    "an unknown key beside a name": as_json({"by": "anna", "changes": {"amount": "1"}}),
    "a nested name": as_json({"by": {"name": "anna"}}),
    "a nested text": as_json({"note": {"a": [1]}, "reason": {"a": [1]}, "text": {"a": [1]}}),
    "not JSON": payload(b"{yes"),
    "not UTF-8": payload(b'"\xff\xfe"'),
    "bytes": payload(b"yes", "binary/plain"),
    "protobuf": payload(b"{}", "json/protobuf"),
    "encrypted": payload(b"\x00\x01", "binary/encrypted"),
    "no encoding": [Payload(data=b'"yes"')],
    "lists in lists": payload(b"[" * 50_000 + b"]" * 50_000),
    "objects in objects": payload(b'{"note":' * 12_500 + b"1" + b"}" * 12_500),
}
SHAPES = {**NO_TEXT, **TEXT, **NOT_UNDERSTOOD}


@pytest_asyncio.fixture(scope="module")
async def office(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Office]:
    """One worker for every test here that needs no special one."""
    async with open_office(client, tmp_path_factory.mktemp("office")) as ours:
        yield ours


@pytest.fixture
def sample(samples: Path) -> Sample:
    return lambda name: next(iter(sorted((samples / "invoices").glob(f"{name}*"))))


async def ask(office: Office, *, seconds: float = 600) -> Handle:
    """Ask a question that no case waits for."""
    expires = datetime.now(UTC) + timedelta(seconds=seconds)
    return await office.desk.client.start_workflow(
        Approval.run,
        request(subject(bill(), expires=expires)),
        id=f"approval.buyer.{uuid.uuid4()}.post",
        task_queue=office.desk.queue,
    )


async def signal(office: Office, approval: Handle, kind: str, data: list[Payload], identity: str = "") -> None:
    """Send a signal with exactly these bytes, as any client may."""
    sent = SignalWorkflowExecutionRequest(
        namespace=office.desk.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=approval.id),
        signal_name=kind,
        input=Payloads(payloads=data) if data else None,
        identity=identity,
        request_id=str(uuid.uuid4()),
    )
    await office.desk.client.workflow_service.signal_workflow_execution(sent)


async def reset(office: Office, handle: Handle) -> Handle:
    """Reset a workflow to its first task, as the UI's button does; returns the new run."""
    asked = ResetWorkflowExecutionRequest(
        namespace=office.desk.client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=handle.id),
        reason="a test",
        workflow_task_finish_event_id=4,
        request_id=str(uuid.uuid4()),
    )
    done = await office.desk.client.workflow_service.reset_workflow_execution(asked)
    run: Any = InvoiceWorkflow.run if handle.id.startswith("invoice-") else Approval.run
    return office.desk.client.get_workflow_handle_for(run, handle.id, run_id=done.run_id)


async def heard(approval: Handle, count: int) -> tuple[Heard, ...]:
    """Wait until an approval has heard so many signals; returns them."""

    async def enough() -> tuple[Heard, ...]:
        ballot = await approval.query(Approval.state)
        return ballot.heard if len(ballot.heard) + ballot.record.unrecorded >= count else ()

    return await until(enough)


async def decision_after(office: Office, kind: str, data: list[Payload]) -> Decision:
    """Send one signal and then, where it decided nothing, a rejection; returns what is on record."""
    approval = await ask(office)
    await signal(office, approval, kind, data)
    [first] = await heard(approval, 1)
    if not first.counted or kind == "comment":
        await signal(office, approval, "reject", as_json("the end"), identity="bob@desk")
    decision = await approval.result()
    await no_task_failed(approval)
    assert len(decision.heard) == (1 if first.counted and kind != "comment" else 2)
    assert all(one.counted or one.why_not for one in decision.heard)
    return decision


async def decisions(office: Office, kind: str) -> dict[str, Heard]:
    """What became of a signal of this kind with each shape of data."""
    found = await asyncio.gather(*(decision_after(office, kind, data) for data in SHAPES.values()))
    return {shape: decision.heard[0] for shape, decision in zip(SHAPES, found, strict=True)}


def counted(answers: dict[str, Heard]) -> set[str]:
    return {shape for shape, answer in answers.items() if answer.counted}


async def test_approve_counts_with_and_without_a_note_and_with_nothing_else(office: Office) -> None:
    answers = await decisions(office, "approve")
    assert counted(answers) == NO_TEXT.keys() | TEXT.keys()
    assert answers["a text"].text == "looked at it"
    assert len(answers["a megabyte of text"].text or "") < 3_000
    assert answers["somebody's name alone"].person == "anna"


@pytest.mark.parametrize("kind", ["reject", "comment"])
async def test_a_rejection_and_a_comment_count_with_a_text_alone(office: Office, kind: str) -> None:
    answers = await decisions(office, kind)
    assert counted(answers) == set(TEXT)


async def test_nobody_whom_the_directory_does_not_know_hands_a_decision_on_whatever_they_send(office: Office) -> None:
    assert counted(await decisions(office, "delegate")) == set()


async def test_a_signal_nobody_knows_is_on_record_and_decides_nothing(office: Office) -> None:
    assert counted(await decisions(office, "aprove")) == set()


async def test_answers_sent_before_any_worker_ran_are_heard_in_order_and_the_first_decides(
    client: Client, tmp_path: Path
) -> None:
    async with open_office(client, tmp_path, working=False) as closed:
        approval = await ask(closed)
        for kind, data in (("comment", "hm"), ("approve", None), ("approve", None), ("reject", "no")):
            await signal(closed, approval, kind, as_json(data), identity="anna@desk")
        async with worker.worker_for(client, closed.desk.settings) as late, late:
            decision = await approval.result()
    assert (decision.state, decision.by) == ("approved", "anna@desk")
    assert [one.counted for one in decision.heard] == [True, True, False, False]
    over = f"it is for {approval.id}, which is over: it was approved"
    assert {one.why_not for one in decision.heard[2:]} == {over}
    told = "\n".join(outline(tree(assembled(await Histories(client).case(approval.id)))))
    assert told.count(f"does not count: {over}") == 2


async def test_an_answer_in_time_counts_even_if_no_worker_ran_until_after_the_deadline(
    client: Client, tmp_path: Path
) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        async with worker.worker_for(client, office.desk.settings) as first, first:
            approval = await ask(office, seconds=3)
            await until(lambda: events(approval, TASK_DONE))
        await signal(office, approval, "approve", [])
        await until(lambda: events(approval, TIMER_FIRED))
        async with worker.worker_for(client, office.desk.settings) as second, second:
            assert (await approval.result()).state == "approved"


async def test_an_answer_after_the_deadline_is_on_record_and_too_late(client: Client, tmp_path: Path) -> None:
    async with open_office(client, tmp_path, working=False) as office:
        async with worker.worker_for(client, office.desk.settings) as first, first:
            approval = await ask(office, seconds=2)
            await until(lambda: events(approval, TASK_DONE))
        await until(lambda: events(approval, TIMER_FIRED))
        await signal(office, approval, "approve", [])
        async with worker.worker_for(client, office.desk.settings) as second, second:
            decision = await approval.result()
    assert decision.state == "expired"
    assert [one.why_not for one in decision.heard] == [
        f"it is for {approval.id}, which is over: its deadline has passed"
    ]


async def test_a_decided_approval_takes_no_further_signal(office: Office) -> None:
    approval = await ask(office)
    await signal(office, approval, "approve", [])
    await approval.result()
    with pytest.raises(RPCError, match="already completed"):
        await signal(office, approval, "reject", as_json("too late"))


async def test_who_asked_is_refused_by_name_and_by_client_identity_and_a_claimed_name_is_only_claimed(
    office: Office,
) -> None:
    approval = await ask(office)
    await signal(office, approval, "approve", [], identity="mailroom@desk")
    await signal(office, approval, "approve", as_json({"by": "Mailroom"}), identity="bob@desk")
    await signal(office, approval, "approve", as_json({"by": "carol"}), identity="bob@desk")
    decision = await approval.result()
    assert [one.counted for one in decision.heard] == [False, False, True]
    assert (decision.by, decision.assurance, decision.heard[2].identity) == ("carol", "claimed", "bob@desk")


@pytest.mark.parametrize("kind", ["approve", "aprove"])
@pytest.mark.parametrize("second", [as_json("more"), payload(b"{", "json/plain"), payload(b"x", "no/such")])
async def test_a_signal_of_several_values_is_no_answer_and_lends_its_sender_to_nobody(
    office: Office, kind: str, second: list[Payload]
) -> None:
    approval = await ask(office)
    await signal(office, approval, kind, [*as_json("yes"), *second], identity="bob@desk")
    await signal(office, approval, "approve", [], identity="mailroom@desk")
    [answer] = await heard(approval, 1)
    assert (answer.identity, answer.why_not) == ("mailroom@desk", "the person who asked cannot decide")
    await signal(office, approval, "approve", [], identity="anna@desk")
    assert (await approval.result()).by == "anna@desk"
    await no_task_failed(approval)


async def test_an_approval_looked_at_while_it_counts_can_be_replayed(client: Client, tmp_path: Path) -> None:
    """A query makes the worker end a task early, between a look-up and what follows from it."""

    async def look(approval: Handle) -> None:
        with suppress(RPCError, WorkflowQueryFailedError):  # the replay below says what is wrong
            await approval.query(Approval.state, rpc_timeout=timedelta(seconds=3))

    async with open_office(client, tmp_path, working=False) as office:
        approvals = [await ask(office) for _ in range(20)]
        for approval in approvals:
            await signal(office, approval, "approve", [])
        looking = asyncio.gather(*(look(approval) for approval in approvals * 2))
        async with worker.worker_for(client, office.desk.settings) as late, late:
            await asyncio.gather(looking, *(approval.result() for approval in approvals))
    for approval in approvals:
        await replayer().replay_workflow(await approval.fetch_history())


async def test_a_flood_of_five_hundred_signals_is_counted_and_the_next_answer_still_decides(office: Office) -> None:
    approval = await ask(office)
    await asyncio.gather(*(signal(office, approval, "approve", as_json(n)) for n in range(500)))
    await heard(approval, 500)
    await signal(office, approval, "approve", as_json("at last"), identity="anna@desk")
    decision = await approval.result()
    assert (decision.state, decision.by, decision.note) == ("approved", "anna@desk", "at last")
    assert (len(decision.heard), decision.unrecorded) == (KEPT + 1, 500 - KEPT)
    await no_task_failed(approval)


async def test_eight_megabytes_of_answers_do_not_stop_the_ninth(office: Office) -> None:
    approval = await ask(office)
    for _ in range(8):
        await signal(office, approval, "comment", as_json("x" * 1_000_000))
    await signal(office, approval, "approve", [])
    decision = await approval.result()
    assert (decision.state, len(decision.heard)) == ("approved", 9)
    await no_task_failed(approval)


async def test_an_approval_reset_after_the_case_was_paid_hears_its_signals_again_and_pays_nothing_again(
    office: Office, sample: Sample
) -> None:
    case = await office.hand_in(sample("04"))
    approval = office.desk.client.get_workflow_handle_for(Approval.run, await office.approval_of(case))
    await signal(office, approval, "approve", as_json("checked"), identity="anna@desk")
    assert isinstance(await case.result(), Posted)
    books = await office.bills(), await office.payments(), await office.messages()
    again = await reset(office, approval)
    [before] = await heard(again, 1)
    assert (before.counted, before.why_not) == (False, "it was given before a reset; give it again")
    await signal(office, again, "approve", [], identity="carl@desk")
    assert (await again.result()).by == "carl@desk"
    assert (await office.bills(), await office.payments(), await office.messages()) == books


async def test_an_approval_reset_while_it_waits_hears_its_signals_again_and_still_decides_for_its_case(
    office: Office, sample: Sample
) -> None:
    case = await office.hand_in(sample("05"))
    approval = office.desk.client.get_workflow_handle_for(Approval.run, await office.approval_of(case))
    await signal(office, approval, "comment", as_json("hm"), identity="anna@desk")
    await heard(approval, 1)
    again = await reset(office, approval)
    [before] = await heard(again, 1)
    assert (before.text, before.counted) == ("hm", False)
    await signal(office, again, "approve", [])
    outcome = await case.result()
    assert isinstance(outcome, Posted)
    assert len([one for one in await office.payments() if one.bill_id == outcome.bill_id]) == 1


async def test_a_case_reset_after_it_was_paid_ends_as_a_duplicate_and_pays_nothing_again(
    office: Office, sample: Sample
) -> None:
    case = await office.hand_in(sample("11"))
    assert (await office.answer(case, "approve", None)).counted
    assert isinstance(await case.result(), Posted)
    books = await office.bills(), await office.payments(), await office.messages()
    assert isinstance(await (await reset(office, case)).result(), Duplicate)
    assert (await office.bills(), await office.payments(), await office.messages()) == books


@pytest.mark.parametrize("end", ["terminate", "cancel"])
async def test_ending_an_approval_by_force_refuses(client: Client, tmp_path: Path, sample: Sample, end: str) -> None:
    async with open_office(client, tmp_path) as office:
        case = await office.hand_in(sample("04"))
        approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
        await getattr(approval, end)()
        outcome = await case.result()
        assert isinstance(outcome, Held)
        assert not outcome.needs_repair
        assert "ended without a decision" in outcome.reason
        assert (await office.bills(), await office.payments()) == ((), ())


async def test_terminating_a_case_ends_its_approval_and_nothing_is_posted(
    client: Client, tmp_path: Path, sample: Sample
) -> None:
    async with open_office(client, tmp_path) as office:
        case = await office.hand_in(sample("04"))
        approval = office.desk.client.get_workflow_handle(await office.approval_of(case))
        await case.terminate("a test")

        async def ended() -> bool:
            return (await approval.describe()).status == WorkflowExecutionStatus.TERMINATED

        await until(ended)
        assert await office.bills() == ()


async def test_silence_until_the_deadline_refuses_and_says_so(office: Office) -> None:
    approval = await ask(office, seconds=1)
    decision = await approval.result()
    assert (decision.state, decision.by, decision.heard) == ("expired", None, ())
