"""Notices and a small directory for tests."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from domain.notice import Notice
from governance.calendars import Calendar
from governance.people import Delegation, Directory, Person, RoleEntry

PAGES = "http://ui/namespaces/default/workflows"
TODAY = datetime.now(UTC).date()
A_DAY = timedelta(days=1)


def notice(**changes: Any) -> Notice:
    fields: dict[str, Any] = {
        "key": "a/0",
        "kind": "asked",
        "roles": ("finance",),
        "requester": "mailroom",
        "title": "Post INV-1 of Acme GmbH, 1,190.00 EUR?",
        "lines": ("Price variance of 12 %.", "Row variance asks finance."),
        "workflow_id": "approval.finance.invoice-1.post",
        "run_id": "run-1",
        "due": datetime(2026, 11, 25, 14, 0, tzinfo=UTC),
    }
    return Notice(**{**fields, **changes})


def person(name: str, *roles: str, email: str | None = None) -> Person:
    return Person(
        id=name,
        name=name.title(),
        email=email or f"{name}@example.com",
        roles=roles,
        limit=None,
        principals=(f"{name}@sso",),
        oidc=(),
        keys=(),
        delegates=(),
    )


def lent(giver: str, taker: str, *, since: date = TODAY - A_DAY, until: date = TODAY + A_DAY) -> Delegation:
    return Delegation(giver=giver, taker=taker, roles=("finance",), since=since, until=until)


async def directory(*delegations: Delegation, mailbox: str | None = None) -> Directory:
    return Directory(
        version="1",
        file_digest="a" * 64,
        people=(person("anna", "finance"), person("bob", "finance", "tax"), person("carla"), person("dan")),
        roles=(
            RoleEntry(id="finance", calendar="office", mailbox=mailbox),
            RoleEntry(id="tax", calendar="office", mailbox=None),
            RoleEntry(id="legal", calendar="office", mailbox=None),
        ),
        calendars={"office": Calendar(zone="UTC", opens=time(9), closes=time(17), days=(0, 1, 2, 3, 4))},
        delegations=delegations,
        issuers=(),
    )
