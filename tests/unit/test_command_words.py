"""What people type at commands, and what they read, without a server."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import to_json
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from commands import watching
from commands.answering import Reply
from commands.approvals import changes_of
from commands.bulk import totals
from commands.cases import cost_of
from commands.console import UserError, out
from commands.desk import Desk
from commands.following import Printed
from commands.moments import length, until
from commands.timeline import Line, lines_of
from commands.waiting import Pending, enclosed, quotable, waiting
from domain.spending import Spent
from governance.answer import TEXT_LIMIT, parse_answer
from governance.approval import Explained, Heard, Record
from governance.ballot import Ballot
from governance.person import Handover
from governance.verdict import Rung
from integrations.settings import Settings
from tests.actions import NOW, bill, request, subject, vote

HOSTILE = 'x" OR WorkflowId != "\' \\" `'


async def test_what_a_case_has_cost_is_told_with_what_nobody_could_price() -> None:
    nowhere = Desk(Settings(), None, "")  # type: ignore[arg-type]
    spent = Spent(turns=3, input_tokens=3900, output_tokens=310, money=Decimal("0.0042"), seconds=Decimal("12.14"))
    priced = "cost: 3 turns, 3,900 tokens in, 310 out, 0.0042 USD, 12.1 s"
    assert await cost_of(nowhere, spent) == priced
    unpriced = spent.model_copy(update={"unpriced": 1})
    assert await cost_of(nowhere, unpriced) == f"{priced}; 1 turn of unknown price not included"
    assert await cost_of(nowhere, Spent()) == "cost: nothing, no agent reasoned"


@given(st.text(max_size=200))
@example(HOSTILE)
def test_no_name_ends_the_quotes_it_stands_in(name: str) -> None:
    assert not set(quotable(name)) & set("\"'`\\")


def test_a_name_of_a_megabyte_is_refused() -> None:
    with pytest.raises(UserError, match=r"1,000,000 characters"):
        quotable("x" * 1_000_000)


@pytest.mark.parametrize(
    "query", ["Amount < 500", 'ApproverRole="a)b" AND (Amount < 5 OR Amount > 6)', "Subject='it is (' OR Amount=1"]
)
def test_a_query_with_matching_brackets_is_taken_as_it_is(query: str) -> None:
    assert enclosed(query) == f"({query})"


@pytest.mark.parametrize(
    "query",
    [
        'Amount < 5) OR (WorkflowType="Invoice"',
        "Amount < 5)",
        "(Amount < 5",
        ")(",
        "Amount < 5 -- ",
        "/* ( */ Amount < 5) OR (Amount > 6 /* ) */",
        'ApproverRole="a',
        "ApproverRole='a\\') OR ('b'='b'",
        'ApproverRole="\\"" ) OR ( "\\""',
        "`a) OR (`",
        "Amount < 5; x",
        "",
        "  ",
    ],
)
def test_no_query_breaks_out_of_its_brackets(query: str) -> None:
    with pytest.raises(UserError, match="--query"):
        enclosed(query)


async def test_only_approvals_that_wait_are_found_whatever_the_server_gives() -> None:
    running, closed = WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED
    given = (("a", "Approval", running), ("b", "Approval", closed), ("c", "Invoice", running))
    empty = TypedSearchAttributes([])

    async def listed(_query: str, **_options: Any) -> AsyncGenerator[Any]:
        for name, kind, status in given:
            yield SimpleNamespace(id=name, workflow_type=kind, status=status, typed_search_attributes=empty)

    found, _ = await waiting(Desk(Settings(), SimpleNamespace(list_workflows=listed), ""))  # type: ignore[arg-type]
    assert [each.id for each in found] == ["a"]


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        (["due_date=2026-12-30"], {"due_date": "2026-12-30"}),
        (['due_date="2026-12-30"'], {"due_date": "2026-12-30"}),
        (["amount=12.50", "x=null"], {"amount": "12.50", "x": None}),
        (['coding=[{"net": 1.10}]'], {"coding": [{"net": "1.10"}]}),
        (["note=a=b"], {"note": "a=b"}),
        ([], None),
    ],
)
def test_a_change_is_json_with_exact_numbers_or_a_plain_text(given: list[str], changes: object) -> None:
    assert changes_of(given) == changes


@pytest.mark.parametrize("given", [["x"], ["=1"], ["x=1", "x=2"], ['x={"a'], ["x=" + "[" * 100_000]])
def test_a_change_that_says_nothing_clear_is_refused(given: list[str]) -> None:
    with pytest.raises(UserError, match="--change"):
        changes_of(given)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(kind="reject", by="anna", text=" "), "a reject needs a reason"),
        (Reply(kind="comment", by="anna"), "a comment needs a text"),
        (Reply(kind="delegate", by="anna", text="note"), "a delegate needs a person"),
    ],
)
def test_an_answer_that_could_not_count_is_not_sent(reply: Reply, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        reply.read()


@given(st.text(alphabet=st.characters(codec=None), max_size=20), st.sampled_from(["approve", "delegate"]))
@example("\ud800", "approve")
@example("x" * (TEXT_LIMIT + 1), "approve")
def test_what_is_signed_is_what_the_approval_reads(text: str, kind: str) -> None:
    person = "bea" if kind == "delegate" else None
    reply = Reply.model_construct(kind=kind, by="anna", text=text, person=person, changes=None)
    content = to_json(reply.payload())  # as the converter writes it
    assert parse_answer(kind, "json/plain", content) == reply.read()


def test_a_signed_note_that_would_be_cut_is_not_signed() -> None:
    reply = Reply(kind="approve", by="anna", text="x" * (TEXT_LIMIT + 1))
    assert reply.read().text
    with pytest.raises(UserError, match="a signed note may have"):
        reply.read(signed=True)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min"), (3_600, "1 h"), (5_400, "1 h 30 min"), (86_399, "23 h 59 min")],
)
def test_a_span_is_told_in_its_two_largest_units(seconds: int, said: str) -> None:
    assert length(timedelta(seconds=seconds)) == said


def test_a_deadline_is_told_as_a_time_and_as_a_distance() -> None:
    assert until(NOW + timedelta(days=1, hours=2), NOW) == "24 Nov 11:00 UTC, in 1 d 2 h"
    assert until(NOW - timedelta(minutes=3), NOW) == "23 Nov 08:57 UTC, 3 min ago"


def test_totals_are_told_for_each_currency() -> None:
    bills = [bill(payable=Decimal(amount), currency=currency) for amount, currency in (("1", "EUR"), ("2.5", "EUR"))]
    asked = [Pending("x", "r", Ballot.on(request(subject(each)))) for each in (*bills, bill(currency="USD"))]
    assert totals(asked) == "3.50 EUR, 1,190.00 USD"


def heard(**changes: object) -> Heard:
    fields: dict[str, object] = {
        "kind": "approve",
        "event_id": 9,
        "at": NOW,
        "identity": "anna@desk",
        "by": "anna",
        "assurance": "claimed",
        "text": None,
        "counted": True,
        "why_not": None,
    }
    return Heard.model_validate({**fields, **changes})


def test_the_timeline_tells_votes_handovers_refusals_claims_and_reminders_in_order() -> None:
    record = Record(
        heard=(
            heard(text="[bold]yes\x1b[2J"),
            heard(event_id=12, kind="delegate", handed=Handover(giver="anna", taker="bea")),
            heard(event_id=15, counted=False, why_not="it is late"),
            heard(event_id=18, kind="comment", text="why?"),
        ),
        votes=(vote("anna", "buyer"),),
        explained=(Explained(event_id=18, agent="explainer", provider="x", answer="because"),),
        climbed=(
            Rung(at=NOW + timedelta(hours=1), does="remind"),
            Rung(at=NOW + timedelta(hours=2), does="escalate", role="head"),
        ),
    )
    ballot = Ballot(request=request(), record=record)
    printed = Printed()
    with out.capture() as shown:
        printed.lines(lines_of(ballot))
        printed.lines(lines_of(ballot))
    lines = [line[17:] for line in shown.get().splitlines()]
    assert lines == [
        "approve by anna (claimed) for buyer: “[bold]yes[U+001B][2J”",
        "delegate by anna (claimed), who hands it to bea",
        "not counted: approve by anna (claimed): it is late",
        "comment by anna (claimed): “why?”",
        "explainer (x), a claim: “because”",
        "reminder",
        "head is asked too",
    ]


async def test_a_watch_waits_for_a_server_that_is_away_and_tells_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0)
    answers = iter([False, RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, True])

    async def look() -> bool:
        await asyncio.sleep(0)
        answer = next(answers)
        if isinstance(answer, RPCStatusCode):
            raise RPCError("away", answer, b"")
        return answer

    with out.capture() as shown:
        await watching.follow(look, Printed())
    assert [line[17:] for line in shown.get().splitlines()] == [
        "the server does not answer; trying again",
        "the server answers again",
    ]


async def test_a_watch_gives_up_on_an_error_that_does_not_pass() -> None:
    async def look() -> bool:
        await asyncio.sleep(0)
        raise RPCError("no", RPCStatusCode.PERMISSION_DENIED, b"")

    with pytest.raises(RPCError, match="no"):
        await watching.follow(look, Printed())


def test_a_line_is_told_apart_by_what_it_is_about() -> None:
    printed, line = Printed(), Line("mark", datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "x")
    with out.capture() as shown:
        printed.lines((line, line), "a")
        printed.lines((line,), "b")
    assert shown.get().splitlines() == ["23 Nov 09:00:00  a  x", "23 Nov 09:00:00  b  x"]


async def test_a_ctrl_c_that_arrives_as_a_failed_call_ends_a_watch() -> None:
    """The client reports a call that was cancelled under it as a failure of the server."""
    looks = 0

    async def look() -> bool:
        nonlocal looks
        looks += 1
        watching_task.cancel()
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            raise RPCError("cancelled", RPCStatusCode.CANCELLED, b"") from None
        return looks > 3

    watching_task = asyncio.create_task(watching.follow(look, Printed()))
    with pytest.raises(asyncio.CancelledError):
        await watching_task
    assert looks == 1
