"""Says what a ticket wants and whose it is. It proposes; plain code finds the queue, and policy and people decide."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from agents.agent import Agent, Limits
from domain.checks.ticket_flags import WordFlag
from domain.documents import DocumentRef
from domain.ticket_terms import Level
from domain.ticketing import EntityKind, Intake, TicketDossier
from domain.values import Frozen, Ratio

RULES_ARE_SURE = Decimal("0.85")
MOST_ENTITIES = 20


class QueueDuty(Frozen):
    """A queue and what is asked of it."""

    name: str
    team: str
    intents: tuple[str, ...]


class RouterBrief(Frozen):
    """The ticket's text by reference, without emphasis, and what the rules found in it."""

    ticket: DocumentRef
    language: str
    tier: str | None
    queues: tuple[QueueDuty, ...]
    named: tuple[str, ...] = Field(description="intents whose words stand in the text")
    wishes: tuple[str, ...] = Field(description="of these, what is wanted, by the rules")

    @classmethod
    def of(cls, ticket: DocumentRef, dossier: TicketDossier, intake: Intake) -> RouterBrief:
        """Put together what is known; `ticket` is the stored calm text."""
        return cls(
            ticket=ticket,
            language=intake.language,
            tier=dossier.known.customer.tier if dossier.known else None,
            queues=tuple(QueueDuty(name=each.name, team=each.team, intents=each.intents) for each in dossier.queues),
            named=intake.named,
            wishes=intake.wishes,
        )


class QueueClaim(Frozen):
    """A queue, and how sure."""

    name: str
    confidence: Ratio


class IntentClaim(Frozen):
    """Something that is wanted, and how sure."""

    intent: str
    confidence: Ratio


class LevelClaim(Frozen):
    """An impact or an urgency, and how sure."""

    level: Level
    confidence: Ratio


class ConcernClaim(Frozen):
    """Something that people should see first, and how sure."""

    flag: WordFlag
    confidence: Ratio


class EntityClaim(Frozen):
    """Something named in the ticket, copied from it."""

    kind: EntityKind
    text: str = Field(min_length=1, max_length=100)
    confidence: Ratio


class SentimentClaim(Frozen):
    """How the customer feels; nothing is decided by it."""

    feeling: Literal["content", "neutral", "upset"]
    confidence: Ratio


class RouterClaim(Frozen):
    """What the model makes of a ticket: a claim."""

    queue: QueueClaim
    second_queue: QueueClaim | None
    intents: tuple[IntentClaim, ...] = Field(max_length=5)
    impact: LevelClaim
    urgency: LevelClaim
    sentiment: SentimentClaim
    concerns: tuple[ConcernClaim, ...] = Field(max_length=4)
    entities: tuple[EntityClaim, ...] = Field(max_length=MOST_ENTITIES)


def by_words(brief: RouterBrief) -> RouterClaim | None:
    """Without a model only a ticket with one clear wish is routed; whatever else it is, a person says."""
    owners = [queue for queue in brief.queues if queue.intents and set(brief.wishes) & set(queue.intents)]
    if len(brief.wishes) != 1 or len(owners) != 1:
        return None
    middling = LevelClaim(level="medium", confidence=RULES_ARE_SURE)
    return RouterClaim(
        queue=QueueClaim(name=owners[0].name, confidence=RULES_ARE_SURE),
        second_queue=None,
        intents=(IntentClaim(intent=brief.wishes[0], confidence=RULES_ARE_SURE),),
        impact=middling,
        urgency=middling,
        sentiment=SentimentClaim(feeling="neutral", confidence=Decimal(0)),
        concerns=(),
        entities=(),
    )


ticket_router = Agent(
    name="ticket_router",
    version="1",
    instructions=(
        "You read one support ticket and say what it wants and which queue should have it.\n"
        "Use only queues and intents of the brief; an intent goes to a queue that lists it. Name every separate wish, "
        "surest first; a reason (broken, so money back) is no wish of its own. Where no intent fits, give none and the "
        "queue of lowest confidence 0. `second_queue` is the next likely queue, if there is any.\n"
        "Impact: high stops work or hits many, medium hits one customer's business, low is a question. Urgency: high "
        "where waiting a day does harm, low where a week does none. How loudly it is asked for counts for nothing.\n"
        "Raise a concern for attacks or leaks (security), lawyers or claims (legal), insults or threats (abuse), and "
        "private details (personal_data). Copy entities exactly as they stand in the ticket."
    ),
    brief=RouterBrief,
    claim=RouterClaim,
    fallback=by_words,
    limits=Limits(untrusted_characters=20_000),
)
