"""Tickets and refunds as people type them."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio
from temporalio.client import Client

from commands.demo import worker_process
from tests.terminal import Terminal, terminal_at

MAIL = """From: einkauf@metallbau-priel.example
Subject: Our order

Where is our order SO-2005? The tracking page says nothing.
"""


@pytest_asyncio.fixture(scope="module")
async def working(client: Client, tmp_path_factory) -> AsyncGenerator[Terminal]:  # noqa: ANN001
    """A terminal beside a worker whose books hold the sample company."""
    terminal = terminal_at(client, tmp_path_factory.mktemp("home"))
    assert (await terminal.type("seed")).code == 0
    async with worker_process(terminal.home, terminal.environment):
        yield terminal


def kept(terminal: Terminal, text: str) -> str:
    file = terminal.home / "message.txt"
    file.write_text(text)
    return str(file)


async def test_a_message_is_answered_shown_and_closed_and_twice_it_is_one_ticket(working: Terminal) -> None:
    file = kept(working, MAIL)
    first = await working.type("ticket", file)
    assert (first.code, first.err) == (0, ""), first
    [case] = set(re.findall(r"ticket-TICKET-\d+", first.out))
    assert "answered" in first.out
    again, shown = await asyncio.gather(working.type("ticket", file), working.type("show", case))
    assert "known" in again.out or "answered" in again.out
    assert set(re.findall(r"ticket-TICKET-\d+", again.out)) == {case}
    assert "answered from KB-06" in shown.out
    closed = await working.type("send-event", case.removeprefix("ticket-"), "close", "--by", "customer")
    assert (closed.code, closed.err) == (0, "")
    handle = re.compile(r"answered: .*closed by the customer")
    for _ in range(40):
        if handle.search((shown := await working.type("show", case)).out):
            break
        await asyncio.sleep(0.25)
    assert handle.search(shown.out), shown.out
    late = await working.type("send-event", case, "look")
    assert (late.code, "is over" in late.err) == (2, True)


async def test_a_refund_is_asked_for_by_hand_and_twice_it_is_one_case(working: Terminal) -> None:
    asked = ("refund", "SO-2024", "--reason", "damaged", "--reference", f"LETTER-{working.home.name}")
    first, again = await working.type(*asked), await working.type(*asked)
    assert (first.code, first.err) == (0, ""), first
    assert "48.00 EUR" in first.out
    [case] = set(re.findall(r"refund-[0-9a-f]{20}", first.out + again.out))
    assert "already" in again.out or "48.00 EUR" in again.out
    assert "SO-2024" in (await working.type("show", case)).out


async def test_a_mistake_is_a_sentence_that_says_what_to_do(working: Terminal, tmp_path: Path) -> None:
    said = await asyncio.gather(
        working.type("ticket", kept(working, "no mail at all")),
        working.type("ticket", str(tmp_path / "gone.txt")),
        working.type("refund", "SO-1", "--reason", "because", "--reference", "R"),
        working.type("refund", "SO-1", "--reason", "damaged", "--reference", "R", "--item", "ten"),
        working.type("send-event", "TICKET-99999", "look"),
    )
    for each, wanted in zip(said, ("--sender", "No such file", "none of", "such as 10=2", "not found"), strict=True):
        assert each.code == 2, each
        assert wanted in each.err, each
        assert "Traceback" not in each.err
