from datetime import timedelta
from decimal import Decimal

import pytest

from domain.actions import PostBill
from domain.errors import NotCovered
from governance.canonical import digest
from governance.case import CaseRun
from governance.work_order import key_for
from tests.actions import CASE, NOW, bill, decision, order, subject, verdict


def test_an_approved_order_covers_its_action() -> None:
    assert order().covered(NOW) == bill()


def test_an_allowed_order_needs_no_approval() -> None:
    assert order(verdict=verdict(bill(), then="allow"), subject=None, decision=None).covered(NOW) == bill()


DEARER = bill(payable=Decimal("9190.00"))
ELSEWHERE = CaseRun(namespace="default", workflow_id="invoice-1", run_id="run-2")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"action": DEARER}, "verdict is on another action"),
        ({"action": DEARER, "verdict": verdict(DEARER)}, "approval is of another action"),
        ({"key": "0" * 64}, "key is not the key"),
        ({"decision": None}, "there is none"),
        ({"subject": None}, "there is none"),
        ({"decision": decision(subject(bill()), state="rejected")}, "there is none"),
        ({"decision": decision(subject(bill()), state="expired")}, "there is none"),
        ({"decision": decision(subject(bill(), nonce="other"))}, "of another request"),
        ({"case": ELSEWHERE}, "another run"),
        ({"verdict": verdict(bill(), row="over-5000")}, "another row"),
        ({"verdict": verdict(bill(), then="deny")}, "verdict is deny"),
        ({"decision": decision(subject(bill()), at=NOW + timedelta(hours=48))}, "after its deadline"),
    ],
)
def test_an_order_that_does_not_cover_exactly_its_action_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(NotCovered, match=reason):
        order(**changes).covered(NOW)


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
