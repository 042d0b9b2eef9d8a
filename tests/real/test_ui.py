import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Frame, Page
from sqlalchemy import text
from temporalio.client import Client, WorkflowHandle

from domain.outcome import Posted, Rejected
from governance.approval import Decision
from integrations.scripted_model import Reply, scripted_model
from tests.office import PATIENCE, Office, no_task_failed, open_office
from tests.real.ui import Ui
from workflows.approval import Approval

pytestmark = pytest.mark.real

ELEMENTS = "h1, h2, h3, h4, a, img, script, math, .katex, svg, table, ul, ol, blockquote, strong, em, del, iframe, form"
HOSTILE = """# PRE-APPROVED
```
<h1>PRE-APPROVED</h1><script>document.title = 'owned'</script><img src=https://evil.example/1.png>
[approve](https://evil.example) ![x](https://evil.example/2.png) https://evil.example/3 **bold** ~~gone~~ `x`
$x^2$ $$y^2$$ | a | b |
~~~
\u202edevorppa\u202c \u200bzero"""


@pytest.fixture(scope="session")
def price_variance(samples: Path) -> Path:
    return samples / "invoices" / "05-price-variance.xml"


async def outcome_of(case: WorkflowHandle[Any, Any]) -> Any:
    async with asyncio.timeout(PATIENCE):
        return await case.result()


async def test_an_approval_sent_without_data_posts_the_bill(ui: Ui, office: Office, price_variance: Path) -> None:
    case = await office.hand_in(price_variance)
    approval = await office.approval_of(case)
    await ui.signal(approval, "approve")
    outcome = await outcome_of(case)
    assert isinstance(outcome, Posted)
    assert len(await office.bills()) == 1
    decision = await decision_of(office, approval)
    assert (decision.state, decision.assurance) == ("approved", "anonymous")
    await no_task_failed(case)


async def test_a_rejection_with_a_reason_posts_nothing_and_keeps_the_reason(
    ui: Ui, office: Office, price_variance: Path
) -> None:
    case = await office.hand_in(price_variance)
    await ui.signal(await office.approval_of(case), "reject", '"wrong price"')
    outcome = await outcome_of(case)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "wrong price"
    assert await office.bills() == ()


async def test_a_rejection_without_a_reason_is_shown_as_not_counted_and_the_request_still_waits(
    ui: Ui, office: Office, price_variance: Path
) -> None:
    approval = await office.approval_of(await office.hand_in(price_variance))
    await ui.signal(approval, "reject")
    await heard_by(office, approval)
    [_, card] = await ui.open_metadata(approval)
    shown = " ".join((await card.locator("pre code").inner_text()).split())
    assert "Not counted: somebody: reject: a reject needs a reason" in shown
    assert shown.startswith("WAITING for buyer")


async def test_the_inbox_lists_the_question_and_its_role(ui: Ui, office: Office, price_variance: Path) -> None:
    approval = await office.approval_of(await office.hand_in(price_variance))
    rows = await ui.open_list('WorkflowType="Approval" AND ExecutionStatus="Running"')
    row = rows.filter(has_text=approval)
    await row.wait_for()
    said = await row.inner_text()
    assert "Post the bill of Van Dijk Gereedschappen B.V. for 2,914.00 EUR despite price variance?" in said
    assert "buyer" in said.split()


async def test_the_landing_page_shows_the_question_first_and_the_call_to_action(
    ui: Ui, office: Office, price_variance: Path
) -> None:
    approval = await office.approval_of(await office.hand_in(price_variance))
    panel = await ui.open_workflow(approval)
    said = " ".join((await panel.inner_text()).split())
    assert said.startswith('{ "question": "Post the bill of Van Dijk')
    assert "billed at 13.15 where the order says 12.40: 150.00 above" in said
    await ui.page.get_by_text("WAITING for buyer: More Actions > Send a Signal > approve | reject").wait_for()


async def test_the_metadata_shows_the_card_as_one_code_block_and_nothing_else(
    ui: Ui, office: Office, price_variance: Path
) -> None:
    approval = await office.approval_of(await office.hand_in(price_variance))
    [summary, card] = await ui.open_metadata(approval)
    assert (await summary.locator("p").inner_text()).startswith("Post the bill of Van Dijk")
    assert await card.locator("main > *").evaluate_all("all => all.map(each => each.tagName)") == ["PRE"]
    assert "To decide" in await card.locator("pre code").inner_text()


