from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from domain.errors import BadPolicy
from domain.findings import ExceptionCode
from governance.policy import Table
from governance.policy_file import load_table
from integrations.policy_folder import PolicyFolder
from tests.actions import bill, payment
from tests.conftest import ROOT

HEAD = """
policy = "invoice"
version = "1"
default = "deny"
currency = "EUR"
[facts]
action = ["erp.post_bill", "erp.schedule_payment"]
amount = "money"
foreign_currency = "flag"
confidence = "ratio"
exceptions = { any_of = ["price_variance", "no_order", "tax_variance"] }
"""
ROW = """
[[row]]
id = "one"
action = "erp.post_bill"
why = "because"
"""


def table(rows: str) -> Table:
    return load_table((HEAD + rows).encode(), "invoice.toml")


@pytest.fixture(scope="module")
def shipped() -> Table:
    return load_table((ROOT / "policies" / "invoice.toml").read_bytes(), "policies/invoice.toml")


@pytest.mark.parametrize(
    ("cell", "amount", "matches"),
    [
        ("<= 50", "50", True),
        ("<= 50", "50.01", False),
        ("< 50", "50", False),
        ("> 50", "50", False),
        ("> 50", "50.0000000001", True),
        (">= 50", "50.00", True),
        ("(50, 500]", "50", False),
        ("(50, 500]", "500", True),
        ("[50, 500)", "50", True),
        ("[50, 500)", "500", False),
        ("50", "50.00", True),
        ("50", "51", False),
    ],
)
def test_a_money_cell_matches_exactly_to_its_boundary(cell: str, amount: str, *, matches: bool) -> None:
    rules = table(f'{ROW}amount = "{cell}"\nthen = "allow"')
    assert (rules.judge(bill(payable=Decimal(amount))).then == "allow") is matches


@pytest.mark.parametrize(
    ("cell", "found", "matches"),
    [
        ("[]", (), True),
        ("[]", ("no_order",), False),
        ('["no_order"]', ("no_order", "price_variance"), True),
        ('["no_order"]', (), False),
        ('{ any = ["no_order"] }', ("price_variance",), False),
        ('{ only = ["no_order", "price_variance"] }', ("price_variance",), True),
        ('{ only = ["no_order"] }', ("no_order", "price_variance"), False),
        ('{ only = ["no_order"] }', (), False),
    ],
)
def test_a_set_cell_matches_none_any_or_only(cell: str, found: tuple[ExceptionCode, ...], *, matches: bool) -> None:
    rules = table(f'{ROW}exceptions = {cell}\nthen = "allow"')
    assert (rules.judge(bill(exceptions=found)).then == "allow") is matches


def test_the_first_matching_row_wins_and_nothing_matching_denies() -> None:
    rules = table(ROW + 'amount = "> 100"\nthen = "deny"' + ROW.replace("one", "two") + 'then = "allow"')
    assert rules.judge(bill()).row == "one"
    assert rules.judge(bill(payable=Decimal(1))).row == "two"
    nothing = rules.judge(payment())
    assert (nothing.then, nothing.row) == ("deny", None)


def test_a_row_that_tests_what_the_action_lacks_denies_instead_of_being_skipped() -> None:
    rules = table(ROW + 'confidence = "< 0.8"\nthen = "deny"' + ROW.replace("one", "two") + 'then = "allow"')
    verdict = rules.judge(bill(confidence=None))
    assert verdict.then == "deny"
    assert "tests confidence" in verdict.why
    assert rules.judge(bill(confidence=Decimal("0.9"))).then == "allow"


def test_an_amount_in_another_currency_is_never_compared_with_a_limit() -> None:
    rules = table(ROW + 'amount = "<= 5000"\nthen = "allow"')
    assert rules.judge(bill(currency="JPY", payable=Decimal(1))).then == "deny"


def test_a_verdict_says_row_version_file_and_facts(shipped: Table) -> None:
    verdict = shipped.judge(bill(exceptions=("price_variance",)))
    assert (verdict.then, verdict.row, verdict.approver) == ("review", "buyer", "buyer")
    assert verdict.version == shipped.version
    assert verdict.facts["amount"] == "1190.00"
    assert verdict.facts["exceptions"] == "price_variance"
    assert len(verdict.file_digest) == 64


