"""What verdicts, requests, answers, decisions and work orders say."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from governance.trail import conventions as c
from governance.trail.reading import at, fields, flag, items, number, text, whole
from governance.trail.values import MOST, Attributes, kept

FACT = c.FACT.removesuffix("<name>")
LONGEST_NAME = 200


def verdict(value: JsonValue) -> Attributes:
    """What policy said, by which row of which file, of which facts."""
    told = list(fields(value, "facts").items())[:MOST]
    facts = {FACT + whole(name)[:LONGEST_NAME]: text(fact) for name, fact in told}
    return kept(
        {
            c.THEN: text(value, "then"),
            c.ROW: text(value, "row"),
            c.WHY: text(value, "why"),
            c.POLICY: text(value, "policy"),
            c.POLICY_VERSION: text(value, "version"),
            c.POLICY_DIGEST: text(value, "file_digest"),
            c.ACTION: text(value, "facts", "action"),
            c.ACTION_DIGEST: text(value, "action_digest"),
            c.PROFILE: text(value, "profile"),
            c.SAMPLED: flag(value, "sampled") or None,
            c.SECOND: text(value, "second"),
            c.WOULD: text(value, "would"),
            **facts,
        }
    )


def order(value: JsonValue) -> Attributes:
    """An action with its authority: key, verdict and, where people were asked, their decision."""
    of_order = {
        c.ACTION: text(value, "action", "kind"),
        c.ORDER_KEY: text(value, "key"),
        c.ORDER_EXPIRES: text(value, "expires"),
    }
    return verdict(at(value, "verdict")) | decision(at(value, "decision")) | kept(of_order)


def request(value: JsonValue) -> Attributes:
    """What people were asked, and by which verdict."""
    review = at(value, "verdict", "review")
    asked = tuple(f"{text(count)} {role}" for role, count in fields(review, "approvers").items())
    return verdict(at(value, "verdict")) | kept(
        {
            c.QUESTION: text(value, "question"),
            c.REQUEST_DIGEST: text(value, "digest"),
            c.REQUESTER: text(value, "subject", "requester"),
            c.ROLES: asked,
            c.ASSURANCE_ASKED: text(review, "assurance"),
            c.EXPIRES: text(value, "subject", "expires"),
            c.ADVISED: text(value, "advice", "agent"),
            c.UNBACKED: unbacked(value),
        }
    )


def unbacked(value: JsonValue) -> tuple[str, ...]:
    """What nobody but an agent says of an action, an argument each."""
    return tuple(_loose(each) for each in items(value, "unbacked"))


def _loose(value: JsonValue) -> str:
    sought = ", ".join(text(each) or "?" for each in items(value, "sought_in")) or "nothing"
    return f"{text(value, 'argument')} “{text(value, 'value')}”, sought in {sought}"


def decision(value: JsonValue) -> Attributes:
    """How people decided, and whose approvals counted."""
    return kept(
        {
            c.STATE: text(value, "state"),
            c.BY: text(value, "by"),
            c.ASSURANCE: text(value, "assurance"),
            c.NOTE: text(value, "note"),
            c.VOTES: tuple(_vote(each) for each in items(value, "votes")),
            c.AMENDED: True if fields(value, "amended") else None,
        }
    )


def _vote(value: JsonValue) -> str:
    places = ", ".join(_places(value))
    return f"{text(value, 'person')} ({text(value, 'assurance')}) for {places}, event {text(value, 'event_id')}"


def _places(value: JsonValue) -> Iterator[str]:
    for each in items(value, "mandates"):
        instead = text(each, "on_behalf_of")
        yield f"{text(each, 'role')} in place of {instead}" if instead else text(each, "role") or "?"


def weighed(value: JsonValue) -> Attributes:
    """Who answered, and what that answer may count for."""
    return kept(
        {
            c.ANSWER_BY: text(value, "by"),
            c.IDENTITY: text(value, "identity"),
            c.ANSWER_ASSURANCE: text(value, "assurance") or text(value, "sure"),
            c.ANSWER_HOW: text(value, "how"),
            c.ANSWER_PLACES: tuple(_places(value)),
            c.ANSWER_WHY_NOT: text(value, "why_not") or text(value, "unread"),
            c.ANSWER_EVENT: number(value, "event_id"),
            c.ANSWER_TO: text(value, "handed", "taker"),
        }
    )


def change(value: JsonValue) -> Attributes:
    """An action as an approver changed it, judged again."""
    judged = verdict(at(value, "amended", "verdict"))
    return weighed(at(value, "weighed")) | judged | kept({c.ANSWER_WHY_NOT: text(value, "why_not")})
