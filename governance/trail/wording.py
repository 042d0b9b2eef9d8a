"""Records in words: what happened, who did or decided it, why, and what it cost. Outside text is shown safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.text import show
from governance.trail import conventions as c
from governance.trail.assembly import Branch
from governance.trail.attempts import UNKNOWN_SO_FAR
from governance.trail.record import Record

SHORT, LONG = 80, 300
MARKS = {"error": "failed", "unknown": "OUTCOME UNKNOWN", "open": "goes on"}


def label(record: Record) -> str:
    """What the record is, in two or three words: `judge erp.post_bill`, `signal approve`."""
    name = show(record.name, SHORT)
    if record.kind == "attempt":
        return f"attempt {_of(record, c.ATTEMPT)}"
    if record.kind in ("signal", "update", "patch", "marker"):
        return f"{record.kind} {name}"
    if record.kind == "agent":
        return f"agent {name} {_of(record, c.AGENT_VERSION)}".rstrip()
    judged = _of(record, c.ACTION) if record.kind == "local" and c.THEN in record.attributes else ""
    return f"{name} {judged}".rstrip()


def phrases(record: Record) -> tuple[str, ...]:
    """What there is to say about it, the most important first."""
    return tuple(phrase for phrase in _phrases(record) if phrase)


def outline(branches: Iterable[Branch], *, routine: bool = False, depth: int = 0) -> Iterator[str]:
    """An indented list, a record a line, without times and ids."""
    for branch in visible(branches, routine=routine):
        yield f"{'  ' * depth}{label(branch.record)}: {'; '.join(phrases(branch.record))}".removesuffix(": ")
        yield from outline(branch.below, routine=routine, depth=depth + 1)


def visible(branches: Iterable[Branch], *, routine: bool) -> tuple[Branch, ...]:
    """The branches that people read."""
    return tuple(branch for branch in branches if routine or branch.below or not branch.record.routine)


def _phrases(record: Record) -> Iterator[str]:
    if record.kind == "attempt":
        yield from _tried(record)
        return
    if record.status == "error":
        yield _of(record, c.ENDED) or MARKS["error"]
    elif record.status in MARKS:
        yield MARKS[record.status]
    elif record.kind in ("timer", "outward", "run") and _of(record, c.ENDED) not in ("", "completed"):
        yield _of(record, c.ENDED)
    yield from _done(record)
    yield from _decided(record)
    yield from _answered(record)
    yield from _thought(record)
    yield from _said(record)
    yield from _troubled(record)


def _tried(record: Record) -> Iterator[str]:
    """What became of an attempt, and who made it."""
    late = record.attributes.get(c.ATTEMPT_OUTCOME) == UNKNOWN_SO_FAR
    yield "OUTCOME UNKNOWN so far: a later attempt has begun" if late else MARKS.get(record.status, "")
    yield _of(record, c.ERROR_TYPE)
    yield f"begun {record.at:%H:%M:%S} by worker {_of(record, c.WORKER)}"


def _done(record: Record) -> Iterator[str]:
    if c.OUTCOME in record.attributes:
        yield f"{_of(record, c.OUTCOME)}, decided by {_of(record, c.DECIDED_BY)}"
    if c.RECEIPT in record.attributes:
        again = "" if record.attributes.get(c.RECEIPT_FIRST, True) else " (done by an earlier try)"
        yield _of(record, c.RECEIPT) + again
    if record.kind == "child" and c.ROLES not in record.attributes:
        yield _of(record, c.TARGET)
    if record.kind == "outward":
        yield f"to {_of(record, c.TARGET)}"


def _decided(record: Record) -> Iterator[str]:
    if c.ROLES in record.attributes:
        yield f"asks {_list(record, c.ROLES)}, at least {_of(record, c.ASSURANCE_ASKED)}: {_quoted(record, c.QUESTION)}"
    if c.STATE in record.attributes:
        by = f" by {_of(record, c.BY)} ({_of(record, c.ASSURANCE)})" if c.BY in record.attributes else ""
        changed = ", as changed by a person" if record.attributes.get(c.AMENDED) else ""
        yield f"{_of(record, c.STATE)}{by}{changed}"
        yield _quoted(record, c.NOTE)
    if c.THEN in record.attributes and c.ROLES not in record.attributes:
        yield from _judged(record)


def _judged(record: Record) -> Iterator[str]:
    by = f"row {_of(record, c.ROW)}" if c.ROW in record.attributes else "no row"
    of = f"{by} of {_of(record, c.POLICY)} {_of(record, c.POLICY_VERSION)}"
    if c.ORDER_KEY in record.attributes:
        yield f"under {of}"
        return
    second = ", a random second look" if record.attributes.get(c.SAMPLED) else ""
    shadow = f", in shadow mode: it would {_of(record, c.WOULD)}" if c.WOULD in record.attributes else ""
    yield f"{_of(record, c.THEN)}{second}{shadow} by {of}"
    yield _quoted(record, c.WHY)


def _answered(record: Record) -> Iterator[str]:
    if c.ANSWER_ASSURANCE in record.attributes:
        who = _of(record, c.ANSWER_BY) or _of(record, c.IDENTITY) or "somebody"
        places = f" for {_list(record, c.ANSWER_PLACES)}" if c.ANSWER_PLACES in record.attributes else ""
        yield f"{who} ({_of(record, c.ANSWER_ASSURANCE)}){places}"
        if c.ANSWER_WHY_NOT in record.attributes:
            yield f"does not count: {_of(record, c.ANSWER_WHY_NOT, LONG)}"
    elif c.PRINCIPAL in record.attributes:
        yield f"from {_of(record, c.PRINCIPAL)} (authenticated)"
    elif c.IDENTITY in record.attributes:
        caller = f"{_of(record, c.IDENTITY)} (as it says)"
        yield f"started by {caller}" if record.kind == "run" else f"from {caller}"


def _thought(record: Record) -> Iterator[str]:
    if c.TOOL_CALL in record.attributes:
        yield _of(record, c.TOOL_NAME)
        yield f"refused: {_quoted(record, c.TOOL_RESULT)}" if _said_no(record) else ""
    if c.UNBACKED in record.attributes:
        yield f"the agent's word alone: {_list(record, c.UNBACKED)}"
    if c.PROVIDER not in record.attributes:
        return
    yield " ".join(filter(None, (_of(record, c.PROVIDER), _of(record, c.MODEL))))
    if record.attributes.get(c.INPUT_TOKENS):
        yield f"{_of(record, c.INPUT_TOKENS)} + {_of(record, c.OUTPUT_TOKENS)} tokens"
    if c.ASKS in record.attributes:
        yield f"asked {_of(record, c.ASKS)} times"
    if c.LOOKED_UP in record.attributes:
        yield f"looked up {_list(record, c.LOOKED_UP)}"
    if record.attributes.get(c.USABLE) is False:
        yield f"no usable answer: {_of(record, c.COMPLAINT, LONG)}".removesuffix(": ")
    if c.CALLS in record.attributes:
        yield f"calls {_list(record, c.CALLS)}"
    if c.CONFIDENCE in record.attributes:
        yield f"confidence {_of(record, c.CONFIDENCE)}"


def _said_no(record: Record) -> bool:
    """Whether no action was made of a call."""
    return record.name == "prepare_action" and c.ACTION not in record.attributes


def _said(record: Record) -> Iterator[str]:
    yield _quoted(record, c.SIGNAL_TEXT)
    yield _quoted(record, c.OUTCOME_REASON)
    yield _quoted(record, c.REASON)
    if c.NOTICE in record.attributes:
        yield f"{_of(record, c.NOTICE)}: the people of {_list(record, c.NOTICE_ROLES)}"
    if c.LISTED in record.attributes:
        yield _list(record, c.LISTED)
    if record.kind == "timer":
        yield _quoted(record, c.SUMMARY)
    if record.attributes.get(c.REAPPLIED):
        yield "sent again by a reset"
    if c.COST in record.attributes:
        yield f"cost {_of(record, c.COST)}"


def _troubled(record: Record) -> Iterator[str]:
    if c.ENDED_BY in record.attributes:
        yield f"by {_of(record, c.ENDED_BY)}"
    if c.ERROR_MESSAGE in record.attributes or c.ERROR_TYPE in record.attributes:
        yield f"{_of(record, c.ERROR_TYPE)}: {_of(record, c.ERROR_MESSAGE, LONG)}".removeprefix(": ").removesuffix(": ")
    attempts = record.attributes.get(c.ATTEMPTS)
    if record.kind != "task" and isinstance(attempts, int) and attempts > 1:
        last, now = record.attributes.get(c.LAST_FAILURE), record.attributes.get(c.ERROR_MESSAGE)
        before = f", the last after: {_of(record, c.LAST_FAILURE, LONG)}" if last and last != now else ""
        yield f"{attempts} attempts{before}"


def _of(record: Record, name: str, limit: int = SHORT) -> str:
    return show(str(record.attributes.get(name, "")), limit)


def _quoted(record: Record, name: str) -> str:
    return f"“{_of(record, name, LONG)}”" if record.attributes.get(name) else ""


def _list(record: Record, name: str) -> str:
    value = record.attributes.get(name, ())
    return show(" + ".join(value), LONG) if isinstance(value, tuple) else _of(record, name)