@pytest.fixture
async def besieged(client: Client, tmp_path: Path) -> AsyncGenerator[Office]:
    """An office whose model repeats what attackers say, and in whose supplier master an attacker chose a name."""
    said = {"resolution": {"kind": "accept"}, "reason": HOSTILE, "confidence": "0.9"}
    async with (
        scripted_model([Reply(content=said)]) as model,
        open_office(client, tmp_path, model_url=model.url, model="rules", model_provider="scripted") as office,
    ):
        async with office.database.effect() as books:
            rename = text("UPDATE suppliers SET name = :name WHERE name LIKE 'Van Dijk%'")
            await books.execute(rename, {"name": " ".join(HOSTILE.split("\n")[2:5])})
        yield office


async def test_nothing_that_outsiders_write_becomes_an_element(
    ui: Ui, besieged: Office, price_variance: Path, tmp_path: Path
) -> None:
    reached = outside_of(ui.page)
    case = await besieged.hand_in(hostile_invoice(price_variance, tmp_path), sender="<h1>x</h1>@evil.example")
    approval = await besieged.approval_of(case)
    await besieged.answer(case, "comment", HOSTILE * 300, person="# <b>anna</b>")
    frames = await ui.open_metadata(approval)
    for frame in frames:
        assert await elements_in(frame) == 0
    assert "PRE-APPROVED" in await frames[1].locator("pre code").inner_text()
    await ui.open_workflow(approval)
    await ui.page.get_by_text("WAITING for").wait_for()
    await sees_no_markup(ui.page)
    await ui.open_workflow(case.id)
    await ui.page.get_by_text("Post the bill of").first.wait_for()
    await sees_no_markup(ui.page)
    await ui.open_list(f'WorkflowId="{approval}"')
    await sees_no_markup(ui.page)
    assert reached == []


async def test_the_outcome_of_an_unknown_seller_shows_its_name_as_text(
    ui: Ui, office: Office, samples: Path, tmp_path: Path
) -> None:
    reached = outside_of(ui.page)
    case = await office.hand_in(hostile_invoice(samples / "invoices" / "08-unknown-supplier.xml", tmp_path))
    await outcome_of(case)
    await ui.open_workflow(case.id)
    await ui.page.get_by_text("PRE-APPROVED").first.wait_for()
    await sees_no_markup(ui.page)
    rows = await ui.open_list(f'WorkflowId="{case.id}"')
    await rows.filter(has_text="PRE-APPROVED").wait_for()
    await sees_no_markup(ui.page)
    assert reached == []


def hostile_invoice(sample: Path, folder: Path) -> Path:
    """A shipped invoice in which number, names and line texts carry markup, and the note as much as a note may."""
    marked = HOSTILE.replace("&", "&amp;").replace("<", "&lt;")
    document = sample.read_text().replace("<cbc:Note>", "<cbc:Note>" + marked * 40)
    document = document.replace("<cbc:ID>", f"<cbc:ID>{marked}", 1)
    for tag in ("<cbc:Name>", "<cbc:RegistrationName>"):
        document = document.replace(tag, tag + marked)
    hostile = folder / "![x](evil.png) <h1>y.xml"
    hostile.write_text(document)
    return hostile


def outside_of(page: Page) -> list[str]:
    """Fills with what the page asks of the attacker's host."""
    reached: list[str] = []
    page.on("request", lambda request: reached.append(request.url) if "//evil.example" in request.url else None)
    return reached


async def elements_in(frame: Frame) -> int:
    return await frame.locator("main").locator(ELEMENTS).count()


async def sees_no_markup(page: Page) -> None:
    assert "owned" not in await page.title()
    assert await page.locator("[href*='evil.example'], [src*='evil.'], h1:has-text('PRE-APPROVED')").count() == 0


async def decision_of(office: Office, approval: str) -> Decision:
    return await office.desk.client.get_workflow_handle_for(Approval.run, approval).result()


async def heard_by(office: Office, approval: str) -> None:
    """Wait until an approval has heard an answer."""
    handle = office.desk.client.get_workflow_handle_for(Approval.run, approval)
    async with asyncio.timeout(PATIENCE):
        while True:
            if (await handle.query(Approval.state)).heard:
                return
            await asyncio.sleep(0.05)
