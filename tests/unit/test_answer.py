import json
from decimal import Decimal
from typing import Any

import pytest

from domain.strict_json import DEPTH, NotStrict, strict_json
from governance.answer import CHANGES_LIMIT, TEXT_LIMIT, Answer, clip, parse_answer


def parsed(kind: str, value: Any) -> Answer:
    return parse_answer(kind, "json/plain", json.dumps(value).encode())


def test_an_amendment_names_what_to_change() -> None:
    answer = parsed("approve", {"note": "later", "changes": {"due_date": "2026-12-24"}})
    assert (answer.fault, answer.changes, answer.text) == (None, {"due_date": "2026-12-24"}, "later")


@pytest.mark.parametrize("changes", [{}, [], "due_date", 1, True])
def test_changes_of_another_shape_do_not_count(changes: Any) -> None:
    assert "changes is an object" in (parsed("approve", {"changes": changes}).fault or "")


def test_changes_that_are_too_long_do_not_count_and_leave_nothing_behind() -> None:
    answer = parsed("approve", {"changes": {"coding": "x" * CHANGES_LIMIT}})
    assert f"changes may have {CHANGES_LIMIT} characters" in (answer.fault or "")
    assert answer.changes is None


@pytest.mark.parametrize("kind", ["reject", "comment", "delegate"])
def test_only_an_approval_changes_anything(kind: str) -> None:
    assert "'changes' is not understood" in (parsed(kind, {"changes": {"due_date": "2026-12-24"}}).fault or "")


def test_a_decision_is_handed_to_a_person_by_name_alone_or_with_a_note() -> None:
    assert parsed("delegate", "cleo").person == "cleo"
    answer = parsed("delegate", {"person": "cleo", "note": "I am away", "by": "bea"})
    assert (answer.person, answer.text, answer.by) == ("cleo", "I am away", "bea")
    assert "needs a person" in (parsed("delegate", {"note": "I am away"}).fault or "")


def test_a_key_given_twice_is_refused_because_nobody_knows_which_counts() -> None:
    answer = parse_answer("approve", "json/plain", b'{"by": "anna", "by": "ben"}')
    assert answer.fault == "the data gives 'by' twice"
    deep = parse_answer("approve", "json/plain", b'{"changes": {"amount": "1", "amount": "2"}}')
    assert deep.fault == "the data gives 'amount' twice"


def test_a_signed_note_is_never_cut_because_its_signature_is_on_all_of_it() -> None:
    signed = parsed("approve", {"note": "x" * (TEXT_LIMIT + 1), "token": "a.b.c"})
    assert "may have 2000 characters" in (signed.fault or "")
    assert parsed("approve", {"note": "x" * TEXT_LIMIT, "token": "a.b.c"}).fault is None


@pytest.mark.parametrize("token", [1, ["a"], {"a": 1}])
def test_a_token_is_text(token: Any) -> None:
    assert parsed("approve", {"token": token}).fault


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"changes": {"amount": NaN}}', "the data holds NaN, which is no JSON value"),
        (b'{"changes": {"amount": -Infinity}}', "the data holds -Infinity, which is no JSON value"),
        (b'{"changes": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}", "the data nests deeper than 32"),
        (b"[" * 50_000 + b"]" * 50_000, "the data is not JSON"),
        (b'{"changes": {"a": "\\ud800"}}', "the data holds half a character (a lone surrogate)"),
        (b'{"changes": {"\\udc00": "a"}}', "the data holds half a character (a lone surrogate)"),
        (b'{"token": "\\ud800"}', "the data holds half a character (a lone surrogate)"),
        (b'{"note": "fine"', "the data is not JSON"),
        (b"\xff\xfe", "the data is not JSON"),
    ],
)
def test_what_could_not_be_carried_on_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    answer = parse_answer("approve", "json/plain", data)
    assert answer.fault == reason
    assert Answer.model_validate_json(answer.model_dump_json()) == answer


def test_a_note_with_a_handed_on_decision_is_never_cut_when_it_is_signed() -> None:
    assert parsed("delegate", {"person": "cleo", "note": "x" * (TEXT_LIMIT + 1), "token": "a.b.c"}).fault


def test_everything_that_is_given_arrives_as_it_was_given() -> None:
    answer = parsed("approve", {"by": "anna", "note": "fine", "token": "a.b.c", "changes": {"due_date": "2026-12-24"}})
    assert answer == Answer(
        kind="approve",
        by="anna",
        text="fine",
        token="a.b.c",
        changes={"due_date": "2026-12-24"},
        person=None,
        fault=None,
    )


def test_what_cannot_be_read_is_kept_as_far_as_it_can_be_and_long_names_are_cut() -> None:
    broken = parse_answer("approve", "json/plain", b"{yes")
    assert (broken.kind, broken.text, broken.fault) == ("approve", "{yes", "the data is not JSON")
    foreign = parse_answer("approve", "e" * 100, b"{}")
    assert foreign.kind == "approve"
    assert foreign.fault == f"data of encoding {'e' * 60 + '… [40 more characters]'!r} is not understood; use JSON"
    unknown = parse_answer("k" * 61, "json/plain", b"{}")
    assert (unknown.fault or "").startswith(f"{'k' * 60 + '… [1 more characters]'!r} is no answer; use approve, ")
    key = parsed("approve", {"x" * 41: 1, "by": "anna"})
    assert key.fault == f"{'x' * 40 + '… [1 more characters]'!r} is not understood; use by, changes, note, token"
    assert parsed("approve", {"by": "b" * 201, "x": 1}).by == "b" * 200 + "… [1 more characters]"


def test_a_text_at_its_limit_stands_and_what_is_no_text_is_shown_as_json() -> None:
    assert clip("x" * 2_000) == "x" * 2_000
    assert clip(["ü"]) == '["ü"]'
    assert (clip(""), clip(None)) == (None, None)
    assert clip("a\ud800b") == "a?b"


def test_changes_at_their_limit_count() -> None:
    room = CHANGES_LIMIT - len(json.dumps({"coding": ""}))
    assert parsed("approve", {"changes": {"coding": "x" * room}}).fault is None
    assert parsed("approve", {"changes": {"coding": "x" * (room + 1)}}).fault


def test_what_changes_look_like_is_said() -> None:
    assert parsed("approve", {"changes": []}).fault == 'changes is an object such as {"due_date": "2026-12-24"}'


def test_json_is_read_strictly_from_text_as_from_bytes() -> None:
    assert strict_json('{"a": 1.5}') == strict_json(b'{"a": 1.5}') == {"a": 1.5}
    assert strict_json("1.10", parse_float=Decimal) == Decimal("1.10")
    with pytest.raises(NotStrict, match=f"^gives '{'a' * 40}' twice$"):
        strict_json(f'{{"{"a" * 41}": 1, "{"a" * 41}": 2}}')


def test_json_may_nest_as_deep_as_the_limit_and_no_deeper() -> None:
    assert strict_json("[" * DEPTH + "]" * DEPTH)
    with pytest.raises(NotStrict, match=f"^nests deeper than {DEPTH}$"):
        strict_json("[" * (DEPTH + 1) + "]" * (DEPTH + 1))
