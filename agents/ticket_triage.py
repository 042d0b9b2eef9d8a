"""From what the router claims to where a ticket goes. A claim adds doubts and flags; it takes none away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from agents.ticket_router import IntentClaim, LevelClaim, RouterClaim
from domain.actions.tickets import TicketFlag
from domain.checks.ticket_intake import FLAGS, in_order
from domain.checks.ticket_routing import priority_of, queue_for, speaks
from domain.checks.ticket_text import calm
from domain.support import Queue
from domain.ticket_findings import TicketFinding
from domain.ticket_terms import Level, TicketTerms
from domain.ticketing import Entity, Intake, Triage

UNSAID: Level = "medium"
"""Impact or urgency where nobody says."""
NOT_AT_ALL = Decimal(0)


@dataclass(frozen=True)
class RoutingRules:
    """What a claim is held against."""

    queues: Sequence[Queue]
    terms: TicketTerms


def triage_of(
    claim: RouterClaim | None, intake: Intake, rules: RoutingRules, *, said_by: Literal["rules", "agent"], text: str
) -> Triage:
    """Where a ticket goes; without a claim to the fallback queue, with no confidence, so that a person says where.

    The queue is the one that asks for the surest intent; a claim of another queue, or a ticket that was not read in
    full, is worth no confidence. `text` is the calm text: an entity that does not stand there is left out.
    """
    if claim is None:
        return _by_nobody(intake, rules.terms)
    held = _Held(claim, intake, rules)
    raised = held.raised.union(intake.flags)
    flags: tuple[TicketFlag, ...] = tuple(flag for flag in FLAGS if flag in raised)
    levels = (held.level(claim.impact), held.level(claim.urgency))
    return Triage(
        queue=held.queue.name if held.queue else rules.terms.fallback_queue,
        priority=priority_of(levels, flags, intake.contract, rules.terms),
        intents=tuple(each.intent for each in held.intents),
        flags=flags,
        findings=in_order((*intake.findings, *held.findings())),
        entities=tuple(_entities(claim, text)),
        routed_by=said_by,
        confidence=held.confidence,
        close_second=held.close_second,
    )


def _by_nobody(intake: Intake, terms: TicketTerms) -> Triage:
    unrouted = TicketFinding(code="nobody_routed", said="Neither a model nor the rules say whose it is.")
    return Triage(
        queue=terms.fallback_queue,
        priority=priority_of((UNSAID, UNSAID), intake.flags, intake.contract, terms),
        intents=(),
        flags=intake.flags,
        findings=in_order((*intake.findings, unrouted)),
        entities=(),
        routed_by="agent",  # what rules route is not doubted, and this is
        confidence=NOT_AT_ALL,
        close_second=False,
    )


@dataclass(frozen=True)
class _Held:
    """A claim held against the helpdesk's queues and the terms."""

    claim: RouterClaim
    intake: Intake
    rules: RoutingRules

    @cached_property
    def intents(self) -> tuple[IntentClaim, ...]:
        """The intents that are sure enough and that a queue asks for, surest first, none twice."""
        known = {intent for queue in self.rules.queues for intent in queue.intents}
        sure = [each for each in self.claim.intents if each.intent in known and self._sure(each.confidence)]
        ranked = sorted(sure, key=lambda each: each.confidence, reverse=True)
        return tuple({each.intent: each for each in reversed(ranked)}.values())[::-1]

    @cached_property
    def queue(self) -> Queue | None:
        """The queue that asks for the surest intent."""
        return queue_for(self.intents[0].intent, self.intake.language, self.rules.queues) if self.intents else None

    @property
    def trusted(self) -> bool:
        """Whether the claim's queue asks for its surest intent, and the whole ticket was read."""
        claimed = next((queue for queue in self.rules.queues if queue.name == self.claim.queue.name), None)
        asks = claimed is not None and bool(self.intents) and self.intents[0].intent in claimed.intents
        return asks and all(finding.code != "too_long" for finding in self.intake.findings)

    @property
    def confidence(self) -> Decimal:
        """How sure it is that this is the queue: as sure as the less sure of queue and intent."""
        return min(self.claim.queue.confidence, self.intents[0].confidence) if self.trusted else NOT_AT_ALL

    @property
    def close_second(self) -> bool:
        """Whether another queue is nearly as likely, by the queue claims or by the intents."""
        second = self.claim.second_queue
        rivals = [second.confidence] if second and second.name != self.claim.queue.name else []
        rivals += [each.confidence for each in self.intents if self.queue and each.intent not in self.queue.intents]
        return any(self.confidence - rival < self.rules.terms.close_within for rival in rivals)

    @property
    def raised(self) -> frozenset[TicketFlag]:
        """The flags that the claim raises; a concern counts once it is sure enough."""
        flags: set[TicketFlag] = {each.flag for each in self.claim.concerns if self._sure(each.confidence)}
        if len(self.intents) > 1:
            flags.add("several_intents")
        return frozenset(flags)

    def level(self, said: LevelClaim) -> Level:
        """An impact or urgency that is sure enough."""
        return said.level if self._sure(said.confidence) else UNSAID

    def findings(self) -> Iterator[TicketFinding]:
        """What stands out by the claim, beyond what the rules found."""
        for concern in self.claim.concerns:
            if concern.flag in self.raised - frozenset(self.intake.flags):
                yield TicketFinding(code=concern.flag, said="The router says so; the rules do not.")
        if len(self.intents) > 1:
            yield TicketFinding(code="several_intents", said=f"It wants {len(self.intents)} things.")
        if self.close_second:
            yield TicketFinding(code="close_second", said="Two queues are nearly as likely.")
        if self.queue is None:
            yield TicketFinding(code="no_queue", said="No queue asks for what it wants.")
        elif not self.trusted:
            yield TicketFinding(code="doubtful_queue", said="The router's queue and what it read do not fit together.")
        elif not self._sure(self.confidence):
            yield TicketFinding(code="low_confidence", said="The router is not sure.")
        if self.queue and not speaks(self.queue, self.intake.language):
            said = f"Nobody in {self.queue.name} is on file as speaking {self.intake.language}."
            yield TicketFinding(code="no_speaker", said=said)

    def _sure(self, confidence: Decimal) -> bool:
        return confidence >= self.rules.terms.sure_from


def _entities(claim: RouterClaim, text: str) -> Iterator[Entity]:
    for each in claim.entities:
        if (said := calm(each.text)) and said in text:
            yield Entity(kind=each.kind, text=said)
