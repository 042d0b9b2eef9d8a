"""From a row's deadline to moments: when people are reminded, when others are asked too, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from domain.errors import BadPolicy
from governance.assurance import Profile
from governance.calendars import Span
from governance.people import Directory
from governance.policy import ReviewRow
from governance.verdict import Review, Rung


def review_of(row: ReviewRow, where: str, *, at: datetime, directory: Directory | None, profile: Profile) -> Review:
    """What a row asks of people from a moment (UTC) on; raise `BadPolicy` for a role that people.toml does not have."""
    stages = (tuple(row.approvers), *((role,) for role in row.escalate))
    if directory:
        for role in (role for roles in stages for role in roles if directory.role(role) is None):
            raise BadPolicy(f"{where}: {role} is no role of people.toml; add it there, or name another role here.")
    elif row.deadline.business:
        raise BadPolicy(f"{where}, cell deadline: {row.deadline} needs people.toml, which says when people work.")
    return Review(
        approvers=dict(row.approvers),
        assurance="anonymous" if profile == "dev" else row.assurance,
        ladder=tuple(_rungs(at, stages, row.deadline, directory)),
        silence=row.silence,
    )


def _rungs(
    begin: datetime, stages: tuple[tuple[str, ...], ...], wait: Span, directory: Directory | None
) -> Iterator[Rung]:
    """Each stage reminds at half its time and at four fifths; the next role is asked at its end."""
    following = (*(roles[0] for roles in stages[1:]), None)
    for roles, role in zip(stages, following, strict=True):
        end = _end(begin, wait, roles, directory)
        length = end - begin
        yield Rung(at=begin + length // 2, does="remind")
        yield Rung(at=begin + length * 4 // 5, does="remind")
        yield Rung(at=end, does="escalate", role=role) if role else Rung(at=end, does="end")
        begin = end


def _end(begin: datetime, wait: Span, roles: tuple[str, ...], directory: Directory | None) -> datetime:
    """Business time is over when it is for the last of those who are asked."""
    if directory is None or not wait.business:
        return begin + wait.length
    return max(directory.calendar_of(role).after(begin, wait) for role in roles)
