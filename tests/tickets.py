"""Tickets, customers and queues for tests: one plausible value of each, changed where a test says so."""

import csv
import email
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from domain.checks.ticket_text import read_of
from domain.customers import Contract, Customer, KnownCustomer
from domain.sales import SalesOrder, SoldLine
from domain.support import Article, Incident, Message, Queue, Ticket
from domain.ticketing import TicketDossier
from governance.people import Directory
from governance.people_file import load_people
from governance.sla import load_sla
from governance.ticket_words import load_ticket_words
from tests.conftest import ROOT

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday."""
SENDER = "buero@kunde.example"
SLA = (ROOT / "policies" / "sla.toml").read_bytes()
WORDS = (ROOT / "policies" / "ticket-words.toml").read_bytes()
TERMS, VOCABULARY = load_sla(SLA, "sla.toml"), load_ticket_words(WORDS, "ticket-words.toml")


@cache
def queues() -> tuple[Queue, ...]:
    with (ROOT / "samples" / "company" / "queues.csv").open(encoding="utf-8") as rows:
        return tuple(
            Queue(
                name=row["name"],
                team=row["team"],
                intents=tuple(row["intents"].split()),
                skills=tuple(row["skills"].split()),
                calendar=row["calendar"],
            )
            for row in csv.DictReader(rows)
        )


def message(body: str, **changes: Any) -> Message:
    fields: dict[str, Any] = {"id": "M-1", "author": "customer", "sender": SENDER, "subject": "", "at": AT}
    return Message(**{**fields, "body": body, **changes})


def ticket(body: str = "Where is my order?", **changes: Any) -> Ticket:
    fields: dict[str, Any] = {
        "id": "TICKET-00001",
        "channel": "mail",
        "subject": "",
        "requester": SENDER,
        "customer_id": None,
        "state": "new",
        "queue": None,
        "priority": None,
        "linked_to": None,
        "messages": (message(body),),
    }
    return Ticket(**{**fields, **changes})


def known(contract: Contract | None = None, **changes: Any) -> KnownCustomer:
    fields: dict[str, Any] = {
        "id": "C-1",
        "name": "Kunde GmbH",
        "email": "office@kunde.example",
        "since": date(2020, 1, 1),
    }
    return KnownCustomer(customer=Customer(**{**fields, **changes}), contract=contract, notes=())


def contract(**changes: Any) -> Contract:
    fields: dict[str, Any] = {"id": "K-1", "customer_id": "C-1", "plan": "care", "since": date(2026, 1, 1)}
    return Contract(**{**fields, **changes})


def dossier(body: str = "Where is my order?", **changes: Any) -> TicketDossier:
    fields: dict[str, Any] = {
        "ticket": ticket(body),
        "known": known(),
        "queues": queues(),
        "incidents": (),
        "similar": (),
    }
    return TicketDossier(**{**fields, **changes})


def order(number: str = "SO-1001", price: str = "189.00", **changes: Any) -> SalesOrder:
    line = SoldLine(
        id="1", item="DR-1", description="drill", category="goods", quantity=Decimal(1), unit_price=Decimal(price)
    )
    fields: dict[str, Any] = {
        "id": number,
        "customer_id": "C-1",
        "channel": "web",
        "currency": "EUR",
        "placed_on": date(2026, 11, 2),
        "delivered_on": date(2026, 11, 9),
        "lines": (line,),
    }
    return SalesOrder(**{**fields, **changes})


def incident(*words: str, **changes: Any) -> Incident:
    fields: dict[str, Any] = {"id": "INC-1", "title": "The shop is down", "open": True, "since": AT}
    return Incident(**{**fields, "words": words, **changes})


def article(**changes: Any) -> Article:
    fields: dict[str, Any] = {
        "id": "KB-1",
        "title": "Where an order is",
        "body": "Every order has a tracking page. We do not ship on Sundays. Goods\nleave in two days. Ask us then.",
        "intents": ("where_is_my_order",),
        "language": "en",
        "updated": AT,
    }
    return Article(**{**fields, **changes})


def sample(name: str) -> Ticket:
    """A ticket of the samples, as the helpdesk would have it."""
    file = next((ROOT / "samples" / "tickets").glob(f"{name}-*.txt"))
    mail = email.message_from_string(file.read_text(encoding="utf-8"))
    said = message(str(mail.get_payload()), sender=mail["From"], subject=mail["Subject"])
    return ticket(requester=mail["From"], subject=mail["Subject"], messages=(said,))


def text_of(found: TicketDossier) -> str:
    return read_of(found.ticket)


def people() -> Directory:
    """The people that the project ships."""
    folder = ROOT / "policies"
    return load_people((folder / "people.toml").read_bytes(), "people.toml", lambda name: (folder / name).read_bytes())
