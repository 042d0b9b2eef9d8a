"""The trail as people meet it: from a case's page in the UI to the trail, light and dark, narrow, on paper."""

import io
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page
from pypdf import PdfReader
from temporalio.client import Client

from commands.pages import EACH, serving
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, with_attempts
from governance.trail.page import page
from governance.trail.record import Record
from integrations.scripted_model import scripted_model
from tests.conftest import ROOT
from tests.office import Office, open_office
from tests.real.ui import Ui
from tests.trails import scene
from tests.unit.test_card import HOSTILE

pytestmark = pytest.mark.real

SCENES = ("clean-ubl", "approved", "bank-changed", "model-fails", "retried")
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
WIDE = """() => { const width = document.documentElement.clientWidth; return [...document.querySelectorAll('*')]
  .filter(each => each.scrollWidth > width || each.getBoundingClientRect().right > width + 1)
  .map(each => each.outerHTML.slice(0, 120)) }"""
CUT = """() => [...document.querySelectorAll('body *')].filter(each => each.scrollWidth > each.clientWidth + 1
  && getComputedStyle(each).display != 'inline').map(each => each.outerHTML.slice(0, 120))"""


def records_of(name: str) -> tuple[Record, ...]:
    """A stored case; that of `retried` with a journal in which one try began and did not end."""
    records = assembled(scene(name))
    if name != "retried":
        return records
    effect = next(record for record in records if record.kind == "activity" and record.name == "post_bill")
    begun = {"case": effect.case, "run": effect.run, "activity": effect.attributes["signalbox.activity.id"]}
    first = Attempt.model_validate(
        {**begun, "number": 1, "name": "post_bill", "worker": "1@w", "begun": effect.at, "end": None}
    )
    return with_attempts(records, [first])


