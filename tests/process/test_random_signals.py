"""Random sequences of signals on a real server: an approval ends as a simple model says, and loses none of them."""

import asyncio
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.service import RPCError

import worker
from governance.approval import Decision
from tests.actions import bill, request, review, subject, verdict
from tests.facts import Handle, no_task_failed
from tests.office import Office, open_office
from tests.process.test_approval import as_json, heard, payload, signal
from workflows.approval import Approval

APPROVALS = 20
MANY = 9


@dataclass(frozen=True)
class Sent:
    """A signal, and what it is worth by the model: whose vote, which way, or nothing."""

    kind: str
    data: list[Payload]
    voter: str | None = None


MENU = (
    Sent("approve", as_json({"by": "anna"}), "anna"),
    Sent("approve", as_json({"by": "bob", "note": "fine"}), "bob"),
    Sent("approve", as_json({"by": " Anna@desk "}), "anna"),
    Sent("reject", as_json({"by": "carol", "reason": "too dear"}), "carol"),
    Sent("reject", as_json({"by": "carol"})),
    Sent("approve", as_json({"by": "mailroom"})),
    Sent("approve", as_json({"by": "greta"})),
    Sent("approve", as_json({"by": "anna", "token": "a.b.c"})),
    Sent("approve", as_json({"by": "dan", "changes": {"payable": "1"}})),
    Sent("approve", payload(b'{"by": "anna", "by": "bob"}')),
    Sent("approve", payload(b"{yes")),
    Sent("approve", payload(b"\x00", "binary/encrypted")),
    Sent("comment", as_json({"by": "mailroom", "text": "please hurry"})),
    Sent("comment", as_json("")),
    Sent("delegate", as_json({"by": "anna", "person": "bob"})),
    Sent("aprove", as_json("typo")),
)
"""What may come: valid, twice, malformed, unsigned, by who asked, by a known person of another role, by nobody."""


def modelled(signals: list[Sent]) -> tuple[str, list[str]]:
    """The state that a request for two buyers is in afterwards, and whose approvals count."""
    votes: list[str] = []
    for sent in signals:
        if sent.voter is None or sent.voter in votes:
            continue
        if sent.kind == "reject":
            return "rejected", votes
        votes.append(sent.voter)
        if len(votes) == 2:
            return "approved", votes
    return "waiting", votes


async def ask(office: Office) -> Handle:
    about = subject(bill(), expires=datetime.now(UTC) + timedelta(hours=8))
    asked = request(about).verdict.review
    assert asked
    two = verdict(bill(), review=review({"buyer": 2}, ladder=asked.ladder))
    return await office.desk.client.start_workflow(
        Approval.run,
        request(about, verdict=two),
        id=f"approval.buyer.{uuid.uuid4()}.post",
        task_queue=office.desk.queue,
    )


async def checked(office: Office, approval: Handle, signals: list[Sent]) -> None:
    """Hold an approval against the model; where it still waits, a rejection ends it."""
    state, votes = modelled(signals)
    if state == "waiting":
        if signals:
            await heard(approval, len(signals))
        await signal(office, approval, "reject", as_json({"by": "eve", "reason": "the end"}))
    decision: Decision = await approval.result()
    assert decision.state == ("rejected" if state == "waiting" else state), [sent.kind for sent in signals]
    assert [vote.person.strip().casefold().partition("@")[0] for vote in decision.votes] == votes
    assert len(decision.heard) == len(signals) + (state == "waiting")
    assert [one.kind for one in decision.heard][: len(signals)] == [sent.kind for sent in signals]
    assert all(one.counted != bool(one.why_not) for one in decision.heard)
    await no_task_failed(approval)


@pytest.mark.parametrize("seed", [1, 2])
async def test_signals_that_came_before_any_worker_ran(client: Client, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with open_office(client, tmp_path, working=False) as office:
        asked = [(await ask(office), chance.choices(MENU, k=chance.randint(0, MANY))) for _ in range(APPROVALS)]
        for approval, signals in asked:
            for sent in signals:
                await signal(office, approval, sent.kind, sent.data)
        async with worker.worker_for(client, office.desk.settings) as late, late:
            await asyncio.gather(*(checked(office, approval, signals) for approval, signals in asked))


async def test_signals_that_come_while_the_worker_counts(client: Client, tmp_path: Path) -> None:
    chance = random.Random(3)

    async def played(office: Office) -> None:
        approval, signals = await ask(office), chance.choices(MENU, k=chance.randint(1, MANY))
        reached: list[Sent] = []
        for sent in signals:
            try:
                await signal(office, approval, sent.kind, sent.data)
            except RPCError as closed:
                if "already completed" not in closed.message:
                    raise
                break
            reached.append(sent)
        await checked(office, approval, reached)

    async with open_office(client, tmp_path) as office:
        await asyncio.gather(*(played(office) for _ in range(APPROVALS)))
