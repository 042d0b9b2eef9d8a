import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.answer import Answer
from governance.people import Delegation, Handover, Mandate
from governance.standing import Standing, Weighed, nobody_knows, weigh
from governance.tokens import Binding
from governance.verdict import Rung
from tests.actions import NOW, review
from tests.people import COMPANY, laws, person, sent, up_to
from tests.tokens import genuine, public


def standing(**changes: Any) -> Standing:
    fields: dict[str, Any] = {
        "request": "a" * 64,
        "run_id": "run-1",
        "requester": "mailroom",
        "amount": Decimal(1190),
        "currency": "EUR",
        "review": review(assurance="claimed"),
    }
    return Standing(**{**fields, **changes})


def weighed(by: str | None = "bea", kind: str = "approve", *, identity: str = "", **given: Any) -> Weighed:
    answer = Answer(kind=kind, by=by, **given.pop("answer", {}))
    signal = sent(identity, principal=given.pop("principal", None), at=given.pop("at", NOW))
    return weigh(answer, signal, standing(**given.pop("standing", {})), given.pop("laws", laws()))


def test_somebody_of_the_role_within_their_limit_may_fill_its_place() -> None:
    assert weighed("bea").mandates == (Mandate(role="buyer", on_behalf_of=None),)
    assert weighed("Bea@Example.com").by == "bea"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"by": "fay"}, "none of the roles"),
        ({"by": "cleo"}, "limit|authority|more than"),
        ({"by": "nobody"}, "the directory knows nobody of this name"),
        ({"by": None}, "it takes somebody claimed here, and this was anonymous"),
        ({"standing": {"requester": "bea"}}, "the person who asked cannot decide"),
        ({"standing": {"requester": "bea@example.com"}}, "the person who asked cannot decide"),
        (
            {"standing": {"review": review(assurance="principal")}},
            "takes somebody principal here, and this was cl",
        ),
        ({"standing": {"review": review(assurance="signed")}, "principal": "sso|bea"}, "this was principal"),
        ({"principal": "sso|fay"}, "it says it is by bea, and it is by fay"),
        ({"principal": "sso|stranger"}, "it says it is by bea"),
        ({"answer": {"token": "a.b.c"}}, "."),
    ],
)
def test_what_does_not_count_says_why(changes: dict[str, Any], reason: str) -> None:
    found = weighed(**changes)
    assert found.mandates == ()
    assert found.why_not
    assert re.search(reason, found.why_not)


def test_the_server_s_own_word_outweighs_any_name() -> None:
    found = weighed(None, identity="fay@desk", principal="sso|bea")
    assert (found.by, found.assurance, found.why_not) == ("bea", "principal", None)


def test_a_client_s_identity_is_a_claim_and_no_name_at_all_is_anonymous() -> None:
    assert (weighed(None, identity="bea@desk").by, weighed(None, identity="bea@desk").assurance) == ("bea", "claimed")
    assert weighed(None, laws=laws("dev")).assurance == "anonymous"


def test_the_dev_profile_lets_in_whom_the_directory_does_not_know_and_holds_the_others_to_it() -> None:
    dev = {"laws": laws("dev"), "standing": {"review": review(assurance="anonymous")}}
    assert weighed(None, **dev).mandates == (Mandate(role="buyer", on_behalf_of=None),)
    assert weighed("stranger", **dev).why_not is None
    assert "none of the roles" in (weighed("fay", **dev).why_not or "")


def test_who_asked_cannot_decide_in_the_dev_profile_either_under_any_of_their_names() -> None:
    dev = {"laws": laws("dev"), "standing": {"review": review(assurance="anonymous")}}
    for name in (" Mailroom ", "mailroom@desk"):
        assert weighed(name, **dev).why_not == "the person who asked cannot decide"
    assert weighed("stranger", identity="mailroom@desk", **dev).why_not == "the person who asked cannot decide"


def test_a_dollar_amount_is_held_against_a_euro_limit_at_the_day_s_rate() -> None:
    assert weighed("cleo", standing={"amount": Decimal(1000), "currency": "USD"}).why_not is None
    assert weighed("cleo", standing={"amount": Decimal("1000.01"), "currency": "USD"}).why_not
    assert weighed("cleo", standing={"amount": Decimal(1), "currency": "GBP"}).why_not
    assert weighed("bea", standing={"amount": Decimal(1), "currency": "GBP"}).why_not is None


