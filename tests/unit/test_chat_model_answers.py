import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.claims import ANSWER_LIMIT, COMPLAINT_LIMIT, decode_claim
from agents.invoice_examiner import ExaminerProposal
from domain.values import Amount, Frozen

GOOD = '{"resolution": {"kind": "escalate"}, "reason": "The brief does not settle it.", "confidence": "0.4"}'


class Figures(Frozen):
    net: Amount


class Answered(Frozen):
    paid: bool
    lines: int


def test_a_good_answer_becomes_the_claim() -> None:
    claim = decode_claim(GOOD, ExaminerProposal)
    assert isinstance(claim, ExaminerProposal)
    assert claim.confidence == Decimal("0.4")


def test_a_code_fence_around_the_whole_answer_is_tolerated() -> None:
    assert decode_claim(f"```json\n{GOOD}\n```\n", ExaminerProposal) == decode_claim(GOOD, ExaminerProposal)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "The answer is not one complete JSON object"),
        ("I think you should pay.", "The answer is not one complete JSON object"),
        (f"Sure! {GOOD}", "The answer is not one complete JSON object"),
        (f"{GOOD}\n{GOOD}", "Extra data"),
        (GOOD[:60], "Unterminated string"),
        ("[]", "The answer is not one JSON object."),
        ('"accept"', "The answer is not one JSON object."),
        ("null", "The answer is not one JSON object."),
        (GOOD.replace('"reason"', '"confidence"'), "the key confidence occurs twice"),
        (GOOD.replace('{"kind": "escalate"}', '{"kind": "reject", "kind": "accept"}'), "the key kind occurs twice"),
        (GOOD.replace('"0.4"', "NaN"), "NaN is not a number"),
        (GOOD.replace('"0.4"', "Infinity"), "Infinity is not a number"),
        (GOOD.replace('"0.4"', '"NaN"'), "confidence: Input should be a finite number."),
        (GOOD.replace('"0.4"', "1.4"), "confidence: Input should be less than or equal to 1."),
        (GOOD.replace('"0.4"', "true"), "confidence: Decimal input should be"),
        (GOOD.replace('"0.4"', '"0.4", "approved": true'), "approved: Extra inputs are not permitted."),
        (GOOD.replace('"escalate"', '"pay_now"'), "resolution: Input tag 'pay_now'"),
        (GOOD.replace('{"kind": "escalate"}', '{"kind": "escalate", "to": "boss"}'), "resolution.escalate.to: Extra"),
        (GOOD.replace('"escalate"', '"match_other_order"'), "resolution.match_other_order.order_id: Field required."),
        (GOOD.replace("The brief", "x" * 700), "reason: String should have at most 600 characters."),
        ('{"resolution": "\\ud800"}', "Invalid JSON"),
        ("[" * 30_000, "The answer is nested too deeply."),
        ('{"a": ' * 9_000 + "1" + "}" * 9_000, "The answer is nested too deeply."),
        ('{"a": ' + "9" * 5_000 + "}", "The answer is not one complete JSON object"),
        ("x" * (ANSWER_LIMIT + 1), "The answer has 64001 characters; the limit is 64000."),
    ],
)
def test_an_answer_that_cannot_be_used_is_complained_about(answer: str, said: str) -> None:
    complaint = decode_claim(answer, ExaminerProposal)
    assert isinstance(complaint, str)
    assert said in complaint
    assert complaint.endswith((".", "…"))
    assert len(complaint) <= COMPLAINT_LIMIT


@pytest.mark.parametrize(
    "answer", ['{"paid": "yes", "lines": 1}', '{"paid": 1, "lines": 1}', '{"paid": true, "lines": "1"}']
)
def test_nothing_is_converted(answer: str) -> None:
    assert "Input should be a valid" in str(decode_claim(answer, Answered))
    assert decode_claim('{"paid": true, "lines": 1}', Answered) == Answered(paid=True, lines=1)


@pytest.mark.parametrize("figure", ["12345678901234.12345", "0.12345678901234567", "1e400", "1E2"])
def test_a_number_that_would_be_rounded_is_refused(figure: str) -> None:
    assert "would be rounded, write it out as a string" in str(decode_claim(f'{{"net": {figure}}}', Figures))


@pytest.mark.parametrize("figure", ['"12345678901234.12345"', "12345678901234.5", "1190.00", "1190", "12345678901234"])
def test_a_number_arrives_exactly_as_written(figure: str) -> None:
    assert decode_claim(f'{{"net": {figure}}}', Figures) == Figures(net=Decimal(figure.strip('"')))


def test_a_long_list_of_problems_is_clipped() -> None:
    complaint = decode_claim(json.dumps({f"{'k' * 100}{number}": 1 for number in range(50)}), ExaminerProposal)
    assert isinstance(complaint, str)
    assert "k" * 61 not in complaint
    assert complaint.endswith("and 45 more.")


@given(
    st.text(max_size=300) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_no_answer_raises_and_none_of_these_is_a_claim(answer: str) -> None:
    assert isinstance(decode_claim(answer, ExaminerProposal), str)
