"""Whether enough distinct people, each with an authority of their own, have approved."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from domain.values import Frozen
from governance.assurance import Assurance
from governance.people import Mandate
from governance.person import folded


class Vote(Frozen):
    """One counted approval; `mandates` are the places its person may fill, of which it fills one."""

    person: str
    mandates: tuple[Mandate, ...]
    assurance: Assurance
    event_id: int
    at: datetime


def missing(votes: Sequence[Vote], approvers: Mapping[str, int], deputies: Collection[str] = ()) -> dict[str, int]:
    """How many people of which role are still needed, when the votes fill as many places as they can.

    A person fills one place, and so does an authority: whoever approves on another's behalf uses up both. People of
    the roles in `deputies` may fill any place. Exact by trying; a request has a handful of places.
    """
    places = [role for role, count in approvers.items() for _ in range(count)]
    left = _fewest_left(tuple(places), tuple(votes), frozenset(), frozenset(deputies))
    return {role: left.count(role) for role in approvers if role in left}


def one_name(name: str) -> str:
    """What people are told apart by: `Anna`, `anna` and `anna@desk` are one person, lest one votes as three."""
    return folded(name).partition("@")[0]


def _fewest_left(
    places: tuple[str, ...], votes: tuple[Vote, ...], used: frozenset[str], deputies: frozenset[str]
) -> tuple[str, ...]:
    if not places or not votes:
        return places
    vote, *rest = votes
    best = _fewest_left(places, tuple(rest), used, deputies)
    for mandate in vote.mandates:
        people = {one_name(vote.person), one_name(mandate.on_behalf_of or vote.person)}
        if used & people:
            continue
        for place in dict.fromkeys(places):
            if place != mandate.role and mandate.role not in deputies:
                continue
            others = list(places)
            others.remove(place)
            found = _fewest_left(tuple(others), tuple(rest), used | people, deputies)
            best = min(best, found, key=len)
            if len(best) <= max(len(places) - len(votes), 0):
                return best
    return best
