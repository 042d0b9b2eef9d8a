"""Everything about a ticket that needs no model: who sent it, what stands out, and what it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from domain.actions.tickets import TicketFlag
from domain.checks.ticket_flags import looks_like_spam, word_flags
from domain.checks.ticket_links import find_link
from domain.checks.ticket_text import LIMIT, language_of, read_of, whole
from domain.customers import Contract, KnownCustomer
from domain.support import Message, Ticket
from domain.text import show
from domain.ticket_findings import EXCEPTIONS, TicketExceptionCode, TicketFinding, TicketRole
from domain.ticket_terms import TicketTerms
from domain.ticket_words import Vocabulary
from domain.ticketing import Intake, Link, TicketDossier

CATALOGUE = tuple(EXCEPTIONS)
FLAGS: tuple[TicketFlag, ...] = (
    *("vip", "security", "legal", "abuse", "personal_data", "several_intents", "spam", "reassigned_often"),
    "in_incident",
)
DELICATE: frozenset[TicketExceptionCode] = frozenset(("security", "legal", "abuse", "personal_data"))
"""What somebody must see, whatever the ticket repeats: a link would hide it."""
DEFAULT_LANGUAGE = "en"


def take_in(dossier: TicketDossier, terms: TicketTerms, vocabulary: Vocabulary, at: datetime) -> Intake:
    """What rules make of a ticket at a moment (with a time zone): total, whatever the text is."""
    ticket, known = dossier.ticket, dossier.known
    text = read_of(ticket)
    spam = looks_like_spam(text, known_sender=known is not None)
    link = find_link(ticket, dossier.incidents, dossier.similar, terms)
    found = [*_words(text), *_sender(ticket, known), *_course(ticket, link, terms, spam=spam)]
    findings = in_order(found)
    codes = {finding.code for finding in findings}
    named = vocabulary.named(text)
    must_be_seen = bool(codes & DELICATE or vocabulary.refunds.intersection(named))
    return Intake(
        ticket_id=ticket.id,
        message_id=newest_of(ticket).id,
        language=language_of(text) or (known.customer.language if known else DEFAULT_LANGUAGE),
        to=known.customer.email if known else ticket.requester,
        customer_id=known.customer.id if known else None,
        contract=contract_in_force(known, at),
        flags=tuple(flag for flag in FLAGS if flag in codes),
        findings=findings,
        spam=spam and not must_be_seen,
        named=named,
        wishes=vocabulary.wishes_among(named, {intent for queue in dossier.queues for intent in queue.intents}),
        link=None if must_be_seen else link,
    )


def newest_of(ticket: Ticket) -> Message:
    """What the requester wrote last; a ticket that a colleague or a system opened has its first message."""
    theirs = [message for message in ticket.messages if message.author == "customer"]
    return theirs[-1] if theirs else ticket.messages[0]


def contract_in_force(known: KnownCustomer | None, at: datetime) -> Contract | None:
    """The customer's contract, if it runs on the day of a moment."""
    contract = known.contract if known else None
    if contract is None or at.date() < contract.since or (contract.until and at.date() > contract.until):
        return None
    return contract


def in_order(findings: Iterable[TicketFinding]) -> tuple[TicketFinding, ...]:
    """The most severe first, none twice."""
    return tuple(dict.fromkeys(sorted(findings, key=lambda finding: CATALOGUE.index(finding.code))))


def owner_of(findings: tuple[TicketFinding, ...]) -> TicketRole:
    """Whose a ticket is by the most severe of its findings."""
    return findings[0].owner if findings else "support"


def _words(text: str) -> Iterator[TicketFinding]:
    for flagged in word_flags(text):
        yield TicketFinding(code=flagged.flag, said=flagged.said)


def _sender(ticket: Ticket, known: KnownCustomer | None) -> Iterator[TicketFinding]:
    """A mail's sender is what it claims: it opens a file, and never proves who wrote."""
    if known is None:
        said = f"Nobody in the CRM writes from {show(ticket.requester, 80)}."
        yield TicketFinding(code="unknown_customer", said=said)
        return
    if known.customer.tier == "vip":
        yield TicketFinding(code="vip", said=f"{show(known.customer.name, 60)} is a customer of weight.")
    if known.customer.blocked:
        yield TicketFinding(code="blocked_customer", said=f"{show(known.customer.name, 60)} is blocked in the CRM.")


def _course(ticket: Ticket, link: Link | None, terms: TicketTerms, *, spam: bool) -> Iterator[TicketFinding]:
    if spam:
        yield TicketFinding(code="spam", said="It has the signs of an unwanted mailing from a sender nobody knows.")
    if not whole(ticket):
        yield TicketFinding(code="too_long", said=f"It has more than {LIMIT} characters; rules read the first of them.")
    if ticket.reassigned >= terms.reassigned_times:
        said = f"People have put it into another queue {ticket.reassigned} times."
        yield TicketFinding(code="reassigned_often", said=said)
    if link and link.relation == "incident":
        yield TicketFinding(code="in_incident", said=f"It is about the running incident {link.to}.")
    elif link:
        yield TicketFinding(code="duplicate", said=f"{link.confidence:.0%} of its words stand in ticket {link.to}.")
