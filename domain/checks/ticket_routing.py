"""Where a ticket goes and how pressing it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.actions.tickets import Priority, TicketFlag
from domain.customers import Contract
from domain.support import Queue
from domain.ticket_terms import Level, TicketTerms, more_pressing

OWN_LANGUAGE = "en"
"""What every team reads."""


def queues_for(intent: str, queues: Sequence[Queue]) -> tuple[Queue, ...]:
    """The queues that ask for an intent."""
    return tuple(queue for queue in queues if intent in queue.intents)


def queue_for(intent: str, language: str, queues: Sequence[Queue]) -> Queue | None:
    """The queue for an intent: of several, the first that speaks the language; None where nobody asks for it."""
    found = queues_for(intent, queues)
    return next((queue for queue in found if speaks(queue, language)), found[0] if found else None)


def speaks(queue: Queue, language: str) -> bool:
    """Whether a queue's people read a language: English, or one that stands among its skills."""
    return language == OWN_LANGUAGE or language in queue.skills


def priority_of(
    levels: tuple[Level, Level], flags: Collection[TicketFlag], contract: Contract | None, terms: TicketTerms
) -> Priority:
    """What the grid gives for impact and urgency, raised by what stands out and by what the contract promises."""
    priority = terms.priority(*levels)
    for least in terms.least:
        priority = more_pressing(priority, least.priority) if least.flag in flags else priority
    return more_pressing(priority, contract.least_priority) if contract and contract.least_priority else priority
