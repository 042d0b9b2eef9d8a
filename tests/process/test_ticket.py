"""Tickets on a real server: routed, answered, refunded, in time, and closed by nobody but people and customers."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkipper

from commands.answering import Reply, answer, send
from commands.console import UserError
from commands.waiting import pending, waiting_for
from domain.actions import CloseTicket
from domain.refunding import PartlyRefunded
from domain.ticketing import (
    Answered,
    HandedOver,
    Linked,
    RefundStarted,
    Routed,
    SpamDropped,
)
from integrations.sandbox import SandboxBilling, load_company
from integrations.sandbox.helpdesk_events import assign, leave
from integrations.scripted_model import Reply as Says
from integrations.scripted_model import ScriptedModel, scripted_model
from integrations.temporal.dev_server import dev_server, free_port
from tests.conftest import ROOT
from tests.facts import until
from tests.files import edit
from tests.office import PATIENCE, open_office
from tests.policies import SELDOM, copied
from tests.support import ASKS, IDA, NO_ORDER, NOBODY, PRICE_OF_ANOTHER, THEORY, WANTS_MONEY, Handle, Support
from workflows import attributes
from workflows.ticket import TicketWorkflow
from workflows.ticket_events import DONE

Desks = Callable[..., AbstractAsyncContextManager[Support]]


@pytest.fixture
def desks(client: Client, tmp_path: Path, model: ScriptedModel, policies: Path) -> Desks:
    """A helpdesk with a model, faults or other settings."""

    @asynccontextmanager
    async def support(
        faults: str = "", *, thinks: bool = True, server: Client = client, **settings: Any
    ) -> AsyncGenerator[Support]:
        chosen = {"model_url": model.url, "model": "rules", "model_provider": "scripted"} if thinks else {}
        given = {"sandbox_faults": faults, "policies": policies, **chosen, **settings}
        async with open_office(server, tmp_path / "home", **given) as office:
            await load_company(office.database, ROOT / "samples" / "company")
            yield Support(office)

    (tmp_path / "home").mkdir()
    return support


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """The shipped policies, where no second look is drawn."""
    return copied(tmp_path / "policies")


async def test_a_plain_question_is_routed_acknowledged_and_answered_from_an_article(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in(ASKS)
        outcome = await support.closed(case, "answered", "customer")
        assert isinstance(outcome, Answered), outcome
        assert (outcome.queue, outcome.articles, outcome.closed_by) == ("delivery", ("KB-06",), "customer")
        assert "row reply" in outcome.decided_by
        arrived, answer = await support.letters(outcome.ticket_id)
        assert "has arrived" in arrived
        assert "KB-06" in answer
        ticket = await support.ticket(outcome.ticket_id)
        assert (ticket.state, ticket.queue, ticket.priority) == ("closed", "delivery", outcome.priority)


async def test_a_refund_is_a_case_of_its_own_and_its_outcome_comes_back(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in(WANTS_MONEY, IDA)
        outcome = await support.closed(case, "refund")
        assert isinstance(outcome, RefundStarted), outcome
        assert isinstance(outcome.refund, PartlyRefunded), outcome.refund
        assert (outcome.refund.amount, outcome.closed_by) == (Decimal("34.00"), "person")
        assert outcome.refund_case.startswith(f"{case.id}.refund.")
        [refund] = [
            each for each in await SandboxBilling(support.office.database).refunds() if each.order_id == "SO-2012"
        ]
        assert (refund.state, refund.amount) == ("succeeded", Decimal("34.00"))


async def test_a_child_is_started_by_nothing_but_a_work_order_for_it(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in(WANTS_MONEY, IDA)
        await support.stands(case, "refund")
        history = await case.fetch_history()
        [begun] = [
            event.start_child_workflow_execution_initiated_event_attributes
            for event in history.events
            if event.HasField("start_child_workflow_execution_initiated_event_attributes")
        ]
        assert b'"process.refund"' in begun.memo.fields["work_order"].data
        assert begun.workflow_type.name == "Refund"


async def test_what_the_customer_leaves_out_is_asked_for_and_the_refund_goes_on_with_the_answer(desks: Desks) -> None:
    async with desks() as support:
        ticket_id = await support.write(NO_ORDER, IDA)
        case = await support.start(ticket_id)
        await support.stands(case, "routed")
        assert (await support.ticket(ticket_id)).state == "waiting_for_customer"
        assert "number of the order" in (await support.letters(ticket_id))[1]
        await support.write("It is SO-2012.", IDA, subject=f"Re: [{ticket_id}]")
        await case.signal(TicketWorkflow.look)
        outcome = await support.closed(case, "refund", "customer")
        assert isinstance(outcome, RefundStarted), outcome
        assert outcome.refund.order_id == "SO-2012"


async def test_whoever_is_not_on_file_starts_no_refund(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in(WANTS_MONEY, NOBODY)
        outcome = await support.closed(case, "routed")
        assert isinstance(outcome, Routed), outcome
        assert "on file" in outcome.reason
        assert not [
            each for each in await SandboxBilling(support.office.database).refunds() if each.order_id == "SO-2012"
        ]


async def test_spam_is_dropped_and_nobody_answers(desks: Desks) -> None:
    async with desks() as support:
        text = "We build backlinks that rank your shop higher. Limited time offer, click here: https://a.example"
        case = await support.hand_in(text, "growth@rank-rocket.example", subject="Dear webmaster")
        outcome = await support.ends(case)
        assert isinstance(outcome, SpamDropped), outcome
        assert await support.letters(outcome.ticket_id) == []


async def test_one_more_of_an_incident_is_linked_to_it(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in("Every card payment fails in your shop: the checkout shows an error page.")
        outcome = await support.ends(case)
        assert isinstance(outcome, Linked), outcome
        assert (outcome.to, outcome.relation) == ("INC-11", "incident")
        assert (await support.ticket(outcome.ticket_id)).linked_to == "INC-11"


async def test_what_no_queue_asks_for_reaches_a_person_who_names_the_queue(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in(THEORY, NOBODY)
        desk, asked = support.office.desk, await support.office.approval_of(case)
        await send(desk, await pending(desk, asked), Reply(kind="approve", by="anna", changes={"queue": "products"}))
        outcome = await support.closed(case, "routed")
        assert isinstance(outcome, Routed), outcome
        assert ("anna" in outcome.decided_by, outcome.queue) == (True, "products")


async def test_a_rejected_route_leaves_the_ticket_to_people(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in(THEORY, NOBODY)
        await support.office.answer(case, "reject", "Not for us.")
        outcome = await support.closed(case, "handed over")
        assert isinstance(outcome, HandedOver), outcome
        assert "Not for us." in outcome.reason
        assert (await support.ticket(outcome.ticket_id)).queue is None


async def test_without_a_model_a_clear_wish_goes_the_same_way(desks: Desks) -> None:
    async with desks(thinks=False) as support:
        case = await support.hand_in(WANTS_MONEY, IDA)
        outcome = await support.closed(case, "refund")
        assert isinstance(outcome, RefundStarted), outcome
        assert outcome.spent.turns <= 2


async def test_a_threat_with_a_lawyer_is_told_at_once_and_legal_decides(desks: Desks) -> None:
    async with desks() as support:
        text = "If my order SO-2005 is not here by Friday, our lawyer will take legal action. Where is it?"
        case = await support.hand_in(text)
        asked = await support.office.approval_of(case)
        assert asked.startswith("approval.legal.")
        await support.office.answer(case, "reject", "We write ourselves.")
        outcome = await support.closed(case, "handed over")
        assert isinstance(outcome, HandedOver), outcome
        assert outcome.owner == "legal"


async def test_what_the_customer_writes_next_is_read_by_people_and_nothing_is_done_twice(desks: Desks) -> None:
    async with desks() as support:
        ticket_id = await support.write(ASKS)
        case = await support.start(ticket_id)
        await support.stands(case, "answered")
        await support.write("This does not help me at all.", subject=f"Re: [{ticket_id}]")
        for _ in range(5):
            await case.signal(TicketWorkflow.look)
        await support.stands(case, "routed")
        outcome = await support.closed(case, "routed")
        assert isinstance(outcome, Routed), outcome
        assert "written again" in outcome.reason
        assert len(await support.letters(ticket_id)) == 2


@pytest.mark.parametrize(
    ("opinion", "sent", "seen"),
    [
        (Says(content={"agrees": True, "reason": "Article KB-06 says so.", "confidence": "0.9"}), True, None),
        (
            Says(content={"agrees": False, "reason": "The order is <b>late</b>.", "confidence": "0.9"}),
            False,
            "second reader (rules): The order is <b>late</b>.",
        ),
        (Says(fault="refusal"), False, "second reader: no answer: "),
    ],
    ids=["agrees", "objects", "silent"],
)
async def test_a_second_reader_of_another_model_sends_what_it_does_not_agree_to_to_a_person(
    desks: Desks, policies: Path, *, opinion: Says, sent: bool, seen: str | None
) -> None:
    table, prices = policies / "ticket.toml", policies / "prices.toml"
    edit(table, SELDOM, "second_opinion = true")
    prices.write_text(prices.read_text() + PRICE_OF_ANOTHER)
    async with (
        scripted_model([opinion] * 3) as other,
        desks(second_model="another", second_model_url=other.url) as support,
    ):
        case = await support.hand_in(ASKS)
        if not sent:
            asked = await pending(support.office.desk, await support.office.approval_of(case))
            [said] = [each for each in asked.ballot.request.evidence if each.startswith("second reader")]
            assert said.startswith(seen or "-")
            await support.office.answer(case, "reject", "I call.", "xenia")
        outcome = await support.closed(case, "answered" if sent else "routed")
        assert isinstance(outcome, Answered if sent else Routed)
        told = " ".join(message.content for message in other.asked[0].messages)
        assert [each in told for each in ("second_reader", "KB-06", "tracking page says nothing")] == [True] * 3


async def test_any_signal_of_any_shape_is_taken_and_breaks_nothing(desks: Desks) -> None:
    async with desks() as support:
        case = await support.hand_in(ASKS)
        await support.stands(case, "answered")
        for value in ("x", 7, None, {"a": [1]}, [1, 2], b"\xff\xfe", "[" * 50):
            await case.signal("look", value)
        await case.signal("look", args=[1, 2, 3])
        await case.signal("nobody knows this", 1)
        await case.signal("close", {"said_by": "customer"})
        outcome = await support.ends(case)
        assert outcome.closed_by == "person"


async def test_an_effect_that_was_done_and_reported_as_failed_is_done_once(desks: Desks) -> None:
    async with desks("route_ticket:fail_after*1,reply_to_customer:fail_after*1") as support:
        case = await support.hand_in(ASKS)
        outcome = await support.closed(case, "answered")
        assert isinstance(outcome, Answered), outcome
        assert len(await support.letters(outcome.ticket_id)) == 2


async def test_a_promise_that_is_broken_is_escalated_once_and_is_in_the_outcome(desks: Desks, policies: Path) -> None:
    file = policies / "sla.toml"
    file.write_text(re.sub(r'first_reply = "[^"]+"', 'first_reply = "1 minute"', file.read_text()))
    async with desks() as support:
        opened = datetime.now(UTC) - timedelta(days=20)
        case = await support.hand_in(THEORY, NOBODY, at=opened)
        await support.office.answer(case, "approve", None)
        outcome = await support.closed(case, "routed")
        assert "first_reply" in outcome.breached


async def test_whoever_heads_the_queue_is_warned_before_a_promise_is_broken_and_told_when_it_is(
    client: Client, desks: Desks
) -> None:
    async with desks() as support:
        ticket_id = await support.write(THEORY, NOBODY)
        case = await support.start(ticket_id)
        await support.office.answer(case, "approve", None)
        await support.stands(case, "routed")
        for _ in range(15):
            await TimeSkipper(client).fast_forward(case, timedelta(days=1))
        assert await support.escalations(ticket_id) == ["sla_warning", "sla_breach"] * 2  # first reply, then resolution
        outcome = await support.closed(case, "routed")
        assert outcome.breached == ("first_reply", "resolution")


async def withdrawn(support: Support, approval: str) -> bool:
    described = await support.office.desk.client.get_workflow_handle(approval).describe()
    return described.status == WorkflowExecutionStatus.CANCELED


async def test_a_ticket_that_is_closed_in_the_helpdesk_needs_no_decision_any_more(desks: Desks) -> None:
    async with desks() as support:
        ticket_id = await support.write(THEORY, NOBODY)
        case = await support.start(ticket_id)
        approval = await support.office.approval_of(case)
        await case.signal(TicketWorkflow.look)  # nothing has happened yet, so the question stands
        await looked(case, 1)
        await support.write("It is urgent.", NOBODY, subject=f"Re: [{ticket_id}]")
        await case.signal(TicketWorkflow.look)  # nor does a further message take it back
        await looked(case, 2)
        assert not await withdrawn(support, approval)
        closing = CloseTicket(business_key="by-hand", ticket_id=ticket_id, flags=(), said_by="person")
        await support.helpdesk.close_ticket("by-hand", closing)
        await case.signal(TicketWorkflow.look)
        outcome = await support.ends(case)
        assert await withdrawn(support, approval)
        assert isinstance(outcome, HandedOver), outcome
        assert (outcome.closed_by, outcome.reason) == ("person", f"It was not routed: {DONE}")


async def test_a_ticket_that_is_closed_while_its_router_thinks_asks_nobody_for_long(desks: Desks) -> None:
    async with scripted_model([Says(delay_ms=2_000)], rules=True) as slow, desks(model_url=slow.url) as support:
        ticket_id = await support.write(THEORY, NOBODY)
        case = await support.start(ticket_id)
        await until(lambda: asked(slow), PATIENCE)
        closing = CloseTicket(business_key="by-hand", ticket_id=ticket_id, flags=(), said_by="person")
        await support.helpdesk.close_ticket("by-hand", closing)
        await case.signal(TicketWorkflow.look)
        outcome = await support.ends(case)
        assert outcome.closed_by == "person"


async def asked(model: ScriptedModel) -> bool:
    return bool(model.asked)


async def test_a_case_that_somebody_calls_done_waits_for_no_decision(desks: Desks) -> None:
    async with desks() as support:
        ticket_id = await support.write(THEORY, NOBODY)
        case = await support.start(ticket_id)
        approval = await support.office.approval_of(case)
        await case.signal(TicketWorkflow.close, "customer")
        outcome = await support.ends(case)
        assert await withdrawn(support, approval)
        assert (outcome.closed_by, (await support.ticket(ticket_id)).state) == ("customer", "closed")


async def test_a_ticket_of_somebody_who_is_away_is_told_of_once(desks: Desks) -> None:
    async with desks() as support:
        ticket_id = await support.write(ASKS)
        case = await support.start(ticket_id)
        await support.stands(case, "answered")
        await assign(support.office.database, ticket_id, "zeno")
        await case.signal(TicketWorkflow.look)
        await looked(case, 1)
        assert await support.escalations(ticket_id) == []
        await leave(support.office.database, "zeno", datetime.now(UTC) + timedelta(days=3))
        for rounds in (2, 3):
            await case.signal(TicketWorkflow.look)
            await looked(case, rounds)
        await support.closed(case, "answered")
        assert await support.escalations(ticket_id) == ["assignee_away"]


async def test_a_case_of_which_much_is_heard_goes_on_in_a_new_run_and_forgets_nothing(
    desks: Desks, policies: Path, tmp_path: Path
) -> None:
    file = policies / "sla.toml"
    file.write_text(re.sub(r'first_reply = "[^"]+"', 'first_reply = "1 minute"', file.read_text()))
    soon = ("limit.historyCount.suggestContinueAsNew=150",)  # instead of 4,096 events
    async with (
        dev_server(tmp_path / "temporal.db", free_port(), attributes.ALL, soon) as address,
        desks(server=await Client.connect(address, data_converter=pydantic_data_converter)) as support,
    ):
        ticket_id = await support.write(NO_ORDER, IDA, at=datetime.now(UTC) - timedelta(days=20))
        first = await support.start(ticket_id)
        await support.stands(first, "routed")
        before = (await first.describe()).run_id

        async def goes_on() -> bool:
            await asyncio.gather(*(first.signal(TicketWorkflow.look) for _ in range(20)))
            return (await first.describe()).run_id != before

        await until(goes_on, PATIENCE)
        await support.write("It is SO-2012.", IDA, subject=f"Re: [{ticket_id}]")
        await first.signal(TicketWorkflow.look)
        await support.stands(first, "refund")
        outcome = await support.closed(first, "refund", "customer")
        assert isinstance(outcome, RefundStarted), outcome
        assert isinstance(outcome.refund, PartlyRefunded)
        assert outcome.breached == ("first_reply", "resolution")
        assert await support.escalations(ticket_id) == ["sla_breach", "sla_breach"]
        assert outcome.spent.turns > 0


async def test_a_case_that_goes_on_in_a_new_run_knows_how_often_it_has_asked_about_a_step(
    desks: Desks, policies: Path, tmp_path: Path
) -> None:
    asks = 'then = "review"\napprovers = { support = 1 }\ndeadline = "1 hour"\nwhy = "Telling'
    edit(policies / "ticket.toml", 'then = "allow"\nwhy = "Telling', asks)
    soon = ("limit.historyCount.suggestContinueAsNew=150",)
    async with (
        dev_server(tmp_path / "temporal.db", free_port(), attributes.ALL, soon) as address,
        desks(server=await Client.connect(address, data_converter=pydantic_data_converter)) as support,
    ):
        ticket_id = await support.write("Our lawyer will take legal action.", IDA)
        case = await support.start(ticket_id)
        run, told = (await case.describe()).run_id, f"approval.support.{case.id}.escalate"
        for asked in (told, f"approval.legal.{case.id}.route"):
            await until(partial(asks_as, support, case, asked))
            await answer(support.office.desk, asked, "reject", "no", "anna")
        await support.stands(case, "handed over")

        async def goes_on() -> bool:
            await asyncio.gather(*(case.signal(TicketWorkflow.look) for _ in range(20)))
            return (await case.describe()).run_id != run

        await until(goes_on, PATIENCE)
        await support.write("And there is a data leak.", IDA, subject=f"Re: [{ticket_id}]")
        await case.signal(TicketWorkflow.look)
        await until(partial(asks_as, support, case, f"{told}.2"))
        with pytest.raises(UserError, match="which is another request"):
            await answer(support.office.desk, told, "approve", None, "zeno")
        await case.signal(TicketWorkflow.close)
        await support.ends(case)
        assert await support.escalations(ticket_id) == []


async def asks_as(support: Support, case: Handle, approval: str) -> bool:
    return approval in [each.id async for each in waiting_for(support.office.desk, case.id)]


async def looked(case: Handle, times: int) -> None:
    """Wait until a case has looked that often."""

    async def often() -> bool:
        return sum([_is_look(event) async for event in case.fetch_history_events()]) >= times

    await until(often, PATIENCE)


def _is_look(event: HistoryEvent) -> bool:
    marker = event.marker_recorded_event_attributes
    return b"look_at_ticket" in marker.details["data"].payloads[0].data if "data" in marker.details else False
