"""Every command as people type it: a process of its own, beside a server and a worker."""

import asyncio
import filecmp
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

from commands.demo import worker_process
from tests.terminal import Said, Terminal, terminal_at

CLEAN = "samples/invoices/01-clean-ubl.xml"


@pytest.fixture(scope="module")
def terminal(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return terminal_at(client, tmp_path_factory.mktemp("home"))


@pytest_asyncio.fixture(scope="module")
async def working(terminal: Terminal) -> AsyncGenerator[Terminal]:
    """A terminal beside a worker whose books hold the sample company."""
    assert (await terminal.type("seed")).code == 0
    async with worker_process(terminal.home, terminal.environment):
        yield terminal


async def test_read_shows_the_invoice_and_prints_json_for_programs(terminal: Terminal) -> None:
    shown, printed = await asyncio.gather(terminal.type("read", CLEAN), terminal.type("read", CLEAN, "--json"))
    assert (shown.code, printed.code) == (0, 0)
    assert "Invoice RE-2026-0412" in shown.out
    assert json.loads(printed.out)["number"] == "RE-2026-0412"


async def test_check_says_by_its_exit_code_whether_it_found_something(working: Terminal) -> None:
    clean, variance = await asyncio.gather(
        working.type("check", working.own("02")), working.type("check", working.own("05"), "--json")
    )
    assert (clean.code, variance.code) == (0, 1)
    assert "Nothing found" in clean.out
    assert [finding["code"] for finding in json.loads(variance.out)["findings"]] == ["price_variance"]


async def test_an_invoice_goes_from_the_command_line_to_posted_and_is_listed_and_shown(working: Terminal) -> None:
    done = await working.type("invoice", working.own("01"))
    assert (done.code, done.err) == (0, "")
    case = _case(done)
    listed, shown = await asyncio.gather(working.type("list"), working.type("show", case))
    assert re.search(rf"{case}.*posted", listed.out)
    assert "RE-2026-0412" in shown.out
    assert "row clean" in shown.out
    assert "cost: nothing, no agent reasoned" in shown.out


async def test_an_approval_is_found_in_the_inbox_commented_and_approved(working: Terminal) -> None:
    started = await working.type("invoice", working.own("04"), "--submitted-by", "mailroom")
    case = _case(started)
    assert "asks finance" in started.out
    inbox = await working.type("inbox", "--role", "finance")
    assert f"approval.finance.{case}.post" in inbox.out
    said = await working.type("comment", case, "--text", "asked the supplier", "--by", "bob")
    assert said.out.startswith("Counted: comment by bob")
    own = await working.type("approve", case, "--by", "mailroom")
    assert (own.code, own.out.startswith("Not counted:")) == (1, True)
    approved = await working.type("approve", case, "--note", "checked", "--by", "anna")
    assert (approved.code, approved.out.startswith("Counted: approve by anna")) == (0, True)
    assert (await working.type("approve", case, "--by", "bob")).code == 2
    record = await working.type("show", f"approval.finance.{case}.post")
    assert "approve by anna (claimed) for finance: “checked”" in record.out


async def test_a_rejection_needs_a_reason_and_is_recorded(working: Terminal) -> None:
    case = _case(await working.type("invoice", working.own("05"), "--submitted-by", "mailroom"))
    assert (await working.type("reject", case)).code == 2
    rejected = await working.type("reject", case, "--reason", "not agreed", "--by", "anna")
    assert (rejected.code, rejected.out.startswith("Counted: reject by anna")) == (0, True)
    shown = await _shown_closed(working, case)
    assert "not agreed" in shown.out
    assert "anna (claimed)" in shown.out


def _case(said: Said) -> str:
    found = re.search(r"invoice-[0-9a-f]{20}", said.out)
    assert found, said
    return found[0]


async def _shown_closed(terminal: Terminal, case: str) -> Said:
    async with asyncio.timeout(30):
        while "decided by" not in (said := await terminal.type("show", case)).out:
            pass
    return said


async def test_the_document_of_a_case_is_saved_as_it_came_in_and_overwrites_nothing(
    working: Terminal, tmp_path: Path
) -> None:
    original = working.own("02")
    case = _case(await working.type("invoice", original))
    copy = tmp_path / "copy.xml"
    saved = await working.type("document", case, "--output", str(copy))
    assert (saved.code, filecmp.cmp(original, copy, shallow=False)) == (0, True)
    again = await working.type("document", case, "--output", str(copy))
    assert again.code == 2
    assert "is there already" in again.err


async def test_a_change_of_bank_details_is_asked_for_listed_shown_and_stopped(working: Terminal) -> None:
    words = ["bank-change", "70008", "--account", "DE55 9991 5015 0004 4236 00", "--holder", "Hansen", "--reference"]
    asked = await working.type(*words, "LETTER-7", "--reason", "a new bank", "--submitted-by", "lars")
    assert (asked.code, "waiting for approval" in asked.out) == (0, True), asked
    assert "bank-70008" in (await working.type("list", "--state", "waiting for approval")).out
    shown = await working.type("show", "bank-70008")
    assert "Still needed" in shown.out
    assert re.search(r"1 from vendor-master, [12] from treasury", " ".join(shown.out.split()))
    nothing = await working.type("document", "bank-70008")
    assert (nothing.code, "started without a document" in nothing.err) == (2, True)
    stopped = await working.type("bank-stop", "70008", "--reason", "the supplier knows nothing")
    assert (stopped.code, "The account on file is what it was" in stopped.out) == (0, True), stopped
    ended = await working.type("show", "bank-70008")
    assert "stopped: the supplier knows nothing" in ended.out
