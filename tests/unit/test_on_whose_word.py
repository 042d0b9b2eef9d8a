"""What the timeline says beside an effect: who allowed it, and which events prove that."""

from datetime import timedelta

from governance.work_order import on_whose_word
from tests.actions import NOW, bill, decision, order, review, subject, verdict, vote
from workflows.options import EFFECT, said

ANNA = vote("anna").model_copy(update={"event_id": 12})
BEN = vote("ben").model_copy(update={"event_id": 19, "at": NOW + timedelta(minutes=1)})
ASKED = "approval.finance.invoice-1.post_bill"


def test_what_a_row_allows_names_the_row_and_the_table() -> None:
    allowed = verdict(bill(), then="allow", row="clean", policy="invoice", version="2026-11-23")
    told = on_whose_word(order(verdict=allowed, subject=None, decision=None), {})
    assert told == "allowed by row clean, invoice 2026-11-23"


def test_one_approver_is_named_with_the_event_that_proves_it() -> None:
    one = order(decision=decision(subject(bill()), votes=(ANNA,)))
    assert on_whose_word(one, {ANNA: ASKED}) == f"approved by anna (event 12) of {ASKED}"


def test_two_approvers_are_named_with_an_event_each() -> None:
    two = order(decision=decision(subject(bill()), votes=(ANNA, BEN)))
    told = f"approved by anna (event 12), ben (event 19) of {ASKED}"
    assert on_whose_word(two, {ANNA: ASKED, BEN: ASKED}) == told


def test_a_vote_that_was_carried_over_names_the_approval_that_heard_it() -> None:
    two = order(decision=decision(subject(bill()), votes=(ANNA, BEN)))
    told = f"approved by anna (event 12) of {ASKED}, ben (event 19) of {ASKED}.2"
    assert on_whose_word(two, {ANNA: ASKED, BEN: f"{ASKED}.2"}) == told


def test_silence_is_not_called_an_approval() -> None:
    silent = verdict(bill(), review=review(silence="allow"), row="small", policy="invoice", version="1")
    unopposed = order(verdict=silent, decision=decision(subject(bill()), state="expired", votes=(ANNA,)))
    assert on_whose_word(unopposed, {ANNA: ASKED}) == "allowed by silence, row small, invoice 1"


def test_no_name_becomes_markup_or_fills_the_line() -> None:
    named = ANNA.model_copy(update={"person": "[x](//evil.example) " * 50})
    config = said(EFFECT, on_whose_word(order(decision=decision(subject(bill()), votes=(named,))), {named: ASKED}))
    summary = config.get("summary") or ""
    assert len(summary) <= 200
    assert not set(summary) & set("[]<>`")
    assert ASKED in summary
