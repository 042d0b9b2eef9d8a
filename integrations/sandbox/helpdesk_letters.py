"""What a customer reads from the helpdesk: templates around a body, filled from actions."""

from __future__ import annotations

from domain.actions.tickets import AcknowledgeTicket, AskCustomer, ReplyToCustomer
from domain.text import show
from integrations.sandbox.letters import NAME_LIMIT, Letter

SENDER = "service@nordlicht.example"

ACKNOWLEDGED = """Hello,

your message has arrived. Its number is {ticket}; please leave it in the subject if you write again.

Customer service
"""

ASKED = """Hello,

to help you we need something more:

{missing}

Please answer this message.

Customer service
"""

ANSWERED = """{body}

From our help pages: {articles}
If this does not answer your question, please answer this message, and a person will read it.

Customer service
"""

LINE_LIMIT = 2_000
"""Characters of a line of an answer."""


def acknowledged(action: AcknowledgeTicket, subject: str) -> Letter:
    """That it has arrived, and nothing else."""
    return _letter(action.ticket_id, subject, ACKNOWLEDGED.format(ticket=action.ticket_id))


def asked(action: AskCustomer, subject: str) -> Letter:
    """What is missing; a code such as order_number reads as words."""
    missing = "\n".join(f"- {show(each.replace('_', ' '), NAME_LIMIT)}" for each in action.missing)
    return _letter(action.ticket_id, subject, ASKED.format(missing=missing))


def answered(action: ReplyToCustomer, subject: str) -> Letter:
    """The answer with what it rests on; characters that cannot be seen are made visible."""
    body = "\n".join(show(line, LINE_LIMIT) for line in action.body.splitlines())
    articles = ", ".join(show(each, NAME_LIMIT) for each in action.articles)
    return _letter(action.ticket_id, subject, ANSWERED.format(body=body, articles=articles))


def _letter(ticket_id: str, subject: str, body: str) -> Letter:
    """The tag at the front leads an answer back to its ticket."""
    about = show(subject, NAME_LIMIT).replace(f"[{ticket_id}]", "").strip().removeprefix("Re:").strip()
    return Letter(subject=f"[{ticket_id}] Re: {about}".strip(), body=body)
