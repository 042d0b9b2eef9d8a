from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal

import pytest

from domain.actions import BaseAction, Effect
from domain.errors import BadPolicy
from governance.judge import Circumstances, judge
from governance.policy import Table
from governance.verdict import Rung, Verdict
from tests.actions import bill, payment
from tests.rules import ASKS, AT, HEAD, ROW, directory, given, rates, shipped, table

REVIEW = ROW + 'then = "review"\n'
ALLOW = ROW + 'then = "allow"\n'


class ChangeAccount(BaseAction):
    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "change"
    least_people: ClassVar[int] = 2
    kind: Literal["erp.post_bill"] = "erp.post_bill"

    def facts(self) -> dict[str, Any]:
        return {"action": self.kind}


def said(rows: str, **circumstances: Any) -> Verdict:
    return judge(table(rows), bill(), given(**circumstances))


def ladder(verdict: Verdict) -> list[tuple[str, datetime, str | None]]:
    assert verdict.review
    return [(rung.does, rung.at, rung.role) for rung in verdict.review.ladder]


def test_a_verdict_says_row_version_file_profile_and_every_fact_the_action_states() -> None:
    verdict = judge(shipped("invoice"), bill(exceptions=("price_variance",)), given())
    assert (verdict.then, verdict.row, verdict.profile) == ("review", "buyer", "production")
    assert verdict.review
    assert verdict.review.approvers == {"buyer": 1}
    assert len(verdict.file_digest) == 64
    assert verdict.facts == {
        "action": "erp.post_bill",
        "amount": "1190.00",
        "currency": "EUR",
        "credit_note": "False",
        "exceptions": "price_variance",
        "read_by": "parser",
        "foreign_currency": "False",
    }


def test_money_in_another_currency_is_compared_at_the_rate_of_the_day() -> None:
    rules = table(ROW + 'amount = "<= 500"\nthen = "allow"')
    dollars = bill(currency="USD", payable=Decimal(1000))
    verdict = judge(rules, dollars, given(rates=rates()))
    assert verdict.then == "allow"
    assert verdict.facts["amount"] == "1000"
    assert verdict.facts["currency"] == "USD"
    assert verdict.facts["amount_in_EUR"] == "500.0"
    assert verdict.facts["rate"] == "1 USD = 0.5 EUR of 2026-11-20"
    assert verdict.facts["foreign_currency"] == "True"
    assert judge(rules, dollars.model_copy(update={"payable": Decimal("1000.01")}), given(rates=rates())).then == "deny"


@pytest.mark.parametrize(
    ("currency", "circumstances"),
    [("USD", given()), ("JPY", given(rates=rates())), ("USD", given(rates=rates(), at=AT + timedelta(days=9)))],
    ids=["no rates", "no rate of this currency", "rates too old"],
)
def test_without_a_usable_rate_an_amount_is_never_compared_with_a_limit(
    currency: str, circumstances: Circumstances
) -> None:
    rules = table(ROW + 'amount = "<= 5000"\nthen = "allow"')
    verdict = judge(rules, bill(currency=currency, payable=Decimal(1)), circumstances)
    assert verdict.then == "deny"
    assert "tests amount" in verdict.why
    assert "rate" not in verdict.facts


def test_a_fact_that_the_table_does_not_declare_is_denied_because_no_row_foresaw_it() -> None:
    verdict = judge(table(ALLOW), bill(exceptions=("unreadable",)), given())
    assert (verdict.then, verdict.row) == ("deny", None)
    assert "exceptions is unreadable, which [facts] of the table does not declare" in verdict.why


def test_a_fact_of_another_type_than_declared_is_denied_and_not_an_error() -> None:
    rules = table(ALLOW + 'read_by = "> 5"', HEAD + 'read_by = "money"\n')
    assert "does not declare" in judge(rules, bill(), given()).why


def test_whoever_stopped_it_is_said_and_no_row_is_asked() -> None:
    verdict = said(ALLOW, stopped="Erika stopped payments on 23 November: audit.")
    assert (verdict.then, verdict.row, verdict.review) == ("deny", None, None)
    assert verdict.why == "Erika stopped payments on 23 November: audit."
    assert verdict.facts["stopped"] == "True"


def test_a_dev_profile_lets_anybody_answer_and_says_so() -> None:
    verdict = said(REVIEW + ASKS + 'assurance = "step-up"', profile="dev")
    assert verdict.review
    assert (verdict.profile, verdict.review.assurance) == ("dev", "anonymous")
    strict = said(REVIEW + ASKS + 'assurance = "step-up"')
    assert strict.review
    assert strict.review.assurance == "step-up"


