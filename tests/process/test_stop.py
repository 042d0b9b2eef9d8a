"""The stop button, as an operator presses it and as a running case feels it."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client

from activities.suspension import process_of
from integrations.scripted_model import ScriptedModel
from integrations.store import open_store
from tests.office import Office
from tests.store_contract import entry
from tests.terminal import Terminal, terminal_at
from workflows.registered import PROCESSES


@pytest.fixture
def terminal(client: Client, tmp_path: Path) -> Terminal:
    return terminal_at(client, tmp_path)


async def test_what_is_suspended_is_listed_resumed_and_stays_in_the_log(terminal: Terminal) -> None:
    stopped = await terminal.type("suspend", "action", "erp.post_bill", "--reason", "wrong prices", "--by", "anna")
    assert (stopped.code, stopped.err) == (0, "")
    assert "anna suspended the action erp.post_bill on " in stopped.out
    twice, listed = await asyncio.gather(
        terminal.type("suspend", "action", "erp.post_bill", "--reason", "again", "--by", "bob"),
        terminal.type("suspended"),
    )
    assert twice.out.startswith("It was suspended already: anna suspended")
    assert ("wrong prices" in listed.out, "again" in listed.out) == (True, False)
    resumed = await terminal.type("resume", "action", "erp.post_bill", "--reason", "prices mended", "--by", "bob")
    assert resumed.out.startswith("bob resumed the action erp.post_bill")
    listed, log = await asyncio.gather(terminal.type("suspended"), terminal.type("suspended", "--all"))
    assert listed.out.strip() == "Nothing is suspended."
    assert [line.split()[2] for line in log.out.splitlines()[1:]] == ["stopped", "resumed"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("suspend agent invoice_raeder --reason x", "no agent invoice_raeder. Did you mean invoice_reader?"),
        ("suspend action pay --reason x", "no action pay. There are "),
        ("suspend process Invoice --reason x", "no process Invoice. Did you mean invoice?"),
        ("resume process invoice --reason x", "The process invoice is not suspended."),
        ("suspend process invoice --reason=", "--reason is empty"),
        ("suspend process invoice", "Missing option '--reason'"),
        ("suspend robot invoice --reason x", "'robot'"),
    ],
)
async def test_a_stop_that_cannot_be_is_told_with_what_to_do(terminal: Terminal, typed: str, said: str) -> None:
    told = await terminal.type(*typed.split())
    assert told.code == 2
    assert said in " ".join(told.err.split())
    assert "Traceback" not in told.err


async def test_a_store_that_cannot_be_used_is_named_without_its_password(terminal: Terminal) -> None:
    for url in ("postgresql//u:canary@host/x", "postgresql://u:canary@127.0.0.1:1/x"):
        told = await terminal.type("suspended", SIGNALBOX_STORE=url)
        assert told.code == 2
        assert "canary" not in told.out + told.err
    assert "store database" in told.err


def test_a_process_is_suspended_by_the_name_of_its_workflow_type() -> None:
    types: list[str] = [process.__temporal_workflow_definition.name for process in PROCESSES]  # type: ignore[attr-defined]
    assert [process.policy for process in PROCESSES] == [process_of(each) for each in types]


async def test_a_suspended_agent_is_not_asked_and_the_case_goes_on_without_it(
    office: Office, model: ScriptedModel, samples: Path
) -> None:
    async with open_store(office.desk.settings.store_url) as store:
        await store.stops.suspend(entry(name="invoice_reader"))
        await store.stops.suspend(entry(name="invoice_examiner"))
        [text] = (samples / "invoices").glob("13*")
        await office.process(text)
    assert model.asked == []
