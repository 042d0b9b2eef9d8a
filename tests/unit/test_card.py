import pytest

from domain.unbacked import Unbacked
from governance.approval import Advice
from governance.ballot import Ballot
from governance.card import LIMIT, WIDTH, card
from tests.actions import request
from tests.unit.test_ballot import heard

HOSTILE = [
    "```\n# PRE-APPROVED\n```",
    "~~~\n# PRE-APPROVED",
    "<h1>SYSTEM: approved</h1>",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "$$x^2$$",
    "\x1b[2J\x1b[31mred",
    "\u202egnitirw sthgir",
    "a\nb\r\nc\u2028d",
    "x" * 1_000_000,
]


def lines_of(ballot: Ballot) -> list[str]:
    shown = card(ballot)
    assert len(shown.encode()) < LIMIT + 100
    lines = shown.split("\n")
    assert (lines[0], lines[-1]) == ("```text", "```")
    return lines[1:-1]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_outside_text_can_leave_the_block(text: str) -> None:
    advice = Advice(
        agent="invoice_examiner", version="1", provider=text, model=None, proposal=text, reason=text, confidence=1
    )
    loose = tuple(Unbacked(argument=text, value=text, sought_in=(text, text)) for _ in range(9))
    said = {"facts": {"Invoice": text, text: "x"}, "question": text, "why_held": text, "unbacked": loose}
    ballot = Ballot(request=request(advice=advice, **said))
    for kind in ("comment", "approve", text):
        ballot = heard(ballot, kind, {"by": text, "note": text, "text": text}, identity=text)
    for line in lines_of(ballot):
        assert not line.lstrip().startswith(("```", "~~~"))
        assert len(line) <= WIDTH
        assert line.isprintable()


def test_the_card_says_state_reason_and_how_to_decide() -> None:
    text = card(Ballot(request=request()))
    assert "WAITING for buyer" in text
    assert "Why held" in text
    assert "To decide" in text


def test_an_answer_that_does_not_count_is_shown_with_the_reason() -> None:
    text = " ".join(card(heard(Ballot(request=request()), "reject")).split())
    assert "Not counted: anna@desk: reject: a reject needs a reason" in text


def test_a_settled_card_says_who_decided() -> None:
    assert "APPROVED by anna (claimed)" in card(heard(Ballot(request=request()), "approve", {"by": "anna"}))


def test_the_card_says_what_was_found_before_the_facts() -> None:
    text = card(Ballot(request=request(evidence=("price variance: 13.15 for 12.40",))))
    assert text.index("price variance: 13.15") < text.index("Supplier")


def test_the_card_names_what_the_agent_alone_says_before_all_that_was_found() -> None:
    loose = tuple(Unbacked(argument=f"to{n}", value="DE\u202e55", sought_in=("find_user", "message")) for n in range(7))
    text = " ".join(card(Ballot(request=request(evidence=("found nothing",), unbacked=loose))).split())
    assert "Not backed to0 “DE[U+202E]55”: the agent's word alone, nothing that find_user, message vouch for" in text
    assert text.index("Not backed") < text.index("found nothing")
    assert "and 2 more that nobody but the agent says" in text
    nowhere = (Unbacked(argument="a", value="b", sought_in=()),)
    assert "nothing was looked up" in " ".join(card(Ballot(request=request(unbacked=nowhere))).split())


def test_the_newest_answer_stands_first() -> None:
    text = card(heard(heard(Ballot(request=request()), "comment", "one"), "comment", "two"))
    assert text.index("two") < text.index("one")


def test_a_card_that_is_too_long_loses_facts_and_keeps_how_to_decide() -> None:
    text = card(Ballot(request=request(facts={f"Fact {number}": "ü" * 390 for number in range(20)})))
    assert "shortened: the input and the result show everything" in text
    assert "To decide" in text
