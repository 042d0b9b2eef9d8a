from decimal import Decimal

import pytest

from agents.invoice_examiner import ExaminerProposal
from domain.checks.examination import Examination
from domain.documents import DocumentRef
from domain.findings import BankDetailsDiffer, Finding, PriceVariance
from domain.intake import Examined, Headline
from domain.purchasing import Coding
from domain.text import unmarked
from tests.actions import bill
from workflows.consulting import Consultation
from workflows.questions import PROPOSED, advice, ask_to_post

DOCUMENT = DocumentRef(digest="d" * 64, size=1, media_type="text/plain", name="scan.txt")
PRICE = PriceVariance(
    said="Line 1 is billed at 13.15.",
    invoice_line="1",
    order_line="10",
    order_price=Decimal("12.40"),
    invoice_price=Decimal("13.15"),
    at_stake=Decimal("150.00"),
)
BANK = BankDetailsDiffer(said="Other account.", on_document="DE1", on_file="DE2")


def examined(*findings: Finding) -> Examined:
    headline = Headline(
        number="INV-1",
        credit_note=False,
        issue_date=None,
        currency="EUR",
        seller_name="Acme",
        net=None,
        tax=None,
        payable=None,
        order_ref=None,
        lines=1,
    )
    found = Examination(findings=findings, coding=(), lines=(), earlier_bills=0, order_id=None)
    return Examined(headline=headline, supplier=None, examination=found, known_codings=())


def test_what_was_found_is_said_in_the_question_and_in_the_evidence() -> None:
    question = ask_to_post(bill(exceptions=("price_variance",)), examined(PRICE), DOCUMENT, None)
    assert question.text == "Post the bill of Acme GmbH for 1,190.00 EUR despite price variance?"
    assert question.evidence == ("price variance: Line 1 is billed at 13.15.",)


def test_nothing_found_is_said_too() -> None:
    assert ask_to_post(bill(), examined(), DOCUMENT, None).evidence == ("nothing: every check passed",)


def test_what_a_model_read_names_the_document_to_compare_it_with() -> None:
    facts = ask_to_post(bill(read_by="model"), examined(), DOCUMENT, None).facts
    assert facts["Document"] == "scan.txt"
    assert facts["Read from"] == "a language model: compare it with the document"


@pytest.mark.parametrize(
    ("changes", "findings", "then"),
    [
        ({}, (), "it is paid when due, to the account on file"),
        ({}, (BANK,), "its payment stays held: bank details differ"),
        ({"credit_note": True}, (), "nothing is paid"),
        ({"payable": Decimal(0)}, (), "nothing is paid"),
    ],
)
def test_the_question_says_what_an_approval_does(
    changes: dict[str, object], findings: tuple[Finding, ...], then: str
) -> None:
    facts = ask_to_post(bill(**changes), examined(*findings), DOCUMENT, None).facts
    assert facts["If approved"].endswith(then)


def test_codings_beyond_the_third_are_counted_and_not_dropped() -> None:
    coding = tuple(Coding(account=f"{account}", cost_centre="10", net=Decimal(1)) for account in range(5))
    booked = ask_to_post(bill(coding=coding), examined(), DOCUMENT, None).facts["Booked to"]
    assert booked.endswith("account 2, cost centre 10: 1.00; and 2 more")


def test_a_proposal_is_never_worded_as_a_signal() -> None:
    signals = {"approve", "reject", "comment"}
    assert not [said for said in PROPOSED.values() if said.split()[0].strip(":") in signals]


def test_every_resolution_has_words_and_its_particulars() -> None:
    claim = ExaminerProposal.model_validate(
        {
            "resolution": {"kind": "match_other_order", "order_id": "PO-{kind}"},
            "reason": "It is theirs.",
            "confidence": "0.9",
        }
    )
    advised = advice(Consultation(claim=claim, provider="scripted", model=None, brief=DOCUMENT))
    assert advised
    assert advised.proposal == "match it to order PO-{kind}"


@pytest.mark.parametrize(
    "mark", ["<b>", "[x](", "![x](", "`x`", "*x*", "_x_", "~~x~~", "$x$", "\\<", "# x", "https://x"]
)
def test_nothing_in_an_unmarked_line_is_markup(mark: str) -> None:
    assert mark not in unmarked(mark, 100)


def test_an_unmarked_line_keeps_names() -> None:
    assert unmarked("invoice_examiner 1, turn 1", 100) == "invoice_examiner 1, turn 1"


@pytest.mark.parametrize("said", ["- one", "+ one", "1. one", "12) one", "---", "~~~", "=====", "-"])
def test_a_line_that_begins_with_a_mark_is_a_line_all_the_same(said: str) -> None:
    assert unmarked(said, 100).startswith("· ")


def test_an_address_is_no_link_and_a_figure_is_no_list() -> None:
    assert unmarked("mailto:pay@evil.example", 100) == "mailto: pay@evil.example"
    assert unmarked("12.50 EUR -5 %", 100) == "12.50 EUR -5 %"
