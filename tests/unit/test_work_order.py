import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from temporalio.testing import ActivityEnvironment

from activities.effect import do_once
from domain.actions import PostBill, Receipt
from domain.errors import NotCovered
from governance.canonical import digest
from governance.case import CaseRun
from governance.people import Mandate
from governance.verdict import Rung
from governance.work_order import key_for
from tests.actions import CASE, NOW, bill, decision, order, payment, review, subject, verdict, vote


def test_an_approved_order_covers_its_action() -> None:
    assert order().covered(NOW) == bill()


def test_an_allowed_order_needs_no_approval() -> None:
    assert order(verdict=verdict(bill(), then="allow"), subject=None, decision=None).covered(NOW) == bill()


DEARER = bill(payable=Decimal("9190.00"))
AFTER = NOW + timedelta(hours=48)
SILENT = verdict(bill(), review=review(silence="allow"))
TWO = verdict(bill(), review=review({"buyer": 2}))
SIGNED = verdict(bill(), review=review(assurance="signed"))
HEAD = Rung(at=NOW + timedelta(hours=24), does="escalate", role="head")
LADDER = verdict(bill(), review=review(ladder=(HEAD, Rung(at=AFTER, does="end"))))
TOO_EARLY = vote("hanna", "head")
FOR_ANNA = vote("ben", mandates=(Mandate(role="buyer", on_behalf_of="anna"),))
FOR_REQUESTER = vote("ben", mandates=(Mandate(role="buyer", on_behalf_of="mailroom"),))
ELSEWHERE = CaseRun(namespace="default", workflow_id="invoice-1", run_id="run-2")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"action": DEARER}, "verdict is on another action"),
        ({"action": DEARER, "verdict": verdict(DEARER)}, "approval is of another action"),
        ({"key": "0" * 64}, "key is not the key"),
        ({"decision": None}, "there is none"),
        ({"subject": None}, "there is none"),
        ({"decision": decision(subject(bill()), state="rejected")}, "was rejected, not approved"),
        ({"decision": decision(subject(bill()), state="amended")}, "was amended, not approved"),
        ({"decision": decision(subject(bill()), state="expired", at=AFTER)}, "was expired, not approved"),
        ({"verdict": SILENT, "decision": decision(subject(bill()), state="expired", at=NOW)}, "was expired"),
        ({"verdict": SILENT, "decision": decision(subject(bill()), state="rejected", at=AFTER)}, "was rejected"),
        ({"decision": decision(subject(bill()), votes=())}, "lacks 1 from buyer"),
        ({"decision": decision(subject(bill()), votes=(vote("anna", "finance"),))}, "lacks 1 from buyer"),
        ({"verdict": TWO}, "lacks 1 from buyer"),
        ({"verdict": TWO, "decision": decision(subject(bill()), votes=(vote("anna"), vote("anna")))}, "lacks 1"),
        ({"verdict": TWO, "decision": decision(subject(bill()), votes=(vote("anna"), FOR_ANNA))}, "lacks 1"),
        ({"decision": decision(subject(bill()), votes=(vote("Mailroom"),))}, "person who asked"),
        ({"decision": decision(subject(bill()), votes=(FOR_REQUESTER,))}, "person who asked"),
        ({"verdict": SIGNED}, "somebody signed, and anna was claimed"),
        ({"verdict": verdict(bill(), review=None)}, "there is none"),
        ({"verdict": LADDER, "decision": decision(subject(bill()), votes=(TOO_EARLY,))}, "lacks 1 from buyer"),
        ({"decision": decision(subject(bill(), nonce="other"))}, "of another request"),
        ({"case": ELSEWHERE}, "another run"),
        ({"verdict": verdict(bill(), row="over-5000")}, "another row"),
        ({"verdict": verdict(bill(), then="deny")}, "verdict is deny"),
        ({"decision": decision(subject(bill()), votes=(vote("anna", at=AFTER),))}, "after its deadline"),
    ],
)
def test_an_order_that_does_not_cover_exactly_its_action_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(NotCovered, match=reason) as refused:
        order(**changes).covered(NOW)
    assert re.fullmatch(r"([A-Z][^.]*[a-z]\.( |$))+", str(refused.value)), "it is said in whole sentences"


