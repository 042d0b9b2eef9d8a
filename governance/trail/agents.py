"""Turns of one agent, gathered: what a consultation took, what it cost, who answered in the end."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from governance.trail import conventions as c
from governance.trail.identity import record_id
from governance.trail.record import ROUTINE, Record, Status
from governance.trail.values import Attributes, kept

RULES = "rules"
DIGITS = 30
CALLED = frozenset({"local", "activity", "child"})
"""What an agent's calls come to: look-ups, judgements, effects, and people who are asked."""


def with_agents(records: Sequence[Record], *, closed: bool) -> tuple[Record, ...]:
    """The same records, the turns of each consultation beneath a record of their agent, which has no events itself."""
    made: list[Record] = []
    turns: list[Record] = []
    for record in records:
        if turns and record.kind not in ROUTINE and not _continues(record, turns):
            made += _gathered(turns, over=True)
            turns = []
        if turns or _opens(record):
            turns.append(record)
        else:
            made.append(record)
    if turns:
        made += _gathered(turns, over=closed)
    return tuple(made)


def _opens(record: Record) -> bool:
    return record.kind == "activity" and c.TURNS in record.attributes


def _continues(record: Record, turns: Sequence[Record]) -> bool:
    """A later turn of the same agent, what it called, or its rules after it has failed."""
    if not _opens(record) and not _by_rules(record) and _calls(turns):
        return True
    if _opens(record):
        agent = (c.AGENT_NAME, c.AGENT_VERSION)
        same = all(record.attributes.get(name) == turns[0].attributes.get(name) for name in agent)
        return same and record.attributes[c.TURNS] != 1
    by_rules = record.kind == "local" and record.attributes.get(c.PROVIDER) == RULES
    return by_rules and not any(_by_rules(turn) for turn in turns)


def _calls(turns: Sequence[Record]) -> bool:
    """Whether the last turn called tools, so that all that follows may be what came of it."""
    return c.CALLS in next(turn for turn in reversed(turns) if _opens(turn)).attributes


def _by_rules(record: Record) -> bool:
    return record.attributes.get(c.PROVIDER) == RULES


def _gathered(mixed: Sequence[Record], *, over: bool) -> list[Record]:
    """The agent's record before its turns; routine records that came between stay where they were."""
    turns = [record for record in mixed if _opens(record) or _by_rules(record)]
    first, last = turns[0], turns[-1]
    name = str(first.attributes.get(c.ACTIVITY_ID, first.events[0]))
    over = (over or last.attributes.get(c.USABLE) is True) and last.until is not None
    agent = first.model_copy(
        update={
            "id": record_id(first.run, "agent", name),
            "kind": "agent",
            "name": str(first.attributes.get(c.AGENT_NAME, "agent")),
            "until": last.until if over else None,
            "status": _status(last) if over else "open",
            "events": (),
            "attributes": _totals(turns),
        }
    )
    below, until = {"parent": agent.id}, mixed.index(last)
    own = {record.id for record in turns} | {record.id for record in mixed[:until] if record.kind in CALLED}
    return [agent, *(record.model_copy(update=below) if record.id in own else record for record in mixed)]


def _status(last: Record) -> Status:
    return "ok" if last.attributes.get(c.USABLE) is True else "unknown" if last.status == "unknown" else "error"


def _totals(turns: Sequence[Record]) -> Attributes:
    first, last = turns[0].attributes, turns[-1].attributes
    asked = [turn for turn in turns if _opens(turn)]
    same = {name: first[name] for name in (c.AGENT_NAME, c.AGENT_VERSION) if name in first}
    ends = {name: last[name] for name in (c.PROVIDER, c.MODEL, c.USABLE, c.CONFIDENCE, c.OUTPUT) if name in last}
    priced = [cost for turn in asked if (cost := _money(turn)) is not None]
    sums = {
        c.TURNS: sum(_asks(turn) for turn in asked),
        c.COST: f"{sum(priced, Decimal(0)):f}" if priced else None,
        c.UNPRICED: len(asked) - len(priced) or None,
        **{name: _sum(asked, name) for name in (c.INPUT_TOKENS, c.OUTPUT_TOKENS)},
    }
    return same | ends | kept(sums)


def _asks(turn: Record) -> int:
    """The questions of one turn: one, or as many as a framework put in its step."""
    asks = turn.attributes.get(c.ASKS)
    return asks if isinstance(asks, int) else 1


def _sum(turns: Sequence[Record], name: str) -> int | None:
    known = [count for turn in turns if isinstance(count := turn.attributes.get(name), int)]
    return sum(known) if known else None


def _money(turn: Record) -> Decimal | None:
    """What a turn cost; nothing that cannot be money, such as a number of a million digits."""
    try:
        cost = Decimal(str(turn.attributes[c.COST]))
    except (KeyError, InvalidOperation):
        return None
    return cost if cost.is_finite() and abs(cost.adjusted()) < DIGITS else None