@pytest.mark.parametrize(
    ("draw", "then"), [("0", "review"), ("0.0499", "review"), ("0.05", "allow"), ("0.99", "allow")]
)
def test_a_draw_below_the_sample_sends_what_is_allowed_to_a_person(draw: str, then: str) -> None:
    verdict = said(ALLOW + 'sample = "0.05"\n' + ASKS, draw=Decimal(draw))
    assert (verdict.then, verdict.sampled, verdict.review is not None) == (then, then == "review", then == "review")


@pytest.mark.parametrize(
    ("second", "then", "why"),
    [
        ("wanted", "review", "A second reader was not asked. "),
        ("agrees", "allow", ""),
        ("objects", "review", "A second reader does not agree. "),
        ("silent", "review", "A second reader had no answer. "),
    ],
)
def test_what_a_second_reader_does_not_agree_to_goes_to_a_person(second: str, then: str, why: str) -> None:
    verdict = said(ALLOW + "second_opinion = true\n" + ASKS, second=second)
    assert (verdict.then, verdict.second, verdict.why.removesuffix(said(ALLOW).why)) == (then, second, why)
    assert (verdict.review is not None) is (then == "review")


def test_a_second_reader_grants_nothing_that_the_row_does_not_allow() -> None:
    for row in (REVIEW + ASKS, ROW + 'then = "deny"\n'):
        assert said(row, second="agrees") == said(row)
    shadow = said(ALLOW + 'mode = "shadow"\nsecond_opinion = true\n' + ASKS, second="agrees")
    assert (shadow.then, shadow.would) == ("deny", "allow")
    drawn = said(ALLOW + 'sample = "1"\nsecond_opinion = true\n' + ASKS, second="agrees")
    assert (drawn.then, drawn.sampled, drawn.second) == ("review", True, None)


def test_in_review_mode_a_person_looks_at_all_that_is_allowed() -> None:
    verdict = said(ALLOW + 'mode = "review"\nsample = "0.05"\n' + ASKS)
    assert (verdict.then, verdict.sampled, verdict.row) == ("review", False, "one")


@pytest.mark.parametrize(
    ("row", "would"), [(ALLOW, "allow"), (REVIEW + ASKS, "review"), (ALLOW + 'sample = "1"\n' + ASKS, "review")]
)
def test_in_shadow_mode_nothing_happens_and_what_would_have_is_recorded(row: str, would: str) -> None:
    verdict = said(row + 'mode = "shadow"')
    assert (verdict.then, verdict.would, verdict.row, verdict.review) == ("deny", would, "one", None)
    assert f"otherwise: {would}" in verdict.why


def test_the_ladder_reminds_at_half_and_four_fifths_and_ends_at_the_deadline() -> None:
    hours = [AT + timedelta(hours=24), AT + timedelta(hours=48) * 4 / 5, AT + timedelta(hours=48)]
    assert ladder(said(REVIEW + ASKS)) == [
        ("remind", hours[0], None),
        ("remind", hours[1], None),
        ("end", hours[2], None),
    ]


def test_each_escalation_gets_the_same_time_again_with_reminders_of_its_own() -> None:
    verdict = said(REVIEW + ASKS + 'escalate = ["finance-head", "legal"]')
    assert [(does, (at - AT).total_seconds() / 3600, role) for does, at, role in ladder(verdict)] == [
        ("remind", 24, None),
        ("remind", 38.4, None),
        ("escalate", 48, "finance-head"),
        ("remind", 72, None),
        ("remind", 86.4, None),
        ("escalate", 96, "legal"),
        ("remind", 120, None),
        ("remind", 134.4, None),
        ("end", 144, None),
    ]
    assert verdict.review
    assert verdict.review.expires == AT + timedelta(hours=144)


def test_business_time_counts_in_the_calendar_of_whoever_is_asked_and_for_several_in_the_latest() -> None:
    row = REVIEW + 'approvers = { finance = 1, support = 1 }\ndeadline = "1 business day"\nescalate = ["finance-head"]'
    moments = [(does, at) for does, at, _ in ladder(said(row, directory=directory())) if does != "remind"]
    saturday = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
    assert moments[0] == ("escalate", saturday), "finance could answer on Tuesday, support only on Saturday"
    assert moments[1] == ("end", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)), "the week begins on Monday at nine in Berlin"


