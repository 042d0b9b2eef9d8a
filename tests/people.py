"""A small company for tests: who may decide what, and how an answer of theirs is weighed."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domain.ports import SignalRecord
from governance.calendars import Calendar
from governance.people import Directory, Limit, Person, RoleEntry
from governance.rates import DayRates, Rates
from governance.standing import Laws
from tests.actions import NOW

OFFICE = Calendar.model_validate(
    {"zone": "UTC", "opens": "09:00", "closes": "17:00", "days": (0, 1, 2, 3, 4), "holidays": ()}
)
ROLES = ("buyer", "finance", "finance-head", "legal")


def person(name: str, *roles: str, **changes: Any) -> Person:
    """Somebody who may decide on any amount and who hands nothing on."""
    fields: dict[str, Any] = {
        "id": name,
        "name": name.capitalize(),
        "email": f"{name}@example.com",
        "roles": roles,
        "limit": None,
        "principals": (f"sso|{name}",),
        "oidc": (),
        "keys": (),
        "delegates": (),
    }
    return Person(**{**fields, **changes})


def up_to(amount: int) -> Limit:
    return Limit(amount=Decimal(amount), currency="EUR")


COMPANY = (
    person("bea", "buyer", delegates=("cleo",)),
    person("cleo", "buyer", limit=up_to(500)),
    person("fay", "finance"),
    person("finn", "finance", limit=up_to(5000)),
    person("hedda", "finance-head"),
    person("lena", "legal", "finance"),
)


def directory(*people: Person, **changes: Any) -> Directory:
    """The company, or these people in its place."""
    fields: dict[str, Any] = {
        "version": "test",
        "file_digest": "c" * 64,
        "people": people or COMPANY,
        "roles": tuple(RoleEntry(id=role, calendar="office", mailbox=None) for role in ROLES),
        "calendars": {"office": OFFICE},
        "delegations": (),
        "issuers": (),
    }
    return Directory(**{**fields, **changes})


def rates() -> Rates:
    """A dollar is half a euro; nothing else is known."""
    worth = DayRates(day=date(2026, 11, 20), worth={"USD": Decimal("0.5")})
    return Rates(base="EUR", source="test", max_age_days=7, days=(worth,), file_digest="d" * 64)


def laws(profile: Any = "production", *people: Person, **changes: Any) -> Laws:
    return Laws(directory=directory(*people, **changes), rates=rates(), profile=profile)


def sent(identity: str = "", *, principal: str | None = None, at: datetime = NOW, event_id: int = 7) -> SignalRecord:
    """A signal as the server recorded it."""
    return SignalRecord(event_id=event_id, name="x", identity=identity, principal=principal, at=at.astimezone(UTC))
