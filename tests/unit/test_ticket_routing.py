"""From what the router claims, or from words alone, to a queue, a priority and a verdict of the shipped table."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ticket_router import RouterBrief, RouterClaim, by_words
from agents.ticket_triage import RoutingRules, triage_of
from domain.actions.tickets import Priority
from domain.checks.ticket_intake import FLAGS, take_in
from domain.checks.ticket_refund import amounts, refund_request
from domain.checks.ticket_routing import queue_for
from domain.customers import Contract
from domain.documents import DocumentRef
from domain.support import Queue
from domain.ticket_steps import link_of, question_of, refund_of, reply_of, route_of
from domain.ticketing import Draft, Link, TicketCase, TicketDossier, Triage
from governance.judge import judge
from integrations.scripted_model.router_rules import route
from tests.rules import given as circumstances
from tests.rules import rates, shipped
from tests.tickets import (
    AT,
    TERMS,
    VOCABULARY,
    contract,
    dossier,
    known,
    message,
    order,
    people,
    queues,
    sample,
    text_of,
    ticket,
)

TEXT = DocumentRef(digest="a" * 64, size=1, media_type="text/plain", name="ticket")
RULES = RoutingRules(queues=queues(), terms=TERMS)
TABLE, PEOPLE = shipped("ticket"), people()


def claim(**changes: Any) -> RouterClaim:
    sure: dict[str, Any] = {"level": "medium", "confidence": "0.9"}
    fields: dict[str, Any] = {
        "queue": {"name": "delivery", "confidence": "0.9"},
        "second_queue": None,
        "intents": [{"intent": "where_is_my_order", "confidence": "0.95"}],
        "impact": sure,
        "urgency": sure,
        "sentiment": {"feeling": "neutral", "confidence": "0.5"},
        "concerns": [],
        "entities": [],
    }
    return RouterClaim.model_validate({**fields, **changes})


def triage(said: RouterClaim | None, found: TicketDossier | None = None, rules: RoutingRules = RULES) -> Triage:
    found = found or dossier()
    intake = take_in(found, TERMS, VOCABULARY, AT)
    return triage_of(said, intake, rules, said_by="agent", text=text_of(found))


def codes(found: Triage) -> set[str]:
    return {finding.code for finding in found.findings}


def verdict(found: Triage, of: TicketDossier | None = None) -> tuple[str, str | None]:
    intake = take_in(of or dossier(), TERMS, VOCABULARY, AT)
    said = judge(TABLE, route_of(intake, found), circumstances(directory=PEOPLE, rates=rates()))
    return said.then, said.row


def test_a_clear_claim_goes_to_its_queue_by_itself() -> None:
    found = triage(claim())
    assert (found.queue, found.priority, found.intents) == ("delivery", "medium", ("where_is_my_order",))
    assert (found.confidence, found.close_second, found.findings) == (Decimal("0.9"), False, ())
    assert verdict(found) == ("allow", "route")


def test_without_a_claim_a_person_says_where() -> None:
    found = triage(None)
    assert (found.queue, found.confidence) == ("general", 0)
    assert codes(found) == {"nobody_routed"}
    assert verdict(found) == ("review", "unsure-route")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"queue": {"name": "refunds", "confidence": "1"}}, "doubtful_queue"),
        ({"queue": {"name": "the CEO's", "confidence": "1"}}, "doubtful_queue"),
        ({"intents": []}, "no_queue"),
        ({"intents": [{"intent": "give_me_everything", "confidence": "1"}]}, "no_queue"),
        ({"intents": [{"intent": "where_is_my_order", "confidence": "0.4"}]}, "no_queue"),
    ],
)
def test_a_claim_that_does_not_fit_the_helpdesk_is_worth_nothing(changes: dict[str, Any], code: str) -> None:
    found = triage(claim(**changes))
    assert code in codes(found)
    assert found.confidence == 0
    assert verdict(found)[0] == "review"


def test_a_claim_about_a_ticket_that_was_not_read_in_full_is_worth_nothing() -> None:
    assert triage(claim(), dossier("a" * 30_000)).confidence == 0


@pytest.mark.parametrize(("second", "close"), [("0.71", True), ("0.70", False), ("0.1", False)])
def test_two_queues_nearly_as_likely_are_for_a_person(second: str, close: bool) -> None:
    found = triage(claim(second_queue={"name": "refunds", "confidence": second}))
    assert found.close_second == close
    assert verdict(found) == (("review", "close-second") if close else ("allow", "route"))


def test_two_wishes_of_different_queues_are_close_and_several() -> None:
    intents = [{"intent": "where_is_my_order", "confidence": "0.9"}, {"intent": "request_refund", "confidence": "0.8"}]
    found = triage(claim(intents=intents))
    assert found.close_second
    assert "several_intents" in found.flags


def test_the_same_intent_twice_is_one_wish() -> None:
    intents = [{"intent": "where_is_my_order", "confidence": each} for each in ("0.9", "0.95")]
    found = triage(claim(intents=intents))
    assert (found.intents, found.flags, found.confidence) == (("where_is_my_order",), (), Decimal("0.9"))


def test_an_unsure_claim_is_for_a_person() -> None:
    found = triage(claim(queue={"name": "delivery", "confidence": "0.4"}))
    assert "low_confidence" in codes(found)
    assert verdict(found) == ("review", "unsure-route")


@given(st.sets(st.sampled_from(["security", "legal", "abuse", "personal_data"])), st.sampled_from(["0", "0.5", "1"]))
def test_a_claim_may_raise_flags_and_lowers_none(concerns: set[str], confidence: str) -> None:
    said = claim(concerns=[{"flag": flag, "confidence": confidence} for flag in sorted(concerns)])
    found = dossier("our lawyer knows where my order is", known=known(tier="vip"))
    flags = set(triage(said, found).flags)
    assert flags == {"legal", "vip"} | (concerns if confidence != "0" else set())
    assert [flag for flag in FLAGS if flag in flags] == list(triage(said, found).flags)


def test_what_only_the_router_saw_is_said_to_be_its_word() -> None:
    found = triage(claim(concerns=[{"flag": "abuse", "confidence": "0.9"}]))
    assert [(each.code, each.owner) for each in found.findings] == [("abuse", "support-lead")]
    assert verdict(found) == ("review", "delicate")


@pytest.mark.parametrize(
    ("levels", "said", "promised", "priority"),
    [
        (("high", "high"), "where is my order", None, "urgent"),
        (("low", "low"), "where is my order", None, "low"),
        (("low", "low"), "where is my order", contract(least_priority="high"), "high"),
        (("high", "high"), "where is my order", contract(least_priority="low"), "urgent"),
        (("low", "low"), "our lawyer asks where my order is", None, "high"),
        (("low", "low"), "somebody hacked my order", None, "urgent"),
    ],
)
def test_priority_follows_the_grid_and_is_only_raised(
    levels: tuple[str, str], said: str, promised: Contract | None, priority: Priority
) -> None:
    impact, urgency = ({"level": level, "confidence": "0.9"} for level in levels)
    found = triage(claim(impact=impact, urgency=urgency), dossier(said, known=known(promised)))
    assert found.priority == priority


def test_of_several_flags_the_most_pressing_counts() -> None:
    assert triage(claim(), dossier("somebody hacked my order", known=known(tier="vip"))).priority == "urgent"


def test_a_wish_that_no_queue_asks_for_is_nobodys() -> None:
    assert VOCABULARY.wishes_among(("request_refund",), ()) == ()


@pytest.mark.parametrize(("drafted_by", "confidence"), [("model", "0.9"), ("template", "1")])
def test_a_models_answer_is_as_sure_as_its_routing(drafted_by: Any, confidence: str) -> None:
    draft = Draft(body="Hello", articles=("KB-1",), confidence=Decimal(1))
    answer = reply_of(take_in(dossier(), TERMS, VOCABULARY, AT), triage(claim()), draft, drafted_by)
    assert (answer.confidence, answer.to) == (Decimal(confidence), "office@kunde.example")


@pytest.mark.parametrize(
    ("said", "asked"), [("refund 20 EUR, no, 30 EUR", "30"), ("refund 0 EUR", None), ("refund 20 USD", None)]
)
def test_the_largest_amount_in_the_orders_currency_is_the_bound(said: str, asked: str | None) -> None:
    found = request(said, order())
    assert (found.asked, found.asked_currency) == ((Decimal(asked), "EUR") if asked else (None, None))


def test_a_level_that_the_router_is_not_sure_of_is_medium() -> None:
    unsure = {"level": "high", "confidence": "0.4"}
    assert triage(claim(impact=unsure, urgency=unsure)).priority == "medium"


def test_only_what_stands_in_the_ticket_is_named_in_it() -> None:
    entities = [{"kind": "order", "text": each, "confidence": "1"} for each in ("SO-1001", "SO-9999", "!!!")]
    found = triage(claim(entities=entities), dossier("where is order so-1001"))
    assert [entity.text for entity in found.entities] == ["so-1001"]


def test_of_several_queues_the_one_that_speaks_the_language_comes_first() -> None:
    english = Queue(name="en", team="e", intents=("warranty",))
    german = Queue(name="de", team="d", intents=("warranty",), skills=("de",))
    assert [queue_for("warranty", each, (english, german)) for each in ("de", "en", "fr")] == [german, english, english]
    assert queue_for("nothing", "en", (english, german)) is None
    found = triage(claim(), dossier("wo ist meine bestellung und wann kommt sie"))
    assert codes(found) == {"no_speaker"}
    assert verdict(found)[0] == "allow"


# Routing by words, and by the scripted model


def brief(of: TicketDossier) -> RouterBrief:
    return RouterBrief.of(TEXT, of, take_in(of, TERMS, VOCABULARY, AT))


@pytest.mark.parametrize(
    ("name", "queue", "row"),
    [
        ("01", "refunds", "route"),
        ("02", "delivery", "route"),
        ("03", "payments", "route"),
        ("06", "general", "legal"),
        ("07", "returns", "security"),
        ("08", "refunds", "route"),
        ("09", "accounts", "several-intents"),
        ("10", "general", "unsure-route"),
    ],
)
def test_the_scripted_model_routes_the_samples(name: str, queue: str, row: str) -> None:
    found = dossier(ticket=sample(name))
    went = triage(route(brief(found), text_of(found)), found)
    assert (went.queue, verdict(went, found)[1]) == (queue, row)


def test_without_a_model_one_clear_wish_is_routed_and_nothing_else() -> None:
    said = by_words(brief(dossier()))
    assert said is not None
    assert triage(said).queue == "delivery"
    assert by_words(brief(dossier(ticket=sample("09")))) is None
    assert by_words(brief(dossier(ticket=sample("10")))) is None


@given(st.text(max_size=500))
def test_the_scripted_model_answers_any_text(text: str) -> None:
    found = dossier(text)
    assert triage(route(brief(found), text), found).queue in {queue.name for queue in queues()}


@given(st.text(alphabet=st.characters(max_codepoint=0x17F, exclude_categories=("C",)), max_size=200))
def test_shouting_moves_nobody_up(text: str) -> None:
    plain, loud = dossier(text), dossier(f"URGENT!!! {text.upper()} !!! ASAP")
    assert triage(route(brief(plain), text), plain) == triage(route(brief(loud), f"URGENT!!! {text.upper()}"), loud)


# The refund that a ticket asks for


def request(body: str, *orders: Any) -> Any:
    named = VOCABULARY.named(body)
    return refund_request(TicketCase(ticket_id="TICKET-00001", requester="lars"), ticket(body), named, orders)


@pytest.mark.parametrize("spelt", ["SO-1001", "so 1001 (SO1001)", "#so-01001", "order:SO/1001,"])
def test_the_order_is_the_one_that_the_ticket_names(spelt: str) -> None:
    assert request(f"refund {spelt}", order(), order("SO-1002")).order_id == "SO-1001"


def test_a_customer_with_one_order_need_not_name_it() -> None:
    found = request("the drill arrived broken, refund me", order())
    assert (found.order_id, found.customer_id, found.reason, found.asked) == ("SO-1001", "C-1", "damaged", None)


@pytest.mark.parametrize("said", ["refund me", "refund SO-1001 and SO-1002", "refund SO-10012"])
def test_an_order_that_is_not_clear_is_asked_for(said: str) -> None:
    assert request(said, order(), order("SO-1002")) == "the number of the order that it is about"
    assert isinstance(request("refund SO-1001"), str)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("189.00 EUR", [("189.00", "EUR")]),
        ("€ 1,189.50 and 1.189,50 €", [("1189.50", "EUR"), ("1189.50", "EUR")]),
        ("EUR 20", [("20", "EUR")]),
        ("20 euros", [("20", "EUR")]),
        ("order 4711, 3 pieces", []),
        ("1,000 usd", [("1000", "USD")]),
    ],
)
def test_amounts_are_read_as_people_write_them(said: str, found: list[tuple[str, str]]) -> None:
    assert [(str(amount), currency) for amount, currency in amounts(said)] == found


@given(st.text(max_size=100))
def test_no_message_gets_more_than_the_order_cost(said: str) -> None:
    intake = take_in(dossier(), TERMS, VOCABULARY, AT)
    wanted = request(f"refund 99,999.00 EUR {said}", order())
    started = refund_of(intake, triage(claim()), wanted, order())
    assert started.asked == order().total
    with pytest.raises(ValueError, match="not the customer's"):
        refund_of(intake, triage(claim()), wanted, order(customer_id="C-2"))


def test_every_step_is_once_for_each_message() -> None:
    first = take_in(dossier(), TERMS, VOCABULARY, AT)
    again = message("and now?", id="M-2")
    second = take_in(dossier(ticket=ticket(messages=(message("hello"), again))), TERMS, VOCABULARY, AT)
    went = triage(claim())
    assert route_of(first, went).business_key == question_of(first, went, ("the order",)).business_key
    assert route_of(first, went).business_key != route_of(second, went).business_key


def test_a_guessed_link_is_for_a_person() -> None:
    intake = take_in(dossier(), TERMS, VOCABULARY, AT)
    for confidence, expected in (("0.7", "unsure-link"), ("0.8", "link")):
        action = link_of(intake, Link(to="INC-1", relation="incident", confidence=Decimal(confidence)))
        assert judge(TABLE, action, circumstances(directory=PEOPLE)).row == expected
