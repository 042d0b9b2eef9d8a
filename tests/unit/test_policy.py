from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.errors import BadPolicy
from domain.findings import ExceptionCode
from governance.assurance import weakest
from governance.calendars import Span
from governance.judge import judge
from governance.policy import Decided, Table, shown
from governance.policy_file import is_table, load_table
from governance.policy_row import ROW_KEYS, read_row
from integrations.policy_folder import PolicyFolder
from tests.actions import bill, payment
from tests.conftest import ROOT
from tests.rules import ASKS, HEAD, ROW, SHIPPED, given, shipped, table

REVIEW = ROW + 'then = "review"\n'
ALLOW = ROW + 'then = "allow"\n'


@pytest.fixture(scope="module")
def invoices() -> Table:
    return shipped("invoice")


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
    assert (judge(rules, bill(payable=Decimal(amount)), given()).then == "allow") is matches


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
    assert (judge(rules, bill(exceptions=found), given()).then == "allow") is matches


def test_the_first_matching_row_wins_and_nothing_matching_denies() -> None:
    rules = table(ROW + 'amount = "> 100"\nthen = "deny"' + ROW.replace("one", "two") + 'then = "allow"')
    assert judge(rules, bill(), given()).row == "one"
    assert judge(rules, bill(payable=Decimal(1)), given()).row == "two"
    nothing = judge(rules, payment(), given())
    assert (nothing.then, nothing.row) == ("deny", None)


def test_a_row_that_tests_what_the_action_lacks_denies_instead_of_being_skipped() -> None:
    rules = table(ROW + 'confidence = "< 0.8"\nthen = "deny"' + ROW.replace("one", "two") + 'then = "allow"')
    verdict = judge(rules, bill(confidence=None), given())
    assert verdict.then == "deny"
    assert "tests confidence" in verdict.why
    assert judge(rules, bill(confidence=Decimal("0.9")), given()).then == "allow"


def test_the_shipped_table_knows_every_exception_of_the_catalogue(invoices: Table) -> None:
    assert set(invoices.facts["exceptions"].names) == set(get_args(ExceptionCode))


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
def test_the_shipped_table_decides_on_bills(invoices: Table, row: dict[str, object], said: tuple[str, str]) -> None:
    verdict = judge(invoices, bill(**row), given())
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
def test_the_shipped_table_decides_on_payments(invoices: Table, row: dict[str, object], then: str) -> None:
    assert judge(invoices, payment(**row), given()).then == then


def test_a_review_row_says_who_how_surely_how_long_who_then_and_what_silence_means() -> None:
    text = REVIEW + 'approvers = { finance = 2, legal = 1 }\ndeadline = "2 business days"\n'
    row = table(text + 'assurance = "signed"\nescalate = ["finance-head", "board"]\nsilence = "refuse"').rows[0]
    assert row.review
    assert row.review.approvers == {"finance": 2, "legal": 1}
    assert row.review.people == 3
    assert row.review.deadline == Span(count=2, unit="day", business=True)
    assert (row.review.assurance, row.review.escalate) == ("signed", ("finance-head", "board"))


