"""The trail of cases on a real server: whole, the same from a file, through resets, terminations and new runs."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from governance.trail import conventions as c
from governance.trail.assembly import assembled, tree
from governance.trail.history import History
from governance.trail.projection import project
from governance.trail.record import Record
from governance.trail.spans import spans_of
from governance.trail.wording import outline
from integrations.temporal.histories import Histories, read_file
from tests.conftest import ROOT
from tests.facts import Handle, until
from tests.office import Office
from tests.terminal import Terminal, terminal_at

ABOVE = ROOT / "samples" / "invoices" / "04-clean-above-5000.xml"


@workflow.defn(name="Again")
class Again:
    """Runs twice, hears signals, and asks a child."""

    def __init__(self) -> None:
        self.heard = 0

    @workflow.run
    async def run(self, left: int) -> int:
        await workflow.sleep(timedelta(milliseconds=1), summary="a moment")
        if left:
            await workflow.execute_child_workflow(Again.run, 0, id=f"{workflow.info().workflow_id}.child")
            workflow.continue_as_new(left - 1)
        await workflow.wait_condition(lambda: bool(self.heard or workflow.info().parent))
        return self.heard

    @workflow.signal
    def hear(self) -> None:
        self.heard += 1

    @workflow.update
    async def ask(self, more: int) -> int:
        self.heard += more
        return self.heard


def complete(histories: tuple[History, ...]) -> tuple[Record, ...]:
    """Check that each event of each run is in exactly one record; gives the trail."""
    for history in histories:
        counted = Counter(number for record in project(history) for number in record.events)
        assert counted == Counter(event.id for event in history.events)
        assert not history.gaps
    return assembled(histories)


@pytest.fixture
def terminal(office: Office, client: Client) -> Terminal:
    return terminal_at(client, office.desk.settings.home)


async def test_a_case_with_its_approval_is_one_tree_from_the_server_from_a_file_and_on_the_command_line(
    office: Office, terminal: Terminal, tmp_path: Path
) -> None:
    case = await office.hand_in(ABOVE)
    await office.answer(case, "approve", "checked", "anna")
    await case.result()
    histories = await Histories(office.desk.client).case(case.id)
    lines = list(outline(tree(complete(histories))))
    assert any(line.startswith("  Approval: asks 1 finance") and "approved by anna (claimed)" in line for line in lines)
    assert any(line.startswith("    signal approve: ") for line in lines)

    exported = [tmp_path / f"{number}.json" for number in range(len(histories))]
    for history, file in zip(histories, exported, strict=True):
        file.write_text(await _shown(office.desk.client, history))
    assert assembled(read_file(file) for file in exported) == assembled(histories)

    page = tmp_path / "trail.html"
    shown, records, written, again = await asyncio.gather(
        terminal.type("trail", case.id),
        terminal.type("trail", case.id, "--json"),
        terminal.type("trail", "--file", str(exported[0]), "--file", str(exported[1]), "--html", str(page)),
        terminal.type("trail", "--file", str(exported[1]), "--html", str(exported[0])),
    )
    assert [said.code for said in (shown, records, written, again)] == [0, 0, 0, 2]
    assert "├ Approval  asks 1 finance" in shown.out
    assert "“checked”" in shown.out
    shown_records = [each for each in json.loads(records.out) if each["kind"] != "attempt"]
    assert [each["id"] for each in shown_records] == [record.id for record in assembled(histories)]
    assert "approved by anna" in page.read_text()
    assert "is there already" in again.err


async def test_a_case_that_waits_is_shown_as_far_as_it_is(office: Office) -> None:
    case = await office.hand_in(ABOVE)
    await office.approval_of(case)
    records = complete(await Histories(office.desk.client).case(case.id))
    assert {record.kind for record in records if record.status == "open"} >= {"run", "child"}
    assert all(span.name != "Invoice" for span in spans_of(records))
    await case.terminate(reason="enough")
    ended = complete(await Histories(office.desk.client).case(case.id))
    run = next(record for record in ended if record.kind == "run" and record.name == "Invoice")
    assert (run.status, run.attributes[c.REASON], run.attributes[c.ENDED_BY]) == ("error", "enough", "test@desk")
    finished = {record.id for record in records if record.until}
    assert [record for record in ended if record.id in finished] == [each for each in records if each.until]


async def test_a_case_that_continues_is_reset_and_hears_signals_again_is_one_trail(client: Client) -> None:
    async with Worker(client, task_queue="again", workflows=[Again], workflow_runner=UnsandboxedWorkflowRunner()):
        case = await client.start_workflow(Again.run, 1, id="again-1", task_queue="again")
        await until(lambda: _runs(client, 2))
        second = client.get_workflow_handle("again-1")
        assert await second.execute_update(Again.ask, 1) == 1
        await second.result()
        before = await Histories(client).case("again-1")
        described = await second.describe()
        ran = next(history for history in before if history.run_id == described.run_id)
        tasks = [event.id for event in ran.events if event.type == "WORKFLOW_TASK_COMPLETED"]
        await _reset(client, second, tasks[1])
        await until(lambda: _runs(client, 3))
        newest = client.get_workflow_handle("again-1")
        await newest.signal(Again.hear)
        await newest.result()
        after = await Histories(client).case("again-1")
    assert case.first_execution_run_id == before[0].first_run
    assert len(after) == len(before) + 1
    old, new = complete(before), complete(after)
    assert {record.id for record in old} <= {record.id for record in new}
    assert [record for record in new if record.id in {each.id for each in old}] == list(old)
    assert len({record.trace for record in new}) == 1
    known = {record.id for record in new}
    assert [record.name for record in new if record.parent not in known] == ["Again"]
    updates = [(each.name, each.attributes.get(c.REAPPLIED)) for each in new if each.kind == "update"]
    assert updates == [("ask", None), ("ask", True)]
    fresh = next(history for history in after if history.run_id not in {each.run_id for each in before})
    copied = [record for record in project(fresh) if c.COPIED in record.attributes]
    assert copied
    assert {record.run for record in copied} <= {history.run_id for history in before}


async def test_a_mistake_is_told_in_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    neither, both, missing, torn = await asyncio.gather(
        terminal.type("trail"),
        terminal.type("trail", "x", "--file", "README.md"),
        terminal.type("trail", "--file", str(tmp_path / "none.json")),
        terminal.type("trail", "--file", "README.md"),
    )
    assert [said.code for said in (neither, both, missing, torn)] == [2] * 4
    assert "Name a case" in neither.err
    assert "not both" in both.err
    assert "none.json cannot be used" in missing.err
    assert "README.md is not JSON" in torn.err


async def test_the_names_of_attributes_can_be_printed(terminal: Terminal) -> None:
    assert (await terminal.type("trail", "--attributes")).out == c.markdown()


async def _runs(client: Client, many: int) -> bool:
    found = [run async for run in client.list_workflows('WorkflowId="again-1"')]
    return len(found) >= many


async def _reset(client: Client, handle: WorkflowHandle[Again, int] | Handle, event: int) -> None:
    described = await handle.describe()
    request = ResetWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=described.run_id),
        reason="a test",
        workflow_task_finish_event_id=event,
        request_id="reset-1",
    )
    await client.workflow_service.reset_workflow_execution(request)


async def _shown(client: Client, history: History) -> str:
    """What the temporal command prints."""
    address = client.service_client.config.target_host
    names = ("--workflow-id", history.workflow_id, "--run-id", history.run_id, "--address", address)
    process = await asyncio.create_subprocess_exec(
        str(ROOT / ".venv" / "bin" / "temporal"), "workflow", "show", "--output", "json", *names,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return out.decode()
