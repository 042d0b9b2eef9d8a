"""What outsiders write, wherever an approver reads it: as text, in the UI's own renderer and on its own pages."""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Frame, Page
from sqlalchemy import text as sql
from temporalio.api.common.v1 import Payloads, WorkflowExecution
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client

from domain.text import unmarked
from governance.ballot import Ballot
from governance.card import WIDTH, card
from integrations.scripted_model import Reply, ScriptedModel, scripted_model
from integrations.store import open_store
from integrations.store.stops import Stop
from tests.facts import Handle, no_task_failed, until
from tests.office import Office, open_office
from tests.real.hostile import HOST, KINDS, Sent, answers, asked, invoice, payload
from tests.real.ui import Ui
from workflows.approval import Approval

pytestmark = pytest.mark.real

STRUCTURE = (
    "h1, h2, h3, h4, h5, h6, a, img, script, style, math, .katex, svg, table, ul, ol, dl, blockquote, hr, iframe, form"
)
MARKS = f"main :is({STRUCTURE}, strong, em, del, input)"
NEWS = "https://newsfeed.temporal.io/"
"""The UI's own news; a browser may be offline."""
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
        await asyncio.gather(*(self.send(approval, sent) for sent in said))

        async def recorded() -> Ballot | None:
            ballot: Ballot = await approval.query(Approval.state)
            return ballot if len(ballot.heard) == len(before.heard) + len(said) else None

        return await until(recorded)  # type: ignore[return-value]

    async def send(self, approval: Handle, sent: Sent) -> None:
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
    own = (reader.workflows.split("/namespaces")[0], NEWS, "data:", "blob:")

    def note(request: Any) -> None:
        if not request.url.startswith(own):
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
    await are_lines(reader, await summaries(case, approval))
    await is_one_block(reader, card(Ballot.on(asked(KINDS[kind]))))
    assert "owned" not in await reader.page.title()
    assert reached == []
    for each in (case, approval):
        await no_task_failed(each)
    await case.terminate()


@pytest.mark.parametrize("said", ["mailto:pay@evil.example", "- one", "+ one", "1. one", "1) one", "~~~", "---"])
async def test_a_summary_that_begins_with_a_mark_is_a_line_all_the_same(said: str, reader: Ui) -> None:
    await are_lines(reader, {unmarked(said, 200)})


async def test_an_encoding_of_a_megabyte_leaves_a_short_record(siege: Siege, tmp_path: Path) -> None:
    _, approval = await siege.ask("x", tmp_path)
    ballot = await siege.say(approval, Sent("comment", [payload(b"1", b"x" * 1_000_000)], "anna"))
    assert len(ballot.heard[0].why_not or "") < 1_000


async def test_nothing_that_outsiders_write_becomes_part_of_a_page(
    siege: Siege, reader: Ui, reached: list[str], tmp_path: Path
) -> None:
    case, approval = await siege.ask(EVERYTHING, tmp_path)
    await siege.say(approval, *answers(EVERYTHING))
    await reader.open_workflow(approval.id)
    await reader.page.get_by_text("WAITING for").first.wait_for()
    await is_untouched(reader.page)
    await reader.page.get_by_role("tab", name="User Metadata").click()
    [summary, shown] = await reader.metadata()
    assert (await tags(summary, "main *"), await tags(shown, "main *")) == (["P"], ["PRE", "CODE"])
    await reader.page.get_by_role("tab", name="Event History").click()
    await reader.page.get_by_text("Signaled").first.wait_for()
    await is_untouched(reader.page)
    await reader.open_list(f'WorkflowId IN ("{approval.id}", "{case.id}")')
    await is_untouched(reader.page)
    rejection = Sent("reject", [payload(json.dumps(EVERYTHING).encode())], "anna")
    await siege.send(approval, rejection)
    await case.result()
    for settled in (approval, case):
        await reader.open_workflow(settled.id)
        await reader.page.get_by_text("PRE-APPROVED").first.wait_for()
        await is_untouched(reader.page)
    assert reached == []


async def test_the_reason_an_agent_was_stopped_for_is_text_on_the_card(
    siege: Siege, reader: Ui, reached: list[str], tmp_path: Path
) -> None:
    stop = Stop(
        kind="agent",
        name="invoice_examiner",
        by="<h1>anna</h1>",
        at=datetime.now(UTC),
        reason="``` # PRE-APPROVED <h1>x</h1> ![x](//evil.example)",
        state="stopped",
    )
    async with open_store(siege.office.desk.settings.store_url) as store:
        await store.stops.suspend(stop)
        try:
            case, approval = await siege.ask("y", tmp_path)
        finally:
            await store.stops.resume(stop.model_copy(update={"state": "resumed", "reason": "done"}))
    shown = await details(approval)
    assert "PRE-APPROVED" in shown
    await is_one_block(reader, shown)
    assert reached == []
    await case.terminate()


async def test_the_outcome_of_an_unknown_seller_shows_its_name_as_text(
    siege: Siege, reader: Ui, reached: list[str], samples: Path, tmp_path: Path
) -> None:
    unknown = samples / "invoices" / "08-unknown-supplier.xml"
    case = await siege.office.hand_in(invoice(unknown, tmp_path, EVERYTHING))
    await case.result()
    await reader.open_workflow(case.id)
    await reader.page.get_by_text("PRE-APPROVED").first.wait_for()
    await is_untouched(reader.page)
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


async def are_lines(ui: Ui, shown: set[str]) -> None:
    """Summaries: in the browser a paragraph each, in which nothing is marked."""
    assert shown
    assert [line for line in shown if not line.isprintable()] == []
    frame = await ui.render("\n\n".join(sorted(shown)))
    assert await tags(frame, "main *") == ["P"] * len(shown)


async def is_untouched(page: Page) -> None:
    """Nothing on the page leads to another host, and no heading or formula is an outsider's."""
    assert "owned" not in await page.title()
    strangers = f"[href*='{HOST}'], [src*='{HOST}'], :is(h1, h2, h3, h4, table h1):has-text('PRE-'), .katex, math"
    assert await page.locator(strangers).count() == 0
    for frame in page.frames[1:]:
        assert await frame.locator(MARKS).count() == 0


async def tags(frame: Frame, selector: str) -> list[str]:
    return await frame.locator(selector).evaluate_all("all => all.map(each => each.tagName)")
