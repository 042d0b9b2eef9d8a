import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import actions
from domain.actions import KINDS, STATED_FACTS, BaseAction, IssueRefund, RouteTicket, VoidBill
from governance.policy import DERIVED
from tests.actions import bill, payment

VALUES: dict[str, Any] = {
    "business_key": "k",
    "amount": Decimal(100),
    "asked": Decimal(100),
    "remaining": Decimal(120),
    "currency": "EUR",
    "due_date": date(2026, 12, 1),
    "confidence": Decimal("0.9"),
    "exceptions": (),
    "risks": (),
    "flags": (),
    "items": (),
    "articles": (),
    "missing": (),
    "in_window": True,
    "backed": True,
    "close_second": False,
    "decided_by": "rules",
    "routed_by": "agent",
    "drafted_by": "model",
    "means": "original",
    "relation": "incident",
    "contact": "old",
    "said_by": "person",
    "priority": "high",
    "result": "refunded",
    "refund_allowed_by": "policy",
    "in_return": "billing.refund",
}


def example(action: type[BaseAction]) -> BaseAction:
    if action is actions.PostBill:
        return bill()
    if action is actions.SchedulePayment:
        return payment()
    said = {name: VALUES.get(name, "x") for name in action.model_fields if name != "kind"}
    if "reason" in said and action is not VoidBill:
        said["reason"] = "sla_breach" if action is actions.EscalateTicket else "damaged"
    return action(**said)


def refund(**changes: Any) -> IssueRefund:
    return IssueRefund.model_validate(example(IssueRefund).model_dump() | changes)


@pytest.mark.parametrize("action", KINDS.values(), ids=lambda action: action.__name__)
def test_the_facts_an_action_states_are_the_facts_it_is_said_to_state(action: type[BaseAction]) -> None:
    facts = example(action).facts()
    said = set(facts) - {"action", "currency"} | ({DERIVED} if "currency" in facts else set())
    assert KINDS[str(facts["action"])] is action
    assert said == STATED_FACTS[str(facts["action"])]


def test_every_action_class_has_a_name_of_its_own_a_step_and_stated_facts() -> None:
    leaves = {kind for kind in actions.__dict__.values() if isinstance(kind, type) and issubclass(kind, BaseAction)}
    assert set(KINDS.values()) == leaves - {BaseAction}
    assert KINDS.keys() == STATED_FACTS.keys()
    assert len({action.step for action in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize("action", KINDS.values(), ids=lambda action: action.__name__)
def test_an_action_names_only_fields_of_its_own_as_amendable_and_no_message_any(action: type[BaseAction]) -> None:
    assert action.amendable <= action.model_fields.keys() - {"kind", "business_key"}
    assert not (action.effect == "message" and action.amendable)


def test_what_may_be_changed_is_changed_and_nothing_else() -> None:
    changed = payment().amended({"amount": "1000.50", "due_date": "2026-12-24"})
    assert changed == payment(amount=Decimal("1000.50"), due_date=date(2026, 12, 24))
    assert payment().amended({"amount": 1000}).amount == 1000
    assert payment().amended({}) == payment()


def test_coding_may_be_split_as_long_as_it_adds_up() -> None:
    halves = [{"account": "3100", "cost_centre": centre, "net": "500"} for centre in ("10", "20")]
    assert [each.cost_centre for each in bill().amended({"coding": halves}).coding] == ["10", "20"]
    with pytest.raises(ValueError, match=r"coding adds up to 500, but the bill's net amount is 1000\.00 EUR"):
        bill().amended({"coding": halves[:1]})
    with pytest.raises(ValueError, match="coding adds up to 0"):
        bill().amended({"coding": []})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"account": "DE00"}, "cannot change account of this action; it may change amount, due_date"),
        ({"business_key": "other"}, "cannot change business_key"),
        ({"kind": "erp.void_bill"}, "cannot change kind"),
        ({"amount": 10.5}, "amount must be exact: write a number with a point in quotes"),
        ({"amount": float("nan")}, "amount must be exact"),
        ({"amount": True}, "amount: "),
        ({"amount": None}, "amount: "),
        ({"amount": "NaN"}, "amount: "),
        ({"amount": "ten"}, "amount: Input should be a valid decimal"),
        ({"amount": "1190.01"}, "amount may only be lowered: more than 0 and at most 1190.00 EUR"),
        ({"amount": "0"}, "amount may only be lowered"),
        ({"amount": "-5"}, "amount may only be lowered"),
        ({"due_date": 20261224}, "due_date: "),
        ({"due_date": "soon"}, "due_date: Input should be a valid date"),
        ({"due_date": ["2026-12-24"]}, "due_date: "),
        ({"due_date": "\ud800"}, "the changes: "),
        ({"due_date": date(2026, 12, 24)}, "not plain JSON"),
    ],
)
def test_what_may_not_be_changed_so_is_said_in_a_sentence(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        payment().amended(changes)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "validation error" not in str(refused.value)


def test_hostile_changes_are_refused_as_anything_else_is() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        payment().amended({"amount": deep})
    with pytest.raises(ValueError, match=r"cannot change x{60}… of this action"):
        payment().amended({"x" * 9_000: 1})
    with pytest.raises(ValueError, match="can only be decided"):
        VoidBill(business_key="k", bill_id="B", reason="x").amended({"bill_id": "C"})
    with pytest.raises(ValueError) as refused:  # noqa: PT011
        bill().amended({"coding": [{"y" * 9_000: 1}] * 500})
    assert len(str(refused.value)) < 300


def test_a_bill_cannot_be_due_before_it_was_issued_and_a_refund_only_gets_smaller() -> None:
    with pytest.raises(ValueError, match="due_date is before the bill was issued on 2026-11-01"):
        bill().amended({"due_date": "2026-10-31"})
    assert refund().amended({"amount": "99.99"}).amount == Decimal("99.99")
    with pytest.raises(ValueError, match="at most 100 EUR"):
        refund().amended({"amount": "100.01"})


def test_a_person_may_send_a_ticket_elsewhere() -> None:
    ticket = example(RouteTicket)
    assert ticket.amended({"queue": "billing", "priority": "low"}) != ticket
    with pytest.raises(ValueError, match="priority: "):
        ticket.amended({"priority": "shouting"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["amount", "due_date", "account", "kind", ""]), JSON))
def test_no_change_does_more_than_lower_an_amount_and_move_a_date(changes: dict[str, object]) -> None:
    try:
        after = payment().amended(changes)
    except ValueError:
        return
    assert after.model_copy(update={"amount": payment().amount, "due_date": payment().due_date}) == payment()
    assert 0 < after.amount <= payment().amount
    assert json.loads(after.model_dump_json())["currency"] == "EUR"


def test_a_refund_of_more_than_remains_says_so() -> None:
    assert refund(amount=Decimal(120)).facts()["within_remainder"] is True
    assert refund(amount=Decimal("120.01")).facts()["within_remainder"] is False
    assert refund(amount=Decimal(0)).facts()["within_remainder"] is False
