import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from commands import backtest as command
from domain.actions import BaseAction
from governance.backtest import Recorded, Ruling, backtest
from governance.canonical import digest
from governance.judge import judge
from governance.policy import Table
from governance.verdict import Verdict
from integrations.temporal.verdicts import Unknown, verdict_of
from tests.actions import bill, payment
from tests.replay.histories import load, stored
from tests.rules import ASKS, HEAD, ROW, SHIPPED, given, rates, shipped, table
from tests.unit.test_policy_check import BILLS, ROWS, Spec, written

ALLOW = ROW + 'then = "allow"\n'
BELOW = ROW + 'then = "allow"\namount = "<= 1000"\n'
ABOVE = ROW.replace("one", "two") + 'then = "review"\namount = "> 1000"\n'


def recorded(rules: Table, action: BaseAction | None = None, case: str = "invoice-1", **given_: Any) -> Recorded:
    return Recorded(case=case, verdict=judge(rules, action or bill(), given(**given_)))


def test_a_table_judged_again_with_itself_flips_nothing() -> None:
    for name in SHIPPED:
        rules = shipped(name)
        found = backtest(rules, [recorded(rules), recorded(rules, payment(), case="invoice-2")])
        assert (found.judged, found.flips, found.unjudged) == (2, (), ())


def test_a_flip_says_case_action_rows_people_and_money() -> None:
    (flip,) = backtest(table(BELOW + ABOVE + ASKS), [recorded(table(ALLOW))]).flips
    assert (flip.case, flip.action, flip.direction) == ("invoice-1", "erp.post_bill", "stricter")
    assert flip.before == Ruling("allow", "one", "")
    assert flip.after == Ruling("review", "two", "finance \u00d7 1")
    assert (flip.amount, flip.currency) == (Decimal("1190.00"), "EUR")


@pytest.mark.parametrize(
    ("before", "after", "direction"),
    [
        (ROW + 'then = "deny"', ALLOW, "looser"),
        (ROW + 'then = "review"\n' + ASKS, ALLOW, "looser"),
        (ALLOW, ALLOW + 'mode = "shadow"', "stricter"),
        (ALLOW + 'mode = "shadow"', ALLOW, "looser"),
        (ALLOW, ALLOW + 'mode = "review"\n' + ASKS, "stricter"),
        (ROW + 'then = "review"\n' + ASKS, ROW + 'then = "review"\n' + ASKS.replace("1", "2"), "other people"),
    ],
)
def test_a_flip_has_a_direction(before: str, after: str, direction: str) -> None:
    (flip,) = backtest(table(after), [recorded(table(before))]).flips
    assert flip.direction == direction


def test_chance_is_no_flip() -> None:
    read = table(ALLOW + "second_opinion = true\n" + ASKS)
    assert recorded(read).verdict.then == "review"
    assert backtest(read, [recorded(table(ALLOW)), recorded(read)]).flips == ()
    sampled = table(ALLOW + 'sample = "1"\n' + ASKS)
    record = recorded(sampled)
    assert record.verdict.sampled
    assert backtest(table(ALLOW), [record]).flips == ()
    assert backtest(sampled, [recorded(table(ALLOW))]).flips == ()


def test_a_fact_that_is_not_on_record_is_never_guessed() -> None:
    rules = table(ALLOW + "weekend = true\n" + ALLOW.replace("one", "two"), HEAD + 'weekend = "flag"\n')
    found = backtest(rules, [recorded(table(ALLOW))])
    assert (found.judged, found.flips) == (0, ())
    assert found.unjudged[0].why == "a row tests weekend, which is not on record"


def test_a_new_fact_that_no_reached_row_tests_does_not_matter() -> None:
    rules = table(ALLOW + ALLOW.replace("one", "two") + "weekend = true", HEAD + 'weekend = "flag"\n')
    assert backtest(rules, [recorded(table(ALLOW))]).judged == 1


def test_a_fact_that_another_table_reads_as_another_type_is_said() -> None:
    rules = table(ALLOW, HEAD + 'read_by = "ratio"\n')
    found = backtest(rules, [recorded(table(ALLOW))])
    assert found.unjudged[0].why == "read_by was recorded as parser, which is no ratio"


def test_an_amount_that_was_converted_is_compared_as_it_was_then() -> None:
    record = recorded(table(BELOW + ABOVE + ASKS), bill(currency="USD", payable=Decimal(1200)), rates=rates())
    assert record.verdict.then == "allow"
    stricter = table(BELOW.replace("1000", "599") + ABOVE.replace("1000", "599") + ASKS)
    (flip,) = backtest(stricter, [record]).flips
    assert (flip.amount, flip.currency, flip.after.then) == (Decimal(1200), "USD", "review")


