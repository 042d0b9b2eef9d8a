"""Is it about something that is known already: a running incident, or a ticket that the same requester sent before.

An incident: all of its words are in the ticket; with a single word that is a guess (0.7), with more it is sure. Of
several the one with the most words. A duplicate: the share of words that two tickets have in common; two that differ in
a number (an order, an amount, a date) are two questions, however alike they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from domain.checks.identifiers import words
from domain.checks.ticket_text import calm, read_of
from domain.support import Incident, Ticket
from domain.ticket_terms import TicketTerms
from domain.ticketing import Link

GUESSED = Decimal("0.7")
HUNDREDTH = Decimal("0.01")


def find_link(
    ticket: Ticket, incidents: Sequence[Incident], similar: Sequence[Ticket], terms: TicketTerms
) -> Link | None:
    """The incident that a ticket is about, else the ticket that it repeats."""
    return find_incident(ticket, incidents) or find_duplicate(ticket, similar, terms)


def find_incident(ticket: Ticket, incidents: Sequence[Incident]) -> Link | None:
    """The open incident all of whose words stand in the ticket."""
    said = words(read_of(ticket))
    named = [(words(calm(" ".join(each.words))), each) for each in incidents if each.open]
    about = [(len(found), each) for found, each in named if found and found <= said]
    if not about:
        return None
    count, incident = max(about, key=lambda each: each[0])
    return Link(to=incident.id, relation="incident", confidence=Decimal(1) if count > 1 else GUESSED)


def find_duplicate(ticket: Ticket, similar: Sequence[Ticket], terms: TicketTerms) -> Link | None:
    """The earlier open ticket most like this one, where it is alike enough; links are not followed further."""
    since = ticket.messages[0].at - timedelta(hours=terms.duplicate_hours)
    earlier = [
        other
        for other in similar
        if other.id != ticket.id
        and other.state in ("new", "open", "waiting_for_customer")
        and since <= other.messages[0].at <= ticket.messages[0].at
    ]
    alike = [(likeness(ticket, other), other) for other in earlier]
    best = max(alike, key=lambda each: each[0], default=None)
    if best is None or best[0] < terms.link_from:
        return None
    return Link(to=best[1].id, relation="duplicate", confidence=best[0])


def likeness(one: Ticket, other: Ticket) -> Decimal:
    """The share of all words of two tickets that both have, 0 to 1; 0 where the numbers in them differ."""
    ours, theirs = words(read_of(one)), words(read_of(other))
    if _numbers(ours) != _numbers(theirs) or not ours | theirs:
        return Decimal(0)
    return (Decimal(len(ours & theirs)) / len(ours | theirs)).quantize(HUNDREDTH)


def _numbers(found: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in found if any(character.isdigit() for character in word))
