"""The page needs nothing, runs nothing, shows everything, and nothing that came from outside can become markup."""

import re
from html.parser import HTMLParser

import pytest

from governance.trail.assembly import assembled
from governance.trail.page import page
from governance.trail.style import STYLE
from governance.trail.timeline import KEY
from tests.trails import event, payloads, ran, scene, scheduled, started, told
from tests.unit.test_card import HOSTILE

TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "dl", "dt", "dd", "ol", "li", "time",
    "div", "span", "i", "b", "a", "section",
}  # fmt: skip
OURS = {"href", "class", "style", "id", "lang", "charset", "name", "content", "http-equiv"}
MORE = [
    '"><script>alert(1)</script>',
    "</style><script>x</script>",
    "&lt;b&gt;",
    "' onmouseover='x",
    "\uff1cscript\uff1e",
]


class Read(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", HOSTILE + MORE)
def test_no_outside_text_can_become_markup(text: str) -> None:
    failed = {"message": text, "applicationFailureInfo": {"type": text}}
    asked = {"requester": text, "document": {"name": text}}
    records = told(
        started(identity=text, workflowType={"name": text}, input=payloads(asked)),
        event(2, "WORKFLOW_EXECUTION_SIGNALED", signalName=text, identity=text, input=payloads(text)),
        scheduled(3, text, text, {"question": text, "digest": text, "subject": {}, "verdict": {"facts": {text: text}}}),
        ran(4, 3, identity=text),
        event(5, "ACTIVITY_TASK_FAILED", scheduledEventId="3", failure=failed),
        event(6, "WORKFLOW_EXECUTION_TERMINATED", reason=text, identity=text),
        workflow_id=text,
    )  # fmt: skip
    read = Read(page(records, missing=[text]))
    assert set(read.tags) <= TAGS
    assert {name for name, _ in read.attributes} <= OURS
    assert all(re.fullmatch(r"#[rt][0-9a-f]{16}", value or "") for name, value in read.attributes if name == "href")
    assert "\x1b" not in read.text
    assert "\u202e" not in read.text


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    made = page(assembled(scene("approved")))
    assert not re.search(r"<script|https?:|url\(|@import|<img|<link|javascript:", made)
    assert 'content="default-src &#x27;none&#x27;; style-src &#x27;unsafe-inline&#x27;"' in made


def test_every_event_of_every_run_is_on_the_page() -> None:
    histories = scene("approved")
    text = Read(page(assembled(histories))).text
    for history in histories:
        proofs = re.findall(rf"events? ([\d, -]+)(?=, run {history.run_id})", text)
        routine = re.findall(rf"run {history.run_id}: [a-z ]+, events? ([\d, -]+)", text)
        assert numbers(proofs + routine) == [event.id for event in history.events]


def numbers(lists: list[str]) -> list[int]:
    found: list[int] = []
    for part in ",".join(lists).replace(" ", "").split(","):
        if part:
            first, _, last = part.partition("-")
            found += range(int(first), int(last or first) + 1)
    return sorted(found)


def test_the_page_says_outcome_who_why_and_what_lacks() -> None:
    made = Read(page(assembled(scene("approved")), missing=["The history lacks events 3 to 4."])).text
    for said in ("posted, decided by anna (claimed)", "row over-5000", "“checked”", "lacks events 3 to 4", "mailroom"):
        assert said in made


@pytest.mark.parametrize("name", ["approved", "bank-changed", "model-fails", "needs-repair"])
def test_every_link_leads_to_one_place_of_the_page(name: str) -> None:
    read = Read(page(assembled(scene(name))))
    places = [value for attribute, value in read.attributes if attribute == "id"]
    links = [value for attribute, value in read.attributes if attribute == "href"]
    assert len(set(places)) == len(places)
    assert {(link or "").removeprefix("#") for link in links} <= set(places)
    assert len(links) >= len(places)


def test_an_unknown_outcome_is_told_at_the_top_with_what_to_do() -> None:
    records = told(
        started(),
        scheduled(2, value={"action": {}, "key": "k-1", "verdict": {}}),
        ran(3, 2),
        event(4, "WORKFLOW_EXECUTION_TERMINATED", reason="x", identity="ops"),
    )
    text = Read(page(records)).text
    assert text.index("Outcome unknown") < text.index("What happened")
    assert "Look in the business system whether each took place" in text
    assert "OUTCOME UNKNOWN; under no row" in text or "key k-1" in text
    assert "Outcome unknown" not in Read(page(assembled(scene("approved")))).text


def test_what_each_mark_means_stands_above_the_lines_and_each_has_a_shape_of_its_own() -> None:
    shapes = {kind: re.search(rf"\.{kind} b::before {{ content: \"(.)\"", STYLE) for kind in KEY if kind != "step"}
    assert all(shapes.values())
    assert len({shape[1] for shape in shapes.values() if shape} | {"●"}) == len(KEY)
    text = Read(page(assembled(scene("approved")))).text
    assert all(said in text for said in KEY.values())


def test_a_trail_of_several_days_says_which() -> None:
    later = event(4, "WORKFLOW_EXECUTION_COMPLETED") | {"eventTime": "2026-12-24T18:00:00Z"}
    made = page(told(started(), later))
    assert 'class="tree dated"' in made
    assert "24 Dec 18:00" in Read(made).text


def test_an_empty_trail_is_a_page_too() -> None:
    assert "An empty trail" in page(())