def test_business_time_without_people_cannot_be_counted() -> None:
    with pytest.raises(BadPolicy, match=r"invoice 1, row one, cell deadline: 2 business days needs people\.toml"):
        said(REVIEW + 'approvers = { finance = 1 }\ndeadline = "2 business days"')


@pytest.mark.parametrize("row", [ASKS.replace("finance", "janitor"), ASKS + 'escalate = ["janitor"]'])
def test_a_role_that_nobody_can_have_is_refused_by_name(row: str) -> None:
    with pytest.raises(BadPolicy, match=r"invoice 1, row one: janitor is no role of people\.toml"):
        said(REVIEW + row, directory=directory())


@pytest.mark.parametrize(
    ("row", "then"),
    [
        (ALLOW, "deny"),
        (ALLOW + 'sample = "1"\n' + ASKS, "deny"),
        (REVIEW + ASKS, "deny"),
        (ALLOW + 'mode = "review"\n' + ASKS.replace("= 1", "= 2"), "review"),
        (REVIEW + ASKS.replace("finance = 1", "finance = 1, legal = 1"), "review"),
    ],
)
def test_no_table_can_ask_fewer_people_than_an_action_needs(row: str, then: str) -> None:
    verdict = judge(table(row), ChangeAccount(business_key="k"), given())
    assert verdict.then == then
    if then == "deny":
        assert "ChangeAccount needs 2 people to approve, and row one asks" in verdict.why


def test_amounts_below_zero_are_no_way_around_a_limit() -> None:
    refunds: Table = shipped("refund")
    rows = [row for row in refunds.rows if row.then == "allow" and "amount" in row.cells]
    assert rows
    assert not any(row.cells["amount"].test(Decimal(amount)) for row in rows for amount in ("-1", "0"))


def test_what_a_ladder_says_is_in_order_of_time() -> None:
    verdict = said(REVIEW + ASKS + 'escalate = ["legal"]', directory=directory())
    assert verdict.review
    times = [rung.at for rung in verdict.review.ladder]
    assert times == sorted(times)
    assert verdict.review.ladder[-1] == Rung(at=times[-1], does="end")


def test_a_payment_is_judged_by_its_own_rows_only() -> None:
    rules = table(ALLOW + ALLOW.replace("one", "two").replace("erp.post_bill", "erp.schedule_payment"))
    assert judge(rules, payment(due_date=date(2026, 12, 1)), given()).row == "two"


@pytest.mark.parametrize("row", ['sample = "1"\n' + ASKS, 'mode = "shadow"\nsample = "0.9"\n' + ASKS])
def test_people_who_look_only_sometimes_are_not_counted_among_those_an_action_needs(row: str) -> None:
    verdict = judge(table(ALLOW + row.replace("= 1 ", "= 2 ")), ChangeAccount(business_key="k"), given())
    assert verdict.why == "ChangeAccount needs 2 people to approve, and row one asks 0."


def test_one_person_that_an_action_needs_is_one_that_a_row_must_ask() -> None:
    class Watched(ChangeAccount):
        least_people: ClassVar[int] = 1

    watched = Watched(business_key="k")
    assert judge(table(ALLOW), watched, given()).why == "Watched needs 1 people to approve, and row one asks 0."
    assert judge(table(REVIEW + ASKS), watched, given()).then == "review"


def test_a_row_that_asks_too_few_is_named_in_the_verdict() -> None:
    assert judge(table(ALLOW), ChangeAccount(business_key="k"), given()).row == "one"


def test_a_second_look_says_that_it_is_one_and_in_shadow_mode_that_it_would_have_been() -> None:
    row = ALLOW + 'sample = "0.05"\n' + ASKS
    assert said(row, draw=Decimal(0)).why == "A random second look. because"
    assert said(REVIEW + ASKS).why == "because"
    shadow = said(row + 'mode = "shadow"', draw=Decimal(0))
    assert (shadow.sampled, shadow.would) == (True, "review")
    assert said(row + 'mode = "shadow"', draw=Decimal("0.05")).sampled is False


def test_a_row_that_asks_for_a_review_and_names_nobody_lets_nothing_happen() -> None:
    rules = table(REVIEW + ASKS)
    nobody = replace(rules, rows=(replace(rules.rows[0], review=None),))
    verdict = judge(nobody, bill(), given())
    assert (verdict.then, verdict.row) == ("deny", "one")
    assert verdict.why == "Row one asks for a review and names nobody."
