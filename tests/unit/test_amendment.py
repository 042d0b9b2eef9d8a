from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.amendment import Amendment, Change, amend
from governance.answer import Answer
from governance.canonical import digest
from governance.judge import Circumstances
from governance.people import Delegation, Mandate
from governance.policy import Table
from governance.policy_file import load_table
from governance.quorum import missing
from governance.standing import Laws, Standing, weigh
from tests.actions import NOW, payment, review, subject
from tests.people import laws, person, sent

TABLE = """
policy = "invoice"
version = "1"
default = "deny"
currency = "EUR"
[facts]
action = ["erp.schedule_payment"]
amount = "money"
[[row]]
id = "tiny"
action = "erp.schedule_payment"
amount = "< 1"
then = "deny"
why = "Not worth a transfer."
[[row]]
id = "small"
action = "erp.schedule_payment"
amount = "<= 100"
then = "allow"
why = "Small."
[[row]]
id = "middle"
action = "erp.schedule_payment"
amount = "<= 500"
then = "review"
approvers = { buyer = 1 }
assurance = "claimed"
deadline = "48 hours"
why = "Middle."
[[row]]
id = "large"
action = "erp.schedule_payment"
then = "review"
approvers = { finance = 2 }
assurance = "principal"
deadline = "48 hours"
why = "Large."
"""


@pytest.fixture(scope="module")
def table() -> Table:
    return load_table(TABLE.encode(), "table.toml")


def changed(table: Table, by: str, changes: dict[str, Any], *, principal: str | None = None, **rules: Any) -> Change:
    """What becomes of a payment of 1,190 that somebody of finance or a buyer changes."""
    answer = Answer(kind="approve", by=by, changes=changes)
    asked: Laws = rules.get("laws", laws())
    standing = Standing(
        request="a" * 64,
        run_id="run-1",
        requester="mailroom",
        amount=Decimal(1190),
        currency="EUR",
        review=review({"finance": 1, "buyer": 1}, assurance="claimed"),
    )
    weighed = weigh(answer, sent(principal=principal), standing, asked)
    assert weighed.why_not is None
    given = Circumstances(
        at=NOW, draw=Decimal(0), rates=asked.rates, directory=asked.directory, profile=asked.profile, stopped=None
    )
    amendment = Amendment(subject=subject(payment()), answer=answer, weighed=weighed, standing=standing)
    return amend(amendment, table, given, asked)


def test_an_action_changed_into_what_policy_allows_is_judged_as_changed(table: Table) -> None:
    change = changed(table, "fay", {"amount": "100"})
    assert change.amended
    assert (change.amended.verdict.row, change.amended.verdict.then) == ("small", "allow")
    assert change.amended.verdict.action_digest == digest(change.amended.subject.action)
    assert change.amended.subject.action.facts()["amount"] == Decimal(100)
    assert change.amended.subject.row == "small"


def test_an_action_changed_into_a_reviewed_one_is_held_to_that_row(table: Table) -> None:
    assert changed(table, "fay", {"amount": "500"}).why_not
    by_buyer = changed(table, "bea", {"amount": "500"})
    assert by_buyer.amended
    assert by_buyer.amended.verdict.row == "middle"
    assert by_buyer.amended.subject.expires == NOW + timedelta(hours=48)


def test_a_change_that_keeps_the_row_needs_the_others_still_and_the_proof_that_row_asks_for(table: Table) -> None:
    assert "as changed, it takes somebody principal" in (changed(table, "fay", {"amount": "900"}).why_not or "")
    change = changed(table, "fay", {"amount": "900"}, principal="sso|fay")
    assert change.amended
    review_of = change.amended.verdict.review
    assert review_of
    assert missing((), review_of.approvers) == {"finance": 2}
    assert [mandate.role for mandate in change.weighed.mandates] == ["finance"]


def test_nobody_changes_an_action_into_one_that_is_not_theirs_to_decide(table: Table) -> None:
    refused = changed(table, "bea", {"amount": "900"}, principal="sso|bea")
    assert "as changed, Bea has none of the roles" in (refused.why_not or "")


def test_a_change_that_policy_denies_is_refused_with_the_row_s_reason(table: Table) -> None:
    assert changed(table, "fay", {"amount": "0.50"}).why_not == "as changed, policy denies it: Not worth a transfer."


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "DE89370400440532013000"},
        {"bill_id": "B-2"},
        {"business_key": "x"},
        {"kind": "erp.void_bill"},
        {"amount": "1190.01"},
        {"amount": "0"},
        {"amount": "-5"},
        {"amount": 12.5},
        {"amount": "NaN"},
        {"amount": "1e3000"},
        {"amount": None},
        {"amount": []},
        {"due_date": "tomorrow"},
        {"due_date": "2026-02-30"},
        {"__class__": "x"},
        {"amount": "100", "account": "DE89370400440532013000"},
        {},
    ],
)
def test_what_may_not_be_changed_or_does_not_fit_is_refused_in_one_sentence(
    table: Table, changes: dict[str, Any]
) -> None:
    change = changed(table, "fay", changes)
    assert change.amended is None
    assert change.why_not
    assert "\n" not in change.why_not
    assert "pydantic" not in change.why_not
    assert len(change.why_not) < 500


def test_the_dev_profile_lets_a_stranger_change_what_a_stranger_may_decide(table: Table) -> None:
    change = changed(table, "stranger", {"amount": "900"}, laws=laws("dev"))
    assert change.amended
    assert change.amended.verdict.review
    assert change.amended.verdict.review.assurance == "anonymous"


def test_a_change_says_in_its_own_words_why_it_cannot_be(table: Table) -> None:
    assert "it may change amount" in (changed(table, "fay", {"bill_id": "B-2"}).why_not or "")


@pytest.mark.parametrize(
    ("amount", "expires"), [("100", subject(payment()).expires), ("500", NOW + timedelta(hours=24))]
)
def test_a_change_ends_when_its_own_row_says_or_else_when_the_request_did(amount: str, expires: datetime) -> None:
    short = load_table(TABLE.replace('deadline = "48 hours"', 'deadline = "24 hours"').encode(), "table.toml")
    change = changed(short, "bea", {"amount": amount})
    assert change.amended
    assert change.amended.subject.expires == expires


def test_a_changer_is_held_to_their_limit_by_the_amount_as_changed(table: Table) -> None:
    lent = Delegation(giver="fay", taker="cleo", roles=("finance",), since=NOW.date(), until=NOW.date())
    rules = laws("production", delegations=(lent,))
    change = changed(table, "cleo", {"amount": "500"}, laws=rules)
    assert change.amended
    assert change.weighed.mandates == (Mandate(role="buyer", on_behalf_of=None),)
    dearer = load_table(TABLE.replace('"<= 500"', '"<= 501"').encode(), "table.toml")
    assert "500 EUR, and 501 EUR is at stake" in (changed(dearer, "cleo", {"amount": "501"}, laws=rules).why_not or "")


def test_a_changer_fills_the_places_of_the_row_as_changed_and_not_those_they_had(table: Table) -> None:
    both = laws("production", person("olga", "buyer", "finance"))
    change = changed(table, "olga", {"amount": "500"}, laws=both)
    assert [mandate.role for mandate in change.weighed.mandates] == ["buyer"]