def test_the_shipped_table_knows_every_exception_of_the_catalogue(shipped: Table) -> None:
    assert set(shipped.facts["exceptions"].names) == set(get_args(ExceptionCode))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"payable": Decimal(5000)}, ("allow", "clean")),
        ({"payable": Decimal("5000.01")}, ("review", "over-5000")),
        ({"exceptions": ("duplicate",)}, ("deny", "not-releasable")),
        ({"exceptions": ("price_variance", "unknown_order")}, ("deny", "not-releasable")),
        ({"exceptions": ("price_variance", "no_order")}, ("review", "several-exceptions")),
        ({"exceptions": ("no_order",), "payable": Decimal(6000)}, ("review", "exception-over-5000")),
        ({"read_by": "model"}, ("review", "read-by-a-model")),
        ({"currency": "USD"}, ("review", "foreign-currency")),
        ({"currency": "USD", "exceptions": ("duplicate",)}, ("deny", "not-releasable")),
    ],
)
def test_the_shipped_table_decides_on_bills(shipped: Table, row: dict[str, object], said: tuple[str, str]) -> None:
    verdict = shipped.judge(bill(**row))
    assert (verdict.then, verdict.row) == said


@pytest.mark.parametrize(
    ("row", "then"),
    [
        ({}, "allow"),
        ({"amount": Decimal("5000.01")}, "deny"),
        ({"amount": Decimal(90000), "bill_posted_by": "person"}, "allow"),
        ({"payment_holds": ("bank_details_differ",), "bill_posted_by": "person"}, "deny"),
        ({"currency": "USD"}, "deny"),
        ({"currency": "USD", "bill_posted_by": "person"}, "allow"),
    ],
)
def test_the_shipped_table_decides_on_payments(shipped: Table, row: dict[str, object], then: str) -> None:
    assert shipped.judge(payment(**row)).then == then


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD.replace('"deny"', '"allow"') + ROW + 'then = "allow"', "default"),
        (HEAD, "no rows"),
        (HEAD + ROW + 'then = "maybe"', "cell then"),
        (HEAD + ROW + 'then = "review"', "cell approvers"),
        (HEAD + ROW + 'then = "review"\napprovers = { buyer = 2 }\ndeadline = "2 days"', "cell approvers"),
        (HEAD + ROW + 'then = "review"\napprovers = { janitor = 1 }\ndeadline = "2 days"', "janitor is not a role"),
        (HEAD + ROW + 'then = "review"\napprovers = { buyer = 1 }\ndeadline = "soon"', "cell deadline"),
        (HEAD + ROW + 'then = "allow"\napprovers = { buyer = 1 }', "approvers without review"),
        (HEAD + ROW + 'then = "allow"\namount = 50.5', 'write 50.5 in quotes: "50.5"'),
        (HEAD + ROW + 'then = "allow"\namount = "about 50"', "cell amount"),
        (HEAD + ROW + 'then = "allow"\namount = "(500, 50]"', "is empty"),
        (HEAD + ROW + 'then = "allow"\namount = "> NaN"', "cell amount"),
        (HEAD + ROW + 'then = "allow"\nammount = "> 5"', "ammount is not known here"),
        (HEAD + ROW + 'then = "allow"\nforeign_currency = "yes"', "true or false"),
        (HEAD + ROW + 'then = "allow"\nexceptions = ["unknwon"]', "unknwon is not declared"),
        (HEAD + ROW + 'then = "allow"' + ROW + 'then = "deny"', "used twice"),
        ("policy = [", "not a TOML file"),
    ],
)
def test_a_wrong_file_is_refused_naming_file_row_and_cell(text: str, where: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        load_table(text.encode(), "policies/invoice.toml")
    assert "policies/invoice.toml" in str(refused.value)
    assert where in str(refused.value)


async def test_a_changed_file_is_in_force_at_once_and_an_absent_one_is_refused(tmp_path: Path) -> None:
    folder, file = PolicyFolder(tmp_path), tmp_path / "invoice.toml"
    with pytest.raises(BadPolicy, match="cannot be read"):
        await folder.table("invoice")
    file.write_text(HEAD + ROW + 'then = "allow"')
    assert (await folder.table("invoice")).judge(bill()).then == "allow"
    file.write_text(HEAD + ROW + 'then = "deny"')
    assert (await folder.table("invoice")).judge(bill()).then == "deny"


async def test_a_supplier_may_have_its_own_tolerances(tmp_path: Path) -> None:
    (tmp_path / "tolerances.toml").write_text(
        'version = "1"\n[default]\nprice_percent = 2\n[supplier.S-9]\nprice_percent = 7.5\n'
    )
    folder = PolicyFolder(tmp_path)
    assert (await folder.tolerances("S-1")).price_percent == 2
    assert (await folder.tolerances("S-9")).price_percent == Decimal("7.5")
