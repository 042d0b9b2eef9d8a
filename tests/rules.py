"""Small tables for tests, and circumstances to judge in."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from governance.calendars import Calendar
from governance.judge import Circumstances
from governance.people import Directory, RoleEntry
from governance.policy import Table
from governance.policy_file import is_table, load_table
from governance.rates import DayRates, Rates
from tests.conftest import ROOT

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday."""
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
ASKS = 'approvers = { finance = 1 }\ndeadline = "48 hours"\n'
SHIPPED = sorted(file.stem for file in (ROOT / "policies").glob("*.toml") if is_table(file.read_bytes()))


def table(rows: str, head: str = HEAD) -> Table:
    return load_table((head + rows).encode(), "invoice.toml")


def shipped(name: str) -> Table:
    return load_table((ROOT / "policies" / f"{name}.toml").read_bytes(), f"policies/{name}.toml")


def given(**changes: Any) -> Circumstances:
    fields: dict[str, Any] = {
        "at": AT,
        "draw": Decimal("0.5"),
        "rates": None,
        "directory": None,
        "profile": "production",
        "stopped": None,
    }
    return Circumstances(**{**fields, **changes})


def rates() -> Rates:
    return Rates(
        base="EUR",
        source="samples",
        max_age_days=7,
        days=(DayRates(day=date(2026, 11, 20), worth={"USD": Decimal("0.5"), "GBP": Decimal("1.2")}),),
        file_digest="a" * 64,
    )


def directory() -> Directory:
    """Nobody, but roles and when they work: finance in the week, the desk on Saturdays too."""
    week = Calendar(zone="Europe/Berlin", opens=time(9), closes=time(17), days=(0, 1, 2, 3, 4))
    desk = Calendar(zone="Europe/Berlin", opens=time(9), closes=time(17), days=(0, 5))
    roles = {"finance": "week", "finance-head": "week", "legal": "week", "buyer": "week", "support": "desk"}
    return Directory(
        version="1",
        file_digest="a" * 64,
        people=(),
        roles=tuple(RoleEntry(id=role, calendar=calendar, mailbox=None) for role, calendar in roles.items()),
        calendars={"week": week, "desk": desk},
        delegations=(),
        issuers=(),
    )
