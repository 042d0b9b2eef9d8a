"""What the helpdesk knows: tickets, messages, queues, running incidents."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.actions.tickets import Priority
from domain.values import Frozen

TicketState = Literal["new", "open", "waiting_for_customer", "linked", "closed"]
Channel = Literal["mail", "web", "chat", "phone"]
AuthorKind = Literal["customer", "agent", "system"]


class Message(Frozen):
    """Something that was written into a ticket; text from outside, whoever signed it."""

    id: str
    author: AuthorKind
    sender: str = Field(description="the address it came from, as claimed")
    subject: str
    body: str
    at: AwareDatetime


class InboundMessage(Frozen):
    """A message as it comes in; everything in it is claimed by whoever sent it."""

    id: str | None = Field(
        default=None, min_length=1, max_length=998, description="the sender's own, such as the Message-ID of a mail"
    )
    channel: Channel
    sender: str = Field(min_length=1, max_length=320)
    subject: str = Field(default="", max_length=998)
    body: str = Field(max_length=100_000)
    at: AwareDatetime
    answers: str | None = Field(default=None, description="the ticket that it answers, where the channel knows")


class Received(Frozen):
    """Where a message is kept; `first` is False where it was there before."""

    ticket_id: str
    message_id: str
    first: bool


class Assignee(Frozen):
    """Whoever of support a ticket was given to."""

    name: str
    away: bool = Field(description="out of office at the moment of looking: nobody works on the ticket")


class Ticket(Frozen):
    """A ticket as the helpdesk has it."""

    id: str
    channel: Channel
    subject: str
    requester: str = Field(description="the address that it came from, as claimed")
    customer_id: str | None
    state: TicketState
    queue: str | None
    priority: Priority | None
    linked_to: str | None
    assignee: Assignee | None = None
    reassigned: int = Field(default=0, ge=0, description="how often a person has put it into another queue")
    reopened: int = Field(default=0, ge=0, description="how often the customer has written again after it was closed")
    messages: tuple[Message, ...] = Field(min_length=1, description="oldest first, at most 50")


class Queue(Frozen):
    """Who works on what; `intents` are those that go there."""

    name: str
    team: str
    intents: tuple[str, ...]
    skills: tuple[str, ...] = ()
    calendar: str = Field(default="support", description="whose business hours its clocks run by")


class Incident(Frozen):
    """Something that concerns many: tickets about it are linked and answered together."""

    id: str
    title: str
    words: tuple[str, ...] = Field(description="a ticket that has all of these is about it")
    open: bool
    since: AwareDatetime


class Article(Frozen):
    """An article of the knowledge base, which answers must cite."""

    id: str
    title: str
    body: str
    intents: tuple[str, ...]
    language: str = Field(pattern=r"^[a-z]{2}$")
    updated: AwareDatetime