def test_an_amount_in_a_currency_nobody_converted_cannot_be_judged() -> None:
    pounds = table(BELOW + ABOVE + ASKS, HEAD.replace('"EUR"', '"GBP"'))
    found = backtest(pounds, [recorded(table(BELOW + ABOVE + ASKS))])
    assert found.unjudged[0].why == "a row tests amount, which is not on record"


def test_what_a_person_stopped_says_nothing_about_a_table() -> None:
    found = backtest(table(ALLOW), [recorded(table(ALLOW), stopped="Erika stopped it.")])
    assert (found.judged, "stopped" in found.unjudged[0].why) == (0, True)


def test_of_two_verdicts_on_one_action_the_last_counts() -> None:
    found = backtest(table(ALLOW), [recorded(table(ROW + 'then = "deny"')), recorded(table(ALLOW))])
    assert (found.judged, found.flips) == (1, ())


@drawn(ROWS, ROWS, BILLS, st.sampled_from([None, rates()]))
def test_recorded_facts_give_the_verdict_that_the_action_itself_would(
    rows: list[Spec], others: list[Spec], action: Any, known: Any
) -> None:
    old, new = written(rows), written(others)
    found = backtest(new, [Recorded(case="c", verdict=judge(old, action, given(rates=known)))])
    again = judge(new, action, given(rates=known))
    before = judge(old, action, given(rates=known))
    if found.unjudged:
        assert "which this action lacks" in again.why
    else:
        assert bool(found.flips) == (before.then != again.then)
        assert all(flip.after.row == again.row for flip in found.flips)


# Reading histories


def marker(activity: str, result: bytes | None) -> HistoryEvent:
    event = HistoryEvent(event_type=EventType.EVENT_TYPE_MARKER_RECORDED)
    marked = event.marker_recorded_event_attributes
    marked.marker_name = "core_local_activity"
    marked.details["data"].payloads.add(data=json.dumps({"activity_type": activity}).encode())
    if result is not None:
        marked.details["result"].payloads.add(data=result)
    return event


def test_a_verdict_is_read_from_the_marker_of_its_judge() -> None:
    verdict = judge(table(ALLOW), bill(), given())
    assert verdict_of(marker("judge", verdict.model_dump_json().encode())) == verdict
    assert verdict_of(marker("examine_invoice", verdict.model_dump_json().encode())) is None
    assert verdict_of(marker("judge", None)) is None
    assert verdict_of(HistoryEvent()) is None
    assert verdict_of(HistoryEvent(event_type=EventType.EVENT_TYPE_MARKER_RECORDED)) is None


@pytest.mark.parametrize("result", [b"{}", b'{"then": "allow"}', b"[", b"null", b"\xff"])
def test_a_verdict_of_another_shape_is_known_as_such(result: bytes) -> None:
    assert verdict_of(marker("judge", result)) == Unknown()


def test_a_stored_history_of_an_approved_case_has_the_verdicts_on_its_three_actions() -> None:
    (file,) = [file for file in stored() if file.name == "approved.case.json"]
    found = [verdict_of(event) for event in load(file).events]
    assert len([each for each in found if isinstance(each, Verdict | Unknown)]) == 3


# The command


def test_the_command_reads_saved_verdicts_and_prints_what_would_flip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records, new = tmp_path / "records.json", tmp_path / "new.toml"
    old = table(ALLOW)
    kept = tuple(recorded(old, bill(payable=Decimal(amount)), case=f"invoice-{amount}") for amount in (10, 2000, 3000))
    dollars = recorded(old, bill(currency="USD"), case="invoice-usd")
    records.write_bytes(command.RECORDS.dump_json((*kept, dollars)))
    new.write_text(HEAD + BELOW + ABOVE + ASKS)
    with pytest.raises(command.typer.Exit) as done:
        command.backtest_table(policy=str(new), facts=records)
    said = capsys.readouterr().out
    assert done.value.exit_code == 0
    assert "3 decisions judged again, 2 would flip" in said
    assert "stricter: 2 decisions, at stake 5,000.00 EUR" in said
    assert "invoice-2000, invoice-3000" in said
    assert "1 cannot be judged: erp.post_bill: a row tests amount, which is not on record" in said


@pytest.mark.parametrize("content", [b"", b"[", b"{}", b'[{"case": 1}]', b"\xff"])
def test_a_file_that_is_no_record_is_refused_in_a_sentence(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = tmp_path / "records.json"
    records.write_bytes(content)
    with pytest.raises(command.typer.Exit) as done:
        command.backtest_table(policy="invoice", facts=records)
    assert done.value.exit_code == 2
    assert "write such a file with --save" in " ".join(capsys.readouterr().err.split())


def test_a_recorded_verdict_is_of_its_action() -> None:
    assert recorded(table(ALLOW)).verdict.action_digest == digest(bill())