def test_two_distinct_people_cover_a_row_that_asks_for_two() -> None:
    both = decision(subject(bill()), votes=(vote("anna"), vote("ben")))
    assert order(verdict=TWO, decision=both).covered(NOW) == bill()


def test_a_further_role_covers_once_it_was_asked_and_not_before() -> None:
    in_time = vote("hanna", "head", at=NOW + timedelta(hours=24))
    assert order(verdict=LADDER, decision=decision(subject(bill()), votes=(in_time,))).covered(NOW) == bill()


def test_silence_covers_only_where_the_row_says_so_and_after_the_deadline() -> None:
    silent = decision(subject(bill()), state="expired", by=None, votes=(), at=AFTER)
    assert order(verdict=SILENT, decision=silent).covered(NOW) == bill()


def test_an_action_that_takes_people_is_covered_by_no_table_that_asks_for_fewer() -> None:
    class Careful(PostBill):
        least_people: ClassVar[int] = 2

    action = Careful.model_validate(bill().model_dump())
    allowed = order(action=action, verdict=verdict(bill(), then="allow"), subject=None, decision=None)
    with pytest.raises(NotCovered, match=r"[.] People must decide on this action, whatever a table says[.]$"):
        allowed.model_copy(update={"action": action}).covered(NOW)
    with pytest.raises(NotCovered, match="At least 2 people"):
        order().model_copy(update={"action": action}).covered(NOW)


def test_an_expired_order_covers_nothing() -> None:
    fresh = order()
    assert fresh.covered(fresh.expires - timedelta(seconds=1)) == bill()
    with pytest.raises(NotCovered, match="expired at"):
        fresh.covered(fresh.expires)


def test_the_key_comes_from_business_identity_and_never_from_a_run() -> None:
    assert key_for(bill(), CASE) == key_for(bill(), ELSEWHERE)
    assert key_for(bill(business_key="S-1:invoice:INV-2:2026-11-01"), CASE) != key_for(bill(), CASE)


def test_a_digest_survives_the_journey_through_json() -> None:
    assert digest(PostBill.model_validate_json(bill().model_dump_json())) == digest(bill())
    assert digest(bill(payable=Decimal("1190.01"))) != digest(bill())


def test_as_many_people_as_an_action_needs_are_enough() -> None:
    class Careful(PostBill):
        least_people: ClassVar[int] = 2

    action = Careful.model_validate(bill().model_dump())
    both = decision(subject(bill()), votes=(vote("anna"), vote("ben")))
    assert order(verdict=TWO, decision=both).model_copy(update={"action": action}).covered(NOW) == action


def test_what_an_approval_lacks_is_said_of_every_role() -> None:
    several = verdict(bill(), review=review({"buyer": 1, "finance": 2}))
    with pytest.raises(NotCovered) as refused:
        order(verdict=several, decision=decision(subject(bill()), votes=())).covered(NOW)
    assert str(refused.value).endswith("It lacks 1 from buyer, 2 from finance.")


class Unasked:
    """A system that is not to be asked what it did, and a button that nobody has pressed."""

    async def find_receipt(self, key: str, action: PostBill) -> Receipt | None:
        raise AssertionError(key, action)

    async def stopped(self, **_: str) -> str | None:
        return None


async def test_what_was_never_tried_is_not_looked_up() -> None:
    async def effect(key: str, _: PostBill) -> Receipt:
        return Receipt(reference=key, first=True)

    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=1, current_attempt_scheduled_time=NOW)
    unasked: Any = Unasked()
    receipt = await environment.run(do_once, unasked, effect, order(), unasked)
    assert receipt == Receipt(reference=order().key, first=True)


def test_a_key_is_of_one_namespace_and_of_one_step_of_the_business() -> None:
    elsewhere = CASE.model_copy(update={"namespace": "production"})
    keys = {key_for(bill(), CASE), key_for(bill(), elsewhere), key_for(payment(), CASE)}
    assert bill().business_key == payment().business_key
    assert len(keys) == 3