@pytest.fixture(params=SCENES)
def trail(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a stored case's page."""
    return written(tmp_path, page(records_of(request.param)))


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    """The address of a page in which everybody says the worst."""
    worst = " ".join(HOSTILE) + "W" * 500
    records = [
        record.model_copy(
            update={"name": worst, "case": "w" * 400, "attributes": dict.fromkeys(record.attributes, worst)}
        )
        for record in records_of("approved")
    ]
    return written(tmp_path, page(records, missing=[worst]))


def written(folder: Path, content: str) -> str:
    file = folder / "trail.html"
    file.write_text(content, encoding="utf-8")
    return file.as_uri()


@dataclass(frozen=True)
class Seen:
    """A tab, and all that it asked for beyond the page itself."""

    page: Page
    asked: list[str]

    async def open(self, url: str, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> None:
        await self.page.set_viewport_size({"width": width, "height": 800})
        await self.page.emulate_media(media="screen", color_scheme=scheme)
        await self.page.goto(url)


@pytest_asyncio.fixture
async def tab(browser: BrowserContext) -> AsyncGenerator[Seen]:
    opened = await browser.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: None if request.is_navigation_request() else asked.append(request.url))
    yield Seen(opened, asked)
    await opened.close()


@pytest.mark.parametrize("width", [360, 640, 1280])
async def test_nothing_overflows(tab: Seen, trail: str, width: int) -> None:
    await tab.open(trail, width)
    assert await tab.page.evaluate(WIDE) == []
    assert tab.asked == []


@pytest.mark.parametrize("width", [360, 1280])
async def test_nothing_overflows_whatever_outsiders_write(tab: Seen, hostile: str, width: int) -> None:
    await tab.open(hostile, width)
    assert await tab.page.evaluate(WIDE) == []
    assert tab.asked == []
    assert await tab.page.locator("h1").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_from_its_ground(tab: Seen, trail: str, scheme: Literal["light", "dark"]) -> None:
    await tab.open(trail, scheme=scheme)
    pairs: list[dict[str, Any]] = await tab.page.evaluate(CONTRAST)
    assert len(pairs) > 4
    assert [pair for pair in pairs if pair["ratio"] < 4.5] == []
    assert {pair["paper"] for pair in pairs} & {"rgb(253, 253, 252)", "rgb(20, 23, 26)"}


async def test_paper_holds_every_word_and_cuts_none(tab: Seen, trail: str) -> None:
    await tab.open(trail, 688)
    await tab.page.emulate_media(media="print")
    assert await tab.page.evaluate(CUT) == []
    shown = await tab.page.evaluate("document.body.innerText")
    printed = PdfReader(io.BytesIO(await tab.page.pdf(format="A4")))
    letters = squeezed("".join(sheet.extract_text() for sheet in printed.pages))
    assert [word for word in set(shown.split()) if squeezed(word) not in letters] == []
    assert f"1 / {len(printed.pages)}" in printed.pages[0].extract_text()


def squeezed(text: str) -> str:
    """Without what line ends and page ends put between letters."""
    return re.sub(r"\s|\d+ / \d+$", "", text, flags=re.MULTILINE)


async def test_a_keyboard_goes_from_a_line_to_its_record_and_back(tab: Seen, trail: str) -> None:
    await tab.open(trail)
    first = tab.page.locator(".tree a").first
    await first.focus()
    await tab.page.keyboard.press("Shift+Tab")
    await tab.page.keyboard.press("Tab")
    assert await first.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"
    await tab.page.keyboard.press("Enter")
    record = tab.page.locator(".record:target")
    assert await record.count() == 1
    await record.locator("a").press("Enter")
    assert await tab.page.locator("li:target a").inner_text() == await first.inner_text()


async def test_what_is_unknown_is_seen_without_colour(tab: Seen, tmp_path: Path) -> None:
    await tab.open(written(tmp_path, page(records_of("retried"))))
    line = tab.page.locator(".tree .unknown")
    assert await line.count() == 1
    assert "OUTCOME UNKNOWN" in await line.inner_text()
    assert await line.locator("b").evaluate("mark => getComputedStyle(mark, '::before').content") == '"?"'
    assert "gradient" in await line.locator("i").evaluate("bar => getComputedStyle(bar).backgroundImage")
    assert await tab.page.locator(".alarm a").count() == 1


@pytest_asyncio.fixture
async def linked(client: Client, tmp_path: Path) -> AsyncGenerator[Office]:
    """An office whose trails are served, and whose worker knows where."""
    async with (
        scripted_model(rules=True) as model,
        open_office(client, tmp_path, working=False) as shut,
        serving(shut.desk, 0) as site,
        open_office(client, tmp_path, model_url=model.url, model="rules", trail_url=site + EACH) as office,
    ):
        yield office


async def test_the_link_on_a_cases_page_opens_its_trail(ui: Ui, linked: Office) -> None:
    case = await linked.hand_in(ROOT / "samples" / "invoices" / "01-clean-ubl.xml")
    await case.result()
    await opens_the_trail_of(case.id, ui, case.id)


async def test_the_link_on_an_approvals_card_opens_the_trail_of_its_case(ui: Ui, linked: Office) -> None:
    case = await linked.hand_in(ROOT / "samples" / "invoices" / "05-price-variance.xml")
    approval = await linked.approval_of(case)
    [_, card] = await ui.open_metadata(approval)
    assert await card.locator("main > *").evaluate_all("all => all.map(each => each.tagName)") == ["PRE", "P"]
    await opens_the_trail_of(case.id, ui, approval)


async def opens_the_trail_of(case: str, ui: Ui, workflow: str) -> None:
    """Click as a person does, and read what opens."""
    details = (await ui.open_metadata(workflow))[-1]
    async with ui.page.context.expect_page() as opening:
        await details.get_by_role("link", name="open").click()
    opened = await opening.value
    assert await opened.locator("h1").inner_text() == f"Invoice {case}"
    await opened.close()


async def test_a_case_without_an_address_says_what_to_type(ui: Ui, office: Office) -> None:
    case = await office.hand_in(ROOT / "samples" / "invoices" / "01-clean-ubl.xml")
    await case.result()
    details = (await ui.open_metadata(case.id))[-1]
    told = await details.locator("pre code").inner_text()
    assert told.startswith("POSTED")
    assert f"starter.py trail {case.id}" in " ".join(told.split())
    assert await details.get_by_role("link").count() == 0
