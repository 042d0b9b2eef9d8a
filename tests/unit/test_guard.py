from typing import ClassVar, Literal

import pytest

from domain.actions import BaseAction, Effect, PostBill, SchedulePayment, SendRemittance
from governance.guard import Unguarded, refuse_undone, refuse_unguarded, refuse_unknown_roles
from governance.policy_file import load_table
from tests.conftest import ROOT
from tests.rules import ASKS, ROW, directory, table

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


class ChangeAccount(BaseAction):
    effect: ClassVar[Effect] = "write"
    step: ClassVar[str] = "change"
    least_people: ClassVar[int] = 2
    kind: Literal["erp.post_bill"] = "erp.post_bill"


@pytest.mark.parametrize(
    "row",
    [
        'then = "allow"',
        'then = "allow"\nsample = "1"\n' + ASKS,
        'then = "review"\n' + ASKS,
        'then = "allow"\nmode = "shadow"',
    ],
)
def test_a_row_that_asks_fewer_people_than_an_action_needs_keeps_the_worker_from_starting(row: str) -> None:
    said = r"Policy invoice: ChangeAccount needs 2 people to approve, and row one asks [01]\. Raise its approvers"
    with pytest.raises(Unguarded, match=said):
        refuse_unguarded({}, [ChangeAccount], [table(ROW + row)])
    with pytest.raises(Unguarded, match=said):
        refuse_unguarded({}, [ChangeAccount], [table(ROW.replace("action", "# action") + row)])


@pytest.mark.parametrize("row", ['then = "deny"', 'then = "review"\n' + ASKS.replace("= 1", "= 2")])
def test_a_row_that_denies_or_asks_enough_people_is_fine(row: str) -> None:
    refuse_unguarded({}, [ChangeAccount], [table(ROW + row)])
    refuse_unguarded({}, [ChangeAccount], [table(ROW.replace("erp.post_bill", "erp.schedule_payment") + row)])


def test_a_row_for_every_action_covers_one_that_the_table_lists() -> None:
    refuse_unguarded(
        {SchedulePayment: Reconciling()},
        [SchedulePayment],
        [table(ROW.replace("action", "# action") + 'then = "allow"')],
    )


def test_a_row_that_asks_a_role_nobody_knows_keeps_the_worker_from_starting() -> None:
    rules = table(ROW + 'then = "review"\nescalate = ["chair"]\n' + ASKS)
    with pytest.raises(Unguarded, match=r"Row one of invoice asks chair, which is no role of people\.toml"):
        refuse_unknown_roles([rules], directory())
    refuse_unknown_roles([table(ROW + 'then = "review"\n' + ASKS)], directory())


def test_an_action_that_a_table_only_ever_denies_is_refused_as_one_that_no_row_covers() -> None:
    with pytest.raises(Unguarded, match=r"No policy table has a row for erp\.post_bill"):
        refuse_unguarded({PostBill: Reconciling()}, [PostBill], [table(ROW + 'then = "deny"')])


def test_an_action_that_names_no_step_at_all_is_refused_and_every_fault_is_a_sentence() -> None:
    class Unnamed(BaseAction):
        effect: ClassVar[Effect] = "money"
        kind: Literal["world.unnamed"] = "world.unnamed"

    with pytest.raises(Unguarded) as refused:
        refuse_unguarded({}, [Unnamed], [SHIPPED])
    assert str(refused.value).endswith(
        "catch. Unnamed names no step, so it has no idempotency key of its own. "
        "No policy table has a row for world.unnamed, so Unnamed could never be judged but denied. "
        "No adapter performs Unnamed."
    )


def test_a_table_that_does_not_list_an_action_lowers_nothing_for_it() -> None:
    class Other(ChangeAccount):
        kind: Literal["erp.other"] = "erp.other"  # type: ignore[assignment]

    refuse_unguarded({}, [Other], [table(ROW.replace("action", "# action") + 'then = "allow"')])


def test_every_role_that_nobody_knows_is_said_in_a_sentence_of_its_own() -> None:
    rules = table(ROW + 'then = "review"\nescalate = ["chair", "board"]\n' + ASKS)
    with pytest.raises(Unguarded) as refused:
        refuse_unknown_roles([rules], directory())
    said = " ".join(
        f"Row one of invoice asks {role}, which is no role of people.toml: add it there or ask another."
        for role in ("chair", "board")
    )
    assert str(refused.value).endswith(f"catch. {said}")


class Posting(Reconciling):
    async def post_bill(self) -> None: ...


def test_an_action_that_no_system_of_the_worker_performs_is_refused_by_name() -> None:
    refuse_undone({PostBill: Posting.post_bill}, {PostBill: Posting()})
    for systems in ({}, {PostBill: Reconciling()}, {SchedulePayment: Posting()}):
        with pytest.raises(
            Unguarded, match=r"Nothing here performs PostBill: add what has post_bill to the systems of a file of comp"
        ):
            refuse_undone({PostBill: Posting.post_bill}, systems)


def test_an_action_outside_the_closed_union_is_refused_by_name() -> None:
    with pytest.raises(Unguarded, match=r"BurnDown cannot travel: add it to Action in domain/actions/__init__\.py"):
        refuse_undone({BurnDown: Posting.post_bill}, {BurnDown: Posting()})
