"""What inputs and results say that Signalbox's own activities leave in a history, told by their shape.

Not read with today's models: a history may be years old, and what is not understood is left out, never an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from pydantic import JsonValue

from governance.trail import conventions as c
from governance.trail import judgements
from governance.trail.reading import flag, items, number, text
from governance.trail.values import Attributes, kept, written


def said(value: JsonValue) -> Attributes:
    """What a value says, if it has the shape of something known."""
    if isinstance(value, dict):
        for keys, read in SHAPES:
            if keys <= value.keys():
                return read(value)
    return {}


def _thought(value: JsonValue) -> Attributes:
    claim, calls = text(value, "claim"), items(value, "calls")
    return kept(
        {
            c.PROVIDER: text(value, "provider"),
            c.MODEL: text(value, "model"),
            c.INPUT_TOKENS: number(value, "usage", "input_tokens"),
            c.OUTPUT_TOKENS: number(value, "usage", "output_tokens"),
            c.COST: text(value, "cost"),
            c.USABLE: None if calls else claim is not None,
            c.CONFIDENCE: _confidence(claim),
            c.COMPLAINT: text(value, "observation", "complaint"),
            c.OUTPUT: claim or text(value, "observation", "answer") or (written(list(calls)) if calls else None),
            c.CALLS: tuple(_call(each) for each in calls),
            c.ASKS: asks if (asks := number(value, "asks") or 1) > 1 else None,
            c.LOOKED_UP: tuple(_call(each) for each in items(value, "looked_up")),
        }
    )


def _call(value: JsonValue) -> str:
    return f"{text(value, 'tool') or '?'}{'' if text(value, 'does') else ' (refused)'}"


def _observed(value: JsonValue) -> Attributes:
    kept_as = text(value, "whole", "digest")
    return kept(
        {
            c.TOOL_NAME: text(value, "tool"),
            c.TOOL_CALL: text(value, "call"),
            c.TOOL_RESULT: text(value, "text") or (f"kept as {kept_as}" if kept_as else None),
        }
    )


def _prepared(value: JsonValue) -> Attributes:
    return kept(
        {
            c.TOOL_NAME: text(value, "tool"),
            c.TOOL_CALL: text(value, "call"),
            c.ACTION: text(value, "action", "kind"),
            c.TOOL_RESULT: text(value, "refusal"),
            c.UNBACKED: judgements.unbacked(value),
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
    turns = len(items(value, "observations")) + (number(value, "number") or 1)
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
    (frozenset({"then", "row", "policy", "file_digest"}), judgements.verdict),
    (frozenset({"action", "key", "verdict"}), judgements.order),
    (frozenset({"question", "digest", "subject", "verdict"}), judgements.request),
    (frozenset({"state", "digest", "votes", "heard"}), judgements.decision),
    (frozenset({"event_id", "identity", "assurance", "mandates"}), judgements.weighed),
    (frozenset({"by", "identity", "sure"}), judgements.weighed),
    (frozenset({"weighed", "amended", "why_not"}), judgements.change),
    (frozenset({"claim", "provider", "usage"}), _thought),
    (frozenset({"event_id", "agent", "provider", "answer"}), _explained),
    (frozenset({"agent", "version", "brief"}), _turn),
    (frozenset({"call", "tool", "text", "whole"}), _observed),
    (frozenset({"call", "tool", "action", "refusal"}), _prepared),
    (frozenset({"reference", "first"}), _receipt),
    (frozenset({"key", "kind", "roles", "title"}), _notice),
    (frozenset({"outcome", "decided_by"}), _outcome),
    (frozenset({"digest", "media_type"}), _document),
    (frozenset({"requester"}), _case),
)
"""What a value of these names is; the first that fits."""
