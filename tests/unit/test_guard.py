from typing import ClassVar, Literal

import pytest

from domain.actions import BaseAction, Effect, PostBill, SchedulePayment, SendRemittance
from governance.guard import Unguarded, refuse_unguarded
from governance.policy_file import load_table
from tests.conftest import ROOT
from tests.unit.test_policy import ROW, table

SHIPPED = load_table((ROOT / "policies" / "invoice.toml").read_bytes(), "policies/invoice.toml")


class Reconciling:
    async def find_receipt(self, key: str, action: BaseAction) -> None: ...


class Forgetful:
    pass


class BurnDown(BaseAction):
    effect: ClassVar[Effect] = "irreversible"
    step: ClassVar[str] = ""
    kind: Literal["world.burn_down"] = "world.burn_down"


def test_the_shipped_actions_are_guarded() -> None:
    systems = {PostBill: Reconciling(), SchedulePayment: Reconciling(), SendRemittance: Forgetful()}
    refuse_unguarded(systems, systems, [SHIPPED])


def test_money_without_a_way_to_look_it_up_is_refused_by_name() -> None:
    with pytest.raises(Unguarded, match="Forgetful has no find_receipt, so an unknown outcome of PostBill"):
        refuse_unguarded({PostBill: Forgetful()}, [PostBill], [SHIPPED])


def test_money_that_no_table_covers_is_refused_by_name() -> None:
    with pytest.raises(Unguarded, match=r"No policy table has a row for erp\.schedule_payment"):
        refuse_unguarded({SchedulePayment: Reconciling()}, [SchedulePayment], [table(ROW + 'then = "allow"')])


def test_an_irreversible_action_without_a_step_is_refused_with_all_that_is_wrong() -> None:
    with pytest.raises(Unguarded) as refused:
        refuse_unguarded({BurnDown: Forgetful()}, [BurnDown], [SHIPPED])
    assert all(word in str(refused.value) for word in ("idempotency key", "policy table", "find_receipt"))


def test_money_that_no_adapter_performs_is_refused_by_name() -> None:
    with pytest.raises(Unguarded, match="No adapter performs PostBill"):
        refuse_unguarded({}, [PostBill], [SHIPPED])