def test_what_a_review_row_leaves_out_is_strict() -> None:
    review = table(REVIEW + ASKS).rows[0].review
    assert review
    assert (review.assurance, review.escalate, review.silence) == ("principal", (), "refuse")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (HEAD.replace('"deny"', '"allow"') + ALLOW, "default: it must be"),
        (HEAD, "no rows"),
        (HEAD.replace('currency = "EUR"', 'currency = "euro"') + ALLOW, "currency: it is missing or not"),
        (HEAD.replace('policy = "invoice"', 'policy = "../x"') + ALLOW, "policy: it is missing or not a short name"),
        (HEAD.replace("action =", "actions =") + ROW, 'it needs action = ["…"]'),
        (HEAD.replace('foreign_currency = "flag"', 'foreign_currency = "money"') + ALLOW, "is set by the judge"),
        (HEAD + 'mode = "flag"\n' + ALLOW, "[facts], mode: it means something else"),
        (HEAD + 'currency = ["EUR"]\n' + ALLOW, "[facts], currency: it means something else"),
        (HEAD + '"Risk!" = "flag"\n' + ALLOW, "small letters"),
        (HEAD + 'risks = { any_of = ["a, b"] }\n' + ALLOW, "without commas"),
        (HEAD + 'risks = { any_of = ["none"] }\n' + ALLOW, "is no name"),
        (HEAD + 'risks = ["a", "a"]\n' + ALLOW, "a stands there twice"),
        (HEAD.partition("[facts]")[0] + "row = 5", "[facts]: it is missing"),
        (HEAD.replace("[facts]", "row = [5]\n[facts]"), "row 1: it is no table"),
        (HEAD.replace("[facts]", "row = 5\n[facts]"), "[[row]]: the table has no rows"),
        (HEAD + ROW + 'then = "maybe"', "cell then"),
        (HEAD + ROW + "then = []", "cell then"),
        (HEAD + ROW.replace('"one"', '"no spaces"') + 'then = "deny"', "cell id"),
        (HEAD + ROW.replace('"because"', '" "') + 'then = "deny"', "cell why"),
        (HEAD + REVIEW, "cell approvers"),
        (HEAD + REVIEW + 'approvers = { buyer = 0 }\ndeadline = "2 days"', "buyer needs a whole number"),
        (HEAD + REVIEW + 'approvers = { buyer = true }\ndeadline = "2 days"', "buyer needs a whole number"),
        (HEAD + REVIEW + 'approvers = { buyer = "2" }\ndeadline = "2 days"', "buyer needs a whole number"),
        (HEAD + REVIEW + 'approvers = { buyer = 10 }\ndeadline = "2 days"', "at most 9"),
        (HEAD + REVIEW + 'approvers = { "a.b" = 1 }\ndeadline = "2 days"', "'a.b' is no role"),
        (HEAD + REVIEW + 'approvers = ["buyer"]\ndeadline = "2 days"', "how many people of which role"),
        (HEAD + REVIEW + 'approvers = { buyer = 1 }\ndeadline = "soon"', "cell deadline: 'soon' is no wait"),
        (HEAD + REVIEW + 'approvers = { buyer = 1 }\ndeadline = "5 business minutes"', "cell deadline"),
        (HEAD + REVIEW + 'approvers = { buyer = 1 }\ndeadline = "99999999 days"', "too long"),
        (HEAD + REVIEW + "approvers = { buyer = 1 }\ndeadline = 48", "cell deadline: it must be given"),
        (HEAD + REVIEW + ASKS + 'assurance = "anonymous"', "anonymous would let anybody decide"),
        (HEAD + REVIEW + ASKS + 'assurance = "certain"', "claimed, principal, signed, step-up"),
        (HEAD + REVIEW + ASKS + 'escalate = "finance-head"', "cell escalate: it is a list of roles"),
        (HEAD + REVIEW + ASKS + "escalate = []", "cell escalate"),
        (HEAD + REVIEW + ASKS + 'escalate = ["finance"]', "finance is asked already"),
        (HEAD + REVIEW + ASKS + 'escalate = ["board", "board"]', "board is asked already"),
        (HEAD + REVIEW + ASKS + 'silence = "shrug"', "cell silence"),
        (HEAD + REVIEW + ASKS + 'silence = "allow"', "erp.post_bill must never happen because nobody answered"),
        (HEAD + REVIEW.replace("action =", "# action =") + ASKS + 'silence = "allow"', "erp.post_bill must never"),
        (HEAD.replace("erp.sched", "moon.sched") + REVIEW.replace("erp.post_bill", "moon.schedule_payment") + ASKS
         + 'silence = "allow"', "nobody knows what moon.schedule_payment does"),
        (HEAD + ALLOW + "approvers = { buyer = 1 }", "approvers without review"),
        (HEAD + ALLOW + 'escalate = ["board"]', "escalate without review"),
        (HEAD + ALLOW + 'mode = "shadow"\n' + ASKS, "approvers and deadline without review"),
        (HEAD + ROW + 'then = "deny"\nsilence = "refuse"', "silence without review"),
        (HEAD + ROW + 'then = "deny"\nmode = "shadow"', "shadow changes nothing"),
        (HEAD + REVIEW + ASKS + 'mode = "review"', "review changes nothing"),
        (HEAD + ALLOW + 'mode = "manual"', "auto, review, shadow"),
        (HEAD + ALLOW + 'mode = "review"', "cell approvers"),
        (HEAD + ALLOW + 'sample = "0.05"', "cell approvers"),
        (HEAD + ALLOW + 'sample = "0.05"\napprovers = { finance = 1 }', "cell deadline"),
        (HEAD + ALLOW + "sample = 0.05\n" + ASKS, 'write it in quotes: "0.05"'),
        (HEAD + ALLOW + 'sample = "5 %"\n' + ASKS, "a share above 0"),
        (HEAD + ALLOW + 'sample = "0.0"\n' + ASKS, "a share above 0"),
        (HEAD + ALLOW + 'sample = "1.5"\n' + ASKS, "a share above 0"),
        (HEAD + ALLOW + "sample = true\n" + ASKS, "a share above 0"),
        (HEAD + ALLOW + "second_opinion = true", "cell approvers"),
        (HEAD + ALLOW + 'second_opinion = "true"\n' + ASKS, "it is true or false, without quotes"),
        (HEAD + REVIEW + "second_opinion = true\n" + ASKS, 'goes with then = "allow" only'),
        (HEAD + ALLOW + 'mode = "review"\nsecond_opinion = true\n' + ASKS, 'goes with then = "allow" only'),
        (HEAD + REVIEW + 'sample = "0.05"\n' + ASKS, 'goes with then = "allow" only'),
        (HEAD + ALLOW + "amount = 50.5", 'write 50.5 in quotes: "50.5"'),
        (HEAD + ALLOW + 'amount = "about 50"', "cell amount"),
        (HEAD + ALLOW + 'amount = "(500, 50]"', "is empty"),
        (HEAD + ALLOW + 'amount = "> NaN"', "cell amount"),
        (HEAD + ALLOW + 'ammount = "> 5"', "ammount is not known here"),
        (HEAD + ALLOW + 'foreign_currency = "yes"', "true or false"),
        (HEAD + ALLOW + 'exceptions = ["unknwon"]', "unknwon is not declared"),
        (HEAD + ALLOW + ALLOW, "used twice"),
        ("policy = [", "not a TOML file"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_naming_file_row_and_cell(text: str, where: str) -> None:
    with pytest.raises(BadPolicy) as refused:
        load_table(text.encode(), "policies/invoice.toml")
    assert "policies/invoice.toml" in str(refused.value)
    assert where in str(refused.value)


def test_silence_may_allow_what_can_be_taken_back() -> None:
    head = HEAD.replace('"erp.schedule_payment"', '"erp.void_bill"')
    review = REVIEW.replace("erp.post_bill", "erp.void_bill")
    assert table(review + ASKS + 'silence = "allow"', head).rows[0].review


def test_only_files_that_say_policy_are_tables() -> None:
    others = {"people", "rates", "prices", "tolerances", "refund.examples"}
    assert {"invoice", "refund", "ticket"} <= set(SHIPPED)
    assert others <= {file.stem for file in (ROOT / "policies").glob("*.toml")} - set(SHIPPED)
    assert is_table(b"policy = [")


async def test_a_changed_file_is_in_force_at_once_and_an_absent_one_is_refused(tmp_path: Path) -> None:
    folder, file = PolicyFolder(tmp_path), tmp_path / "invoice.toml"
    with pytest.raises(BadPolicy, match="cannot be read"):
        await folder.table("invoice")
    file.write_text(HEAD + ROW + 'then = "allow"')
    assert judge(await folder.table("invoice"), bill(), given()).then == "allow"
    file.write_text(HEAD + ROW + 'then = "deny"')
    assert judge(await folder.table("invoice"), bill(), given()).then == "deny"


async def test_a_supplier_may_have_its_own_tolerances(tmp_path: Path) -> None:
    (tmp_path / "tolerances.toml").write_text(
        'version = "1"\n[default]\nprice_percent = 2\n[supplier.S-9]\nprice_percent = 7.5\n'
    )
    folder = PolicyFolder(tmp_path)
    assert (await folder.tolerances("S-1")).price_percent == 2
    assert (await folder.tolerances("S-9")).price_percent == Decimal("7.5")


TOML = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.sampled_from(["allow", "review"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
SOUND: dict[str, object] = {"id": "one", "then": "review", "why": "x", "approvers": {"a": 1}, "deadline": "1 day"}


@drawn(st.dictionaries(st.sampled_from([*sorted(ROW_KEYS), "action", "amount", "confidence", "exceptions"]), TOML))
def test_a_row_is_read_or_refused_whatever_stands_in_its_cells(said: dict[str, object]) -> None:
    facts = table(REVIEW + ASKS).facts
    try:
        row = read_row("f.toml", 1, SOUND | said, facts)
    except BadPolicy:
        return
    assert (row.review is not None) is (row.always_asks or row.sample is not None or row.second_opinion)


@drawn(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"policy = {text}".encode(errors="replace")))
def test_a_file_that_is_no_table_is_refused_whatever_it_holds(content: bytes) -> None:
    with pytest.raises(BadPolicy):
        load_table(content, "f.toml")


def test_a_row_says_the_first_stated_fact_that_keeps_it_from_matching() -> None:
    row = table(ROW + 'amount = "<= 50"\nconfidence = "> 0.5"\nthen = "allow"').rows[0]
    stated = {"action": "erp.post_bill", "amount": Decimal(50), "confidence": Decimal("0.6")}
    assert row.unmatched(stated) is None
    assert row.unmatched(stated | {"amount": None}) is None
    assert row.unmatched({}) is None
    assert row.unmatched(stated | {"amount": Decimal(51), "confidence": Decimal(0)}) == "amount"
    assert row.unmatched(stated | {"confidence": Decimal(0)}) == "confidence"
    assert row.unmatched(stated | {"action": "erp.schedule_payment"}) == "action"


DECIDING = """
policy = "invoice"
version = "1"
default = "deny"
currency = "EUR"
[facts]
action = ["erp.post_bill"]
amount = "money"
[[row]]
id = "small"
action = "erp.post_bill"
amount = "<= 10"
then = "allow"
why = "Small."
"""


def test_a_decision_says_row_outcome_and_reason_and_what_was_lacking() -> None:
    rules = load_table(DECIDING.encode(), "table.toml")
    [small] = rules.rows
    assert rules.decide({"action": "erp.post_bill", "amount": Decimal(10)}) == Decided(small, "allow", "Small.", None)
    nothing = Decided(None, "deny", "No row of the table covers this action.", None)
    assert rules.decide({"action": "erp.post_bill", "amount": Decimal("10.01")}) == nothing
    lacking = rules.decide({"action": "erp.post_bill", "amount": None})
    assert (lacking.row, lacking.then, lacking.lacking) == (None, "deny", "amount")


def test_a_fact_is_shown_as_people_write_it() -> None:
    assert [shown(value) for value in (Decimal("1E+3"), ("b", "a"), (), True, "x")] == [
        "1000",
        "b, a",
        "none",
        "True",
        "x",
    ]


def test_the_weakest_of_several_proofs_is_what_a_decision_claims() -> None:
    assert weakest(("step-up", "claimed", "signed")) == "claimed"
    assert weakest(("principal", "anonymous")) == "anonymous"
    assert weakest(()) is None