def test_a_further_role_may_answer_from_the_moment_it_is_asked() -> None:
    at = NOW + timedelta(hours=4)
    ladder = (Rung(at=at, does="escalate", role="finance-head"), Rung(at=at + timedelta(hours=4), does="end"))
    asked = {"review": review(assurance="claimed", ladder=ladder)}
    assert weighed("hedda", standing=asked, at=at - timedelta(seconds=1)).why_not
    assert weighed("hedda", standing=asked, at=at).mandates == (Mandate(role="finance-head", on_behalf_of=None),)


def test_a_delegation_counts_on_its_days_and_on_no_other() -> None:
    lent = Delegation(giver="bea", taker="fay", roles=("buyer",), since=NOW.date(), until=NOW.date())
    rules = laws("production", delegations=(lent,))
    assert weighed("fay", laws=rules).mandates == (Mandate(role="buyer", on_behalf_of="bea", via="delegation"),)
    tomorrow = datetime.combine(NOW.date() + timedelta(days=1), NOW.time(), UTC)
    assert weighed("fay", laws=rules, at=tomorrow).why_not


def test_a_decision_is_handed_on_only_by_whom_it_is_and_only_to_whom_the_directory_says() -> None:
    to_cleo = {"answer": {"person": "cleo"}}
    assert weighed("bea", "delegate", **to_cleo).handed == Handover(giver="bea", taker="cleo")
    assert weighed("bea", "delegate", answer={"person": "fay"}).why_not
    assert weighed("bea", "delegate", answer={"person": "nobody"}).why_not
    assert weighed("fay", "delegate", **to_cleo).why_not
    assert weighed("bea", "delegate", standing={"requester": "cleo"}, **to_cleo).why_not
    dev = {"laws": laws("dev"), "standing": {"review": review()}}
    assert "only somebody whom the directory knows" in (weighed("stranger", "delegate", **to_cleo, **dev).why_not or "")


def test_a_decision_handed_on_gives_its_taker_the_giver_s_place_and_limit() -> None:
    handed = {"handed": (Handover(giver="bea", taker="cleo"),)}
    assert Mandate(role="buyer", on_behalf_of="bea", via="handover") in weighed("cleo", standing=handed).mandates


def test_anybody_may_comment_even_who_asked() -> None:
    for name in ("mailroom", "nobody", "fay"):
        assert weighed(name, "comment", answer={"text": "hm"}).why_not is None


def test_an_answer_from_before_a_reset_does_not_count_again() -> None:
    before = sent("bea@desk").model_copy(update={"reapplied": True})
    for kind in ("approve", "comment"):
        found = weigh(Answer(kind=kind, by="bea"), before, standing(), laws())
        assert found.why_not == "it was given before a reset; give it again"


def test_nobody_is_found_by_two_names() -> None:
    rules = laws("production", *COMPANY, person("bea2", "buyer", principals=("sso|x",)))
    assert weighed("bea2", laws=rules).by == "bea2"


BY_KEY = laws("production", *(each.model_copy(update={"keys": (public(each.id),)}) for each in COMPANY))
CHANGES = {"due_date": "2026-12-24"}


def token(name: str = "bea", **changes: Any) -> str:
    """An answer to the request that is asked here, signed with somebody's own key."""
    fields: dict[str, Any] = {"note": None, "changes": None, "person": None, "answer": "approve"}
    return genuine(Binding(request="a" * 64, run_id="run-1", **{**fields, **changes}), name)


def signed(by: str | None, said: dict[str, Any], kind: str = "approve", **given: Any) -> Weighed:
    """An answer with a token, to a request that asks for a signature."""
    asks = {"review": review(assurance="signed"), **given.pop("standing", {})}
    return weighed(by, kind, laws=BY_KEY, standing=asks, answer=said, **given)


def test_a_signed_answer_is_its_signer_s_and_says_by_which_key() -> None:
    found = signed(None, {"token": token()}, identity="fay@desk")
    assert (found.by, found.assurance, found.how) == ("bea", "signed", "signed with key bea-key")
    assert (found.why_not, found.mandates) == (None, (Mandate(role="buyer", on_behalf_of=None),))
    assert signed("Bea@Example.com", {"token": token()}).why_not is None


