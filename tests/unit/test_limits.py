"""Whether the amount at stake is within what somebody may decide on."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from governance.limits import shortfall
from governance.person import Asked
from tests.people import person, rates, up_to

FINN = person("finn", "finance", limit=up_to(5000))
LAST = datetime(2026, 11, 27, 23, 59, tzinfo=UTC)
"""The last minute of the rates' last day, in UTC."""


def asked(amount: int, currency: str | None, at: datetime = LAST) -> Asked:
    return Asked(roles=("finance",), amount=Decimal(amount), currency=currency, at=at, handed=(), requester="mailroom")


def test_an_amount_of_no_known_currency_is_within_no_limit_and_says_so() -> None:
    for known in (rates(), None):
        assert shortfall(FINN, asked(1, None), known) == (
            "the limit of Finn is 5000 EUR, and no rate in rates.toml is recent enough "
            "to hold 1 of an unknown currency against it"
        )


def test_a_rate_is_of_the_day_that_it_is_in_utc_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        found = (
            shortfall(FINN, asked(10_000, "USD"), rates()),
            shortfall(FINN, asked(1, "USD", LAST + timedelta(minutes=1)), rates()),
        )
    time.tzset()
    assert found[0] is None
    assert "recent enough" in (found[1] or "")
