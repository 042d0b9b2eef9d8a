from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.people import app
from governance.people import Directory
from governance.people_check import Office, Unmet
from governance.people_file import load_people
from governance.policy import Table
from governance.policy_check import domain
from governance.policy_file import load_table
from governance.rates import Rates, load_rates
from governance.reach import LARGEST, Reach, reach
from tests.conftest import ROOT

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEAD = """
policy = "invoice"
version = "1"
default = "deny"
currency = "EUR"
[facts]
action = ["erp.post_bill", "mail.return_invoice"]
amount = "money"
exceptions = { any_of = ["price_variance", "no_order"] }
bill_posted_by = ["policy", "person"]
"""
PEOPLE = """
version = "1"
default_calendar = "office"
[calendar.office]
zone = "Europe/Berlin"
opens = 09:00:00
closes = 17:00:00
days = ["mon", "tue", "wed", "thu", "fri"]
[role.finance]
[role.ap]
[role.head]
"""
RATES = load_rates(
    b'base = "EUR"\nsource = "a test"\nmax_age_days = 7\n[[day]]\ndate = 2026-11-20\nUSD = "0.5"\nGBP = "3"\n', "r.toml"
)


def row(name: str, cells: str, approvers: str = "{ finance = 1 }", rest: str = "") -> str:
    asks = f'then = "review"\napprovers = {approvers}\ndeadline = "48 hours"\n{rest}'
    return f'[[row]]\nid = "{name}"\nwhy = "because"\n{cells}\n{asks}\n'


def table(*rows: str) -> Table:
    return load_table((HEAD + "\n".join(rows)).encode(), "invoice.toml")


def somebody(name: str, *roles: str, limit: str = '"unlimited"') -> str:
    listed = ", ".join(f'"{role}"' for role in roles)
    return f'[[person]]\nid = "{name}"\nname = "{name}"\nroles = [{listed}]\nlimit = {limit}\n'


def money(amount: str, currency: str = "EUR") -> str:
    return f'{{ amount = "{amount}", currency = "{currency}" }}'


def lent(giver: str, taker: str, role: str) -> str:
    days = "since = 2026-11-23\nuntil = 2026-11-23"
    return f'[[delegation]]\ngiver = "{giver}"\ntaker = "{taker}"\nroles = ["{role}"]\n{days}\n'


def directory(*entries: str) -> Directory:
    return load_people((PEOPLE + "\n".join(entries)).encode(), "people.toml", lambda _: b"")


def unmet(rows: Table, *entries: str, rates: Rates | None = RATES) -> list[Unmet]:
    return list(Office(directory(*entries), rates, AT).unmet(rows))


POST = 'action = "erp.post_bill"'
ANN, BEA, CEM = (somebody(name, "finance") for name in ("ann", "bea", "cem"))


def test_enough_people_meet_a_row_whoever_asks() -> None:
    assert unmet(table(row("one", POST)), ANN, BEA) == []
    assert unmet(table(row("two", POST, "{ finance = 2 }")), ANN, BEA, CEM) == []


def test_a_row_that_too_few_people_could_meet_is_reported_with_how_many_are_missing() -> None:
    two = table(row("two", POST, "{ finance = 2, ap = 1 }"))
    assert unmet(two, ANN, BEA) == [Unmet("two", "it lacks 1 more of ap")]
    assert unmet(two, ANN, somebody("dov", "head")) == [Unmet("two", "it lacks 1 more of finance and 1 more of ap")]


def test_one_person_of_two_roles_fills_one_place() -> None:
    both = table(row("both", POST, "{ finance = 1, ap = 1 }"))
    assert len(unmet(both, somebody("ann", "finance", "ap"))) == 1
    assert unmet(both, *(somebody(name, "finance", "ap") for name in ("ann", "bea", "cem"))) == []


def test_a_row_that_only_the_requester_could_meet_names_them() -> None:
    assert unmet(table(row("one", POST)), ANN, somebody("dov", "ap")) == [
        Unmet("one", "it lacks 1 more of finance", ("ann",))
    ]
    two = unmet(table(row("two", POST, "{ finance = 2 }")), ANN, BEA)
    assert two == [Unmet("two", "it lacks 1 more of finance", ("ann", "bea"))]


def test_what_is_lent_is_one_authority_more_hands() -> None:
    people = (ANN, somebody("dov", "ap"), lent("ann", "dov", "finance"))
    found = unmet(table(row("two", POST, "{ finance = 2 }")), *people)
    assert found == [Unmet("two", "it lacks 1 more of finance")]
    found = unmet(table(row("one", POST)), *people)
    assert found == [Unmet("one", "it lacks 1 more of finance", ("ann",))]  # nobody decides for the one who asked


def test_a_role_that_people_toml_does_not_have_is_named_with_the_mend() -> None:
    rows = table(row("one", POST, "{ marketing = 1 }", 'escalate = ["board"]'))
    assert [each.why for each in unmet(rows, ANN)] == [
        "it asks marketing, which people.toml does not have; add [role.marketing]",
        "it asks board, which people.toml does not have; add [role.board]",
    ]


def test_a_row_that_escalates_to_nobody_is_reported() -> None:
    rows = table(row("one", POST, rest='escalate = ["head"]'))
    assert unmet(rows, ANN, BEA)[0] == Unmet("one", "it escalates to head, which is nobody's role; give it to a person")
    assert unmet(rows, ANN, BEA, somebody("dov", "head")) == []


def test_those_to_whom_a_row_escalates_may_fill_its_places() -> None:
    rows = table(row("one", POST, "{ ap = 1 }", 'escalate = ["finance"]'))
    small = somebody("dov", "ap", limit=money("100"))
    assert unmet(rows, small, ANN, BEA) == []