def test_a_signature_beside_the_server_s_own_word_is_a_step_up_and_two_people_are_none() -> None:
    found = signed(None, {"token": token()}, principal="sso|bea")
    assert (found.assurance, found.why_not) == ("step-up", None)
    assert "the caller is fay" in (signed(None, {"token": token()}, principal="sso|fay").why_not or "")


def test_a_signature_is_on_the_note_the_changes_and_the_person_that_are_sent() -> None:
    everything = {"text": "checked", "changes": CHANGES}
    bound = token(note="checked", changes=CHANGES)
    assert signed(None, {**everything, "token": bound}).why_not is None
    for name, other in (("text", "other"), ("changes", {"due_date": "2026-12-25"}), ("person", "fay")):
        assert "was signed for another" in (signed(None, {**everything, name: other, "token": bound}).why_not or "")
    on = {"person": "cleo", "token": token(answer="delegate", person="cleo")}
    assert signed(None, on, "delegate").handed == Handover(giver="bea", taker="cleo")
    assert "another kind of answer" in (signed(None, {"token": token()}, "reject").why_not or "")


def test_a_signature_for_another_request_or_another_run_does_not_count() -> None:
    for changes, other in (({"request": "b" * 64}, "another request"), ({"run_id": "run-2"}, "another run")):
        assert other in (signed(None, {"token": token()}, standing=changes).why_not or "")


def test_a_token_that_does_not_count_leaves_a_mere_name_and_says_why() -> None:
    found = signed("bea", {"token": token()}, at=NOW + timedelta(hours=2))
    assert (found.by, found.assurance, found.mandates) == ("bea", "anonymous", ())
    assert "expired" in (found.why_not or "")


def test_whoever_signs_cannot_pass_for_somebody_else_nor_for_not_having_asked() -> None:
    assert signed("fay", {"token": token()}).why_not == "it says it is by fay, and it is by bea"
    assert signed(None, {"token": token()}, standing={"requester": "bea"}).why_not == (
        "the person who asked cannot decide"
    )


def test_an_answer_whose_sender_cannot_be_looked_up_is_nobody_s_and_says_why() -> None:
    signal = sent("x" * 300, at=NOW + timedelta(hours=1), event_id=8)
    assert nobody_knows(signal, "people.toml is broken") == Weighed(
        event_id=8,
        at=NOW + timedelta(hours=1),
        identity="x" * 200,
        by=None,
        assurance="anonymous",
        why_not="people.toml is broken",
    )


def test_a_decision_on_a_foreign_amount_is_handed_on_at_the_day_s_rate() -> None:
    greta = person("greta", "buyer", limit=up_to(500), delegates=("cleo",))
    rules = laws("production", *COMPANY, greta)
    asks = {"amount": Decimal(1000), "currency": "USD"}
    found = weighed("greta", "delegate", laws=rules, standing=asks, answer={"person": "cleo"})
    assert found.handed == Handover(giver="greta", taker="cleo")


def test_a_stranger_can_hand_nothing_on_and_is_told_who_can() -> None:
    dev = {"laws": laws("dev"), "standing": {"review": review()}}
    assert weighed("stranger", "delegate", answer={"person": "cleo"}, **dev).why_not == (
        "only somebody whom the directory knows can hand a decision on"
    )


def test_who_asked_is_told_so_whatever_they_prove_and_under_whichever_name_they_asked() -> None:
    strict = {"requester": "bea@example.com", "review": review(assurance="signed")}
    found = weighed(None, principal="sso|bea", standing=strict)
    assert found.why_not == "the person who asked cannot decide"


def test_whoever_is_proven_is_not_taken_for_who_asked_by_what_their_client_calls_itself() -> None:
    assert weighed(None, identity="mailroom@desk", principal="sso|bea").why_not is None


def test_who_hands_a_decision_on_could_have_taken_it() -> None:
    found = weighed("bea", "delegate", answer={"person": "cleo"})
    assert found.mandates == (Mandate(role="buyer", on_behalf_of=None),)


def test_a_name_that_nobody_has_is_said_to_be_nobody_s() -> None:
    assert weighed("nobody").why_not == "the directory knows nobody of this name"
