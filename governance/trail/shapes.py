"""What inputs and results say that Signalbox's own activities leave in a history, told by their shape.

Not read with today's models: a history may be years old, and what is not understood is left out, never an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from pydantic import JsonValue

from governance.trail import conventions as c
from governance.trail.reading import at, fields, flag, items, number, text
from governance.trail.record import Value

LONGEST = 2_000
"""Characters of one value; the history has the rest."""

Attributes = dict[str, Value]


def kept(values: Mapping[str, Value | None]) -> Attributes:
    """Those that say something, clipped."""
    return {str(name): _clipped(value) for name, value in values.items() if value is not None and value != ()}


def said(value: JsonValue) -> Attributes:
    """What a value says, if it has the shape of something known."""
    if isinstance(value, dict):
        for keys, read in SHAPES:
            if keys <= value.keys():
                return read(value)
    return {}


def written(value: JsonValue) -> str | None:
    """A value as text: what is no text already, as JSON."""
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False)


def verdict(value: JsonValue) -> Attributes:
    """What policy said, by which row of which file, of which facts."""
    facts = {c.FACT.replace("<name>", name): text(told) for name, told in fields(value, "facts").items()}
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
            c.WOULD: text(value, "would"),
            **facts,
        }
    )


def _order(value: JsonValue) -> Attributes:
    of_order = {
        c.ACTION: text(value, "action", "kind"),
        c.ORDER_KEY: text(value, "key"),
        c.ORDER_EXPIRES: text(value, "expires"),
    }
    return verdict(at(value, "verdict")) | decision(at(value, "decision")) | kept(of_order)


def _request(value: JsonValue) -> Attributes:
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
        }
    )


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


def _weighed(value: JsonValue) -> Attributes:
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


def _change(value: JsonValue) -> Attributes:
    judged = verdict(at(value, "amended", "verdict"))
    return _weighed(at(value, "weighed")) | judged | kept({c.ANSWER_WHY_NOT: text(value, "why_not")})


def _thought(value: JsonValue) -> Attributes:
    claim = text(value, "claim")
    return kept(
        {
            c.PROVIDER: text(value, "provider"),
            c.MODEL: text(value, "model"),
            c.INPUT_TOKENS: number(value, "usage", "input_tokens"),
            c.OUTPUT_TOKENS: number(value, "usage", "output_tokens"),
            c.COST: text(value, "cost"),
            c.USABLE: claim is not None,
            c.CONFIDENCE: _confidence(claim),
            c.COMPLAINT: text(value, "observation", "complaint"),
            c.OUTPUT: claim or text(value, "observation", "answer"),
        }
    )


def _confidence(claim: str | None) -> str | None:
    try:
        told: JsonValue = json.loads(claim or "null")
    except (ValueError, RecursionError):
        return None
    return text(told, "confidence")


def _explained(value: JsonValue) -> Attributes:
    name, _, version = (text(value, "agent") or "").partition(" ")
    return kept(
        {
            c.AGENT_NAME: name or None,
            c.AGENT_VERSION: version or None,
            c.PROVIDER: text(value, "provider"),
            c.ANSWER_EVENT: number(value, "event_id"),
            c.USABLE: text(value, "answer") is not None,
            c.COMPLAINT: text(value, "why_not"),
            c.OUTPUT: text(value, "answer"),
        }
    )


def _turn(value: JsonValue) -> Attributes:
    turns = len(items(value, "observations")) + 1
    return kept({c.AGENT_NAME: text(value, "agent"), c.AGENT_VERSION: text(value, "version"), c.TURNS: turns})


def _receipt(value: JsonValue) -> Attributes:
    return kept({c.RECEIPT: text(value, "reference"), c.RECEIPT_FIRST: flag(value, "first")})


def _notice(value: JsonValue) -> Attributes:
    roles = tuple(text(each) or "" for each in items(value, "roles"))
    return kept({c.NOTICE: text(value, "kind"), c.NOTICE_ROLES: roles})


def _outcome(value: JsonValue) -> Attributes:
    return kept(
        {
            c.OUTCOME: text(value, "outcome"),
            c.OUTCOME_REASON: text(value, "reason"),
            c.DECIDED_BY: text(value, "decided_by"),
            c.TURNS: number(value, "spent", "turns") or None,
            c.COST: text(value, "spent", "money") if number(value, "spent", "turns") else None,
            c.UNPRICED: number(value, "spent", "unpriced") or None,
        }
    )


def _case(value: JsonValue) -> Attributes:
    document = kept({c.DOCUMENT: text(value, "document", "digest"), c.DOCUMENT_NAME: text(value, "document", "name")})
    return document | kept({c.REQUESTER: text(value, "requester")})


def _document(value: JsonValue) -> Attributes:
    return kept({c.DOCUMENT: text(value, "digest"), c.DOCUMENT_NAME: text(value, "name")})


SHAPES: tuple[tuple[frozenset[str], Callable[[JsonValue], Attributes]], ...] = (
    (frozenset({"then", "row", "policy", "file_digest"}), verdict),
    (frozenset({"action", "key", "verdict"}), _order),
    (frozenset({"question", "digest", "subject", "verdict"}), _request),
    (frozenset({"state", "digest", "votes", "heard"}), decision),
    (frozenset({"event_id", "identity", "assurance", "mandates"}), _weighed),
    (frozenset({"by", "identity", "sure"}), _weighed),
    (frozenset({"weighed", "amended", "why_not"}), _change),
    (frozenset({"claim", "provider", "usage"}), _thought),
    (frozenset({"event_id", "agent", "provider", "answer"}), _explained),
    (frozenset({"agent", "version", "brief"}), _turn),
    (frozenset({"reference", "first"}), _receipt),
    (frozenset({"key", "kind", "roles", "title"}), _notice),
    (frozenset({"outcome", "decided_by"}), _outcome),
    (frozenset({"digest", "media_type"}), _document),
    (frozenset({"requester"}), _case),
)
"""What a value of these names is; the first that fits."""


def _clipped(value: Value) -> Value:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    return tuple(str(_clipped(each)) for each in value[:100]) if isinstance(value, tuple) else value
