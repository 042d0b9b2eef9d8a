"""Who gets mail about a decision."""

from __future__ import annotations

from datetime import datetime

from domain.notice import Notice
from governance.people import Directory


def mail_addresses(directory: Directory, notice: Notice, at: datetime) -> tuple[str, ...]:
    """Of each role its mailbox, or else the e-mails of everybody who may fill it then; never the requester's own."""
    asker = directory.known_as(notice.requester)
    own = {(asker.email or "").casefold() if asker else "", notice.requester.casefold()}
    found = [address for role in notice.roles for address in _of(directory, role, at)]
    unique = {address.casefold(): address for address in reversed(found)}
    return tuple(unique[folded] for folded in dict.fromkeys(map(str.casefold, found)) if folded not in own)


def _of(directory: Directory, role: str, at: datetime) -> list[str]:
    entry = directory.role(role)
    if entry and entry.mailbox:
        return [entry.mailbox]
    return [person.email for person in directory.who(role, at) if person.email]
