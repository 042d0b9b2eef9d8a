"""What outsiders write, wherever an approver reads it: as text, in the UI's own renderer and on its own pages."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Frame
from sqlalchemy import text as sql
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client

from governance.ballot import Ballot
from governance.card import WIDTH, card
from integrations.scripted_model import Reply, ScriptedModel, scripted_model
from tests.facts import Handle, no_task_failed, until
from tests.office import Office, open_office
from tests.real.hostile import HOST, KINDS, Sent, answers, asked, invoice
from tests.real.ui import Ui
from workflows.approval import Approval

pytestmark = pytest.mark.real

STRUCTURE = (
    "h1, h2, h3, h4, h5, h6, a, img, script, style, math, .katex, svg, table, ul, ol, dl, blockquote, hr, iframe, form"
)
MARKS = f"main :is({STRUCTURE}, strong, em, del, input)"
CARD_BYTES = 4_096
EVERYTHING = " ".join(said[:250] for said in KINDS.values())


@dataclass
class Siege:
    """An office whose supplier, model, mail and approvers all say the same thing."""

    office: Office
    model: ScriptedModel
    sample: Path

    async def ask(self, said: str, folder: Path) -> tuple[Handle, Handle]:
        """A case that asks a person, with a text wherever the outside has a say; gives it and its approval."""
        coded = {"kind": "code_to_account", "account": said[:300], "cost_centre": said[:300]}
        self.model.replies = itertools.chain(
            [Reply(content={"resolution": coded, "reason": said[:600], "confidence": "0.9"})],
            itertools.repeat(Reply(content={"answer": said[:9_000]})),
        )
        async with self.office.database.effect() as books:
            await books.execute(
                sql("UPDATE suppliers SET name = :name WHERE vat_id = 'NL999047115B01'"), {"name": said[:5_000]}
            )
        sender = f"{said[:400]}@{HOST}"
        case = await self.office.hand_in(invoice(self.sample, folder, said), sender=sender, requester=said[:300])
        return case, self.office.desk.client.get_workflow_handle_for(Approval.run, await self.office.approval_of(case))

    async def say(self, approval: Handle, *said: Sent) -> Ballot:
        """Send signals and wait until all are on record."""
        before: Ballot = await approval.query(Approval.state)
        await asyncio.gather(*(self._send(approval, sent) for sent in said))

        async def recorded() -> Ballot | None:
            ballot: Ballot = await approval.query(Approval.state)
            return ballot if len(ballot.heard) == len(before.heard) + len(said) else None

        return await until(recorded)  # type: ignore[return-value]

    async def _send(self, approval: Handle, sent: Sent) -> None:
        signal = SignalWorkflowExecutionRequest(
            namespace=self.office.desk.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=approval.id),
            signal_name=sent.name,
            input=Payloads(payloads=sent.payloads),
            identity=sent.identity,
        )
        await self.office.desk.client.workflow_service.signal_workflow_execution(signal)


@pytest_asyncio.fixture(scope="module")
async def siege(client: Client, tmp_path_factory: pytest.TempPathFactory, samples: Path) -> AsyncGenerator[Siege]:
    sample = samples / "invoices" / "05-price-variance.xml"
    async with (
        scripted_model() as model,
        open_office(
            client, tmp_path_factory.mktemp("siege"), model_url=model.url, model="rules", model_provider="scripted"
        ) as office,
    ):
        yield Siege(office, model, sample)


@pytest_asyncio.fixture(scope="module")
async def reader(browser: BrowserContext, client: Client) -> AsyncGenerator[Ui]:
    """One tab that notes whatever it is made to ask of another host."""
    ui = await Ui.on(browser, client)
    yield ui
    await ui.page.close()


@pytest.fixture
def reached(reader: Ui) -> Iterator[list[str]]:
    seen: list[str] = []
    own = reader.workflows.split("/namespaces")[0]

    def note(request: Any) -> None:
        if not request.url.startswith((own, "data:", "blob:")):
            seen.append(request.url)

    reader.page.on("request", note)
    yield seen
    reader.page.remove_listener("request", note)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_text_of_a_case_and_of_every_signal_is_shown_as_text(
    kind: str, siege: Siege, reader: Ui, reached: list[str], tmp_path: Path
) -> None:
    case, approval = await siege.ask(KINDS[kind], tmp_path)
    await is_one_block(reader, await details(approval))
    for few in fours(answers(KINDS[kind])):
        ballot = await siege.say(approval, *few)
        assert (ballot.state, ballot.record.votes, ballot.record.handed) == ("waiting", (), ())
        await is_one_block(reader, await details(approval))
    assert await until(lambda: explained(approval))
    await is_one_block(reader, await details(approval))
    for summary in await summaries(case, approval):
        await is_one_line(reader, summary)
    assert "owned" not in await reader.page.title()
    assert reached == []
    for each in (case, approval):
        await no_task_failed(each)
    await case.terminate()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_request_that_is_hostile_through_and_through_is_one_block_on_the_card(
    kind: str, reader: Ui, reached: list[str]
) -> None:
    await is_one_block(reader, card(Ballot.on(asked(KINDS[kind]))))
    assert reached == []


def fours(sent: Iterator[Sent]) -> Iterator[tuple[Sent, ...]]:
    """As many answers as one card shows at full length."""
    while few := tuple(itertools.islice(sent, 4)):
        yield few


async def details(approval: Handle) -> str:
    """The card as the UI asks for it."""
    told = await approval.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return str(told.current_details)


async def explained(approval: Handle) -> tuple[Any, ...]:
    ballot: Ballot = await approval.query(Approval.state)
    return ballot.record.explained


async def summaries(*handles: Handle) -> set[str]:
    """What the timelines of these and the list of their children render as Markdown."""
    found: set[str] = set()
    for handle in handles:
        described = await handle.describe()
        found.add(await described.static_summary() or "")
        async for event in handle.fetch_history_events():
            if event.user_metadata.HasField("summary"):
                found.add(event.user_metadata.summary.data.decode())
    return found - {""}


async def is_one_block(ui: Ui, shown: str) -> None:
    """A card: small, narrow, printable, and in the browser one code block that says exactly what was written."""
    lines = shown.split("\n")
    assert (lines[0], lines[-1]) == ("```text", "```")
    assert len(shown.encode()) < CARD_BYTES
    assert [line for line in lines if not line.isprintable()] == []
    frame = await ui.render(shown)
    assert await tags(frame, "main > *") == ["PRE"]
    assert await tags(frame, "main pre *") == ["CODE"]
    assert await frame.locator("main code").text_content() == "\n".join(lines[1:-1]) + "\n"
    assert await frame.evaluate(COLUMNS) <= WIDTH


COLUMNS = """() => {
    const code = document.querySelector("main code"), mark = document.createElement("span")
    mark.textContent = "0".repeat(10)
    const width = code.getBoundingClientRect().width
    code.append(mark)
    return width / mark.getBoundingClientRect().width * 10 - 0.01
}"""


async def is_one_line(ui: Ui, summary: str) -> None:
    frame = await ui.render(summary)
    assert await tags(frame, "main *") == ["P"], summary
    assert summary.isprintable()


async def tags(frame: Frame, selector: str) -> list[str]:
    return await frame.locator(selector).evaluate_all("all => all.map(each => each.tagName)")
