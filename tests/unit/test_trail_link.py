"""The link from a case's page to its trail: where it leads, what cannot break out of it, and what stands in for it."""

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from governance.ballot import Ballot
from governance.card import LIMIT, card, case_card
from governance.trail.link import EXAMPLE, FILLED, TrailLink, checked
from integrations.settings import Settings, setting_wrong
from tests.actions import request
from tests.unit.test_card import HOSTILE

PHOENIX = "https://phoenix.example.com/redirects/traces/{trace}"
EVERYTHING = "https://t.example/{case}/{run}?trace={trace}#{case}"


def link(template: str | None = EXAMPLE, **changes: str) -> TrailLink:
    return TrailLink.of(template, **{"case": "invoice-1", "run": "run-1", "trace": "a" * 32, **changes})


def test_case_run_and_trace_are_filled_in() -> None:
    assert link().address == "http://127.0.0.1:8235/trail/invoice-1"
    assert link(PHOENIX).address == f"https://phoenix.example.com/redirects/traces/{'a' * 32}"
    assert link(EVERYTHING).address == f"https://t.example/invoice-1/run-1?trace={'a' * 32}#invoice-1"


def test_without_an_address_there_is_a_command_to_type_instead() -> None:
    told = link(None, case="bank-70001; rm -rf")
    assert (told.markdown, told.command) == ("", "starter.py trail 'bank-70001; rm -rf'")
    assert link().command == ""


@given(st.text(max_size=200))
def test_no_id_breaks_out_of_the_link(case: str) -> None:
    template = "http://127.0.0.1:8235/trail/{case}"
    markdown = link(template, case=case).markdown
    told = markdown.removeprefix("Trail: [open](http://127.0.0.1:8235/trail/").removesuffix(")")
    assert told.isascii()
    assert not set(told) & set(" \t\n()[]<>\"'`\\/?#{}$*|")
    assert unquote(told, errors="surrogatepass") == case.encode(errors="replace").decode()


def test_an_id_too_long_for_a_link_is_a_command() -> None:
    told = link(case="ü" * 400)
    assert told.address is None
    assert told.command.startswith("starter.py trail")
    assert len(told.command) < 250


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://host/{case}", "no http:// or https:// address"),
        ("javascript:alert(1)//{case}", "a character that a link cannot have"),
        ("javascript:x//{case}", "no http:// or https:// address"),
        ("//host/{case}", "no http:// or https:// address"),
        ("{case}", "no http:// or https:// address"),
        ("https://{case}.example/", "no http:// or https:// address"),
        ("https://host:99999/{case}", "no http:// or https:// address"),
        ("https:///{case}", "no http:// or https:// address"),
        ("https://[::1/{case}", "a character that a link cannot have"),
        ("https://host/{id}", "may leave open {case}, {run}, {trace} and nothing else"),
        ("https://host/{case", "may leave open"),
        ("https://host/{}{case}", "may leave open"),
        ("https://host/{{case}}", "may leave open"),
        ("https://host/{case!r}", "may leave open"),
        ("https://host/", "leaves nothing open"),
        ("https://host/{case})", "a character that a link cannot have"),
        ("https://host/ {case}", "a character that a link cannot have"),
        ("https://host/\n{case}", "a character that a link cannot have"),
        ("https://host/ü{case}", "a character that a link cannot have"),
        ("https://host/{case}" + "x" * 600, "too long"),
    ],
)
def test_an_address_that_cannot_lead_to_a_trail_is_refused_at_the_start(url: str, reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(trail_url=url)
    said = setting_wrong(refused.value)
    assert said.startswith("SIGNALBOX_TRAIL_URL is ")
    assert reason in said


@pytest.mark.parametrize("url", [EXAMPLE, PHOENIX, EVERYTHING, *(f"http://h/{{{name}}}" for name in FILLED)])
def test_an_address_that_can_is_taken(url: str) -> None:
    assert checked(url) == Settings(trail_url=url).trail_url == url


def test_no_address_is_no_mistake() -> None:
    assert Settings(trail_url="").trail_url is None


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("template", [EXAMPLE, None])
def test_a_cards_block_holds_all_but_the_link(template: str | None, text: str) -> None:
    ballot = Ballot(request=request(facts={"Invoice": text, text: "x"}, question=text, why_held=text))
    told = link(template, case=text)
    for shown in (card(ballot, told), case_card(f"WAITING, with {text}", text, {"Supplier": text, text: text}, told)):
        first, *inside = shown.removesuffix(f"\n\n{told.markdown}").split("\n")
        assert (first, inside.pop()) == ("```text", "```")
        assert not any(line.lstrip().startswith(("```", "~~~")) for line in inside)
        assert len(shown.encode()) < LIMIT + 100
        assert (told.address is None) == ("Trail" in shown.split("```")[1])


def test_a_full_card_leaves_room_for_the_link() -> None:
    full: dict[str, Any] = {"facts": {f"Fact {number}": "ü" * 390 for number in range(20)}}
    shown = card(Ballot(request=request(**full)), link("https://t.example/" + "x" * 450 + "{case}", case="y" * 400))
    assert shown.endswith("y)")
    assert len(shown.encode()) < LIMIT + 100


def test_a_case_says_where_it_stands_what_it_is_and_where_its_trail_is() -> None:
    told = case_card("WAITING FOR APPROVAL, with finance", "Post the bill?", {"Process": "Invoice"}, link(None))
    assert told.split("\n") == [
        "```text",
        "WAITING FOR APPROVAL, with finance",
        "Post the bill?",
        "",
        "Process       Invoice",
        "Trail         starter.py trail invoice-1",
        "```",
    ]
    assert case_card("POSTED", "", {}, link()).endswith("```\n\nTrail: [open](http://127.0.0.1:8235/trail/invoice-1)")