@pytest.mark.parametrize(
    ("cells", "limits", "said"),
    [
        ("> 5000", [money("5000")] * 2, "any amount it is for"),
        ("> 5000", [money("7000.50")] * 2, "more than 7000.50 EUR"),
        ("> 5000", [money("20000.03", "USD")] * 2, "more than 10000.01 EUR"),
        ("> 5000", [money("20000", "JPY")] * 2, "any amount it is for"),
        ("(50, 500]", [money("400")] * 2, "more than 400 EUR"),
    ],
)
def test_amounts_above_everybodys_authority_are_reported(cells: str, limits: list[str], said: str) -> None:
    people = [somebody(name, "finance", limit=limit) for name, limit in zip(("ann", "bea"), limits, strict=True)]
    found = unmet(table(row("much", f'{POST}\namount = "{cells}"')), *people)
    assert found == [Unmet("much", f"it lacks 1 more of finance whose limit covers {said}")]


@pytest.mark.parametrize("cells", ["<= 5000", "(50, 5000]", "5000", "< 5000"])
def test_a_limit_need_not_reach_beyond_the_row(cells: str) -> None:
    people = [somebody(name, "finance", limit=money("5000")) for name in ("ann", "bea")]
    assert unmet(table(row("little", f'{POST}\namount = "{cells}"')), *people) == []


def test_a_row_above_takes_the_amounts_that_this_one_then_need_not_meet() -> None:
    large = row("large", f'{POST}\namount = "> 5000"')
    rest = row("rest", f'{POST}\nexceptions = ["no_order"]', "{ ap = 1 }")
    people = (ANN, BEA, *(somebody(name, "ap", limit=money("5000")) for name in ("dov", "eve")))
    assert unmet(table(large, rest), *people) == []
    assert [each.row for each in unmet(table(rest, large), *people)] == ["rest"]
    narrow = row("large", f'{POST}\namount = "> 5000"\nexceptions = ["price_variance"]')
    assert [each.row for each in unmet(table(narrow, rest), *people)] == ["rest"]


def test_a_row_above_that_cannot_be_decided_takes_nothing() -> None:
    unstated = row("unstated", f'{POST}\nbill_posted_by = ["policy", "person"]')
    rows = table(unstated, row("rest", POST, "{ ap = 1 }"))
    assert reach(rows, rows.rows[1]) == Reach(Decimal(0), LARGEST)


def test_nobodys_limit_is_asked_where_no_money_moves() -> None:
    note = row("note", 'action = "mail.return_invoice"', "{ ap = 1 }")
    people = [somebody(name, "ap", limit=money("1")) for name in ("ann", "bea")]
    assert unmet(table(note), *people) == []


def test_without_rates_a_limit_in_another_currency_covers_nothing() -> None:
    people = [somebody(name, "finance", limit=money("10000", "USD")) for name in ("ann", "bea")]
    rows = table(row("little", f'{POST}\namount = "<= 5000"'))
    assert unmet(rows, *people) == []
    assert len(unmet(rows, *people, rates=None)) == 1


def brute(rows: Table, name: str) -> Reach | None:
    """By trying every case that the table can tell apart."""
    found = list[int]()
    for action in ("erp.post_bill",):
        cells = {fact: [each.cells[fact] for each in rows.rows if fact in each.cells] for fact in rows.facts}
        domains = {fact: sorted(domain(rows.facts[fact], cells[fact]), key=str) for fact in ("amount", "exceptions")}
        amounts = sorted(value for value in domains["amount"] if isinstance(value, Decimal))
        for amount, exceptions in product(amounts, domains["exceptions"]):
            decided = rows.decide({"action": action, "amount": amount, "exceptions": exceptions}).row
            found += [amounts.index(amount)] if decided and decided.id == name else []
        marks = {mark for cell in cells["amount"] for mark in cell.boundaries}
        if found:
            low, high = amounts[min(found)], max(found)
            least = low if low in marks else amounts[min(found) - 1] if min(found) else Decimal(0)
            if high == len(amounts) - 1:
                return Reach(least, LARGEST)
            return Reach(least, amounts[high] if amounts[high] in marks else amounts[high + 1])
    return None


@pytest.mark.parametrize("name", ["small", "large", "middle", "rest"])
def test_the_amounts_a_row_decides_on_are_those_that_trying_all_cases_finds(name: str) -> None:
    rows = table(
        row("small", f'{POST}\namount = "< 50"\nexceptions = []'),
        row("large", f'{POST}\namount = "> 5000"'),
        row("middle", f'{POST}\namount = "(50, 7000]"\nexceptions = ["no_order"]'),
        row("rest", f'{POST}\nexceptions = {{ only = ["price_variance"] }}'),
    )
    one = next(each for each in rows.rows if each.id == name)
    assert reach(rows, one) == brute(rows, name)


def test_the_shipped_people_meet_every_shipped_table() -> None:
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 0, done.output
    assert "invoice" in done.output


def test_a_row_that_nobody_can_meet_ends_the_check_with_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("people.toml", "rates.toml", "invoice.toml"):
        text = (ROOT / "policies" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace('roles = ["receiving"]', 'roles = ["buyer"]'), encoding="utf-8")
    monkeypatch.setenv("SIGNALBOX_POLICIES", str(tmp_path))
    done = CliRunner().invoke(app, ["check"])
    assert done.exit_code == 1
    assert "row receiving: it lacks 1 more of receiving" in done.output


def test_the_people_are_shown_with_their_limits_and_roles() -> None:
    done = CliRunner().invoke(app, ["show"])
    assert done.exit_code == 0, done.output
    for said in ("greta", "unlimited", "25000 EUR", "finance-head", "payables@example.com", "Europe/Dublin"):
        assert said in done.output
