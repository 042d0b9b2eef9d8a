"""A case for a reader in a hurry: what came of it, who decided, by which rule, what was done; then where to look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from governance.reconciliation.held import Chain
from governance.trail import conventions as c
from governance.trail.figures import clock, evidence, spent
from governance.trail.html import Html, element
from governance.trail.page import PROFILES, document
from governance.trail.questions import LAWS, QUESTIONS
from governance.trail.record import Record
from governance.trail.style import STYLE
from governance.trail.summary_style import TABLES
from governance.trail.wording import label, phrases

Rows = Sequence[Mapping[str, str | Html]]


class Lacking(Protocol):
    """What is not in a pack, and why."""

    @property
    def what(self) -> str:
        """It, in a phrase."""
        ...

    @property
    def why(self) -> str:
        """The reason."""
        ...


def summary(records: Sequence[Record], chain: Chain, lacks: Iterable[Lacking] = ()) -> str:
    """The page, from the records of a case and what the ledger holds of it; it loads nothing and runs nothing."""
    title = f"Evidence of {records[0].case if records else 'a case of which nothing is left'}"
    body = element(
        "body",
        *_heading(records, chain, title),
        *_section("Not known", [_unknown(record) for record in records if record.status == "unknown"], NOT_KNOWN),
        *_section("What was done", [_effect(record, records) for record in _effects(records)], DONE),
        *_section("What rules decided", [_judgement(record) for record in _judgements(records)], DECIDED),
        *_asked(records),
        *_section("Agents and models", [_agent(record) for record in records if record.kind == "agent"], THOUGHT),
        *_section("Which question does which file help to answer", QUESTIONS_ASKED, SUPPORTS),
        element("p", LAWS, class_="dim"),
        *_section("What is not in this pack", [{"what": each.what, "why": each.why} for each in lacks], LACKS),
    )
    return document(title, body, STYLE + TABLES)


NOT_KNOWN = (
    "It began, and nothing says how it ended: an effect may or may not have taken place.",
    "Nothing: of everything that began it is on record how it ended.",
)
DONE = (
    "Effects in business systems. Each has a key, so that trying again does not do it again.",
    "No effect is on record.",
)
DECIDED = (
    "Each judgement, with the row of the table that decided and the SHA-256 of the table's file in policies/.",
    "No judgement is on record.",
)
ASKED = (
    "Requests for a decision. An answer counts once for each person, and never the requester's own.",
    "Nobody was asked.",
)
THOUGHT = ("What a model answers is a claim: rules and people decide what comes of it.", "No agent was asked.")
SUPPORTS = (
    "Evidence supporting an answer, and what stays open. Whether a rule is kept is for the reader to judge.",
    "",
)
LACKS = ("What somebody may look for here.", "Nothing is known to be missing.")
QUESTIONS_ASKED: Rows = [
    {"rule": each.rule, "question": each.asks, "look at": each.look, "left open": each.open} for each in QUESTIONS
]


def _heading(records: Sequence[Record], chain: Chain, title: str) -> Iterator[Html]:
    yield element("h1", title)
    for erased in chain.erasures:
        yield element("p", f"Erased by {erased.by} at {erased.at}: {erased.reason}", class_="bad")
    run = next((record for record in records if record.kind == "run" and c.REQUESTER in record.attributes), None)
    run = run or next((record for record in records if record.kind == "run"), None)
    if run is None:
        yield element("p", "The ledger holds no record of this case that can still be read.", class_="bad")
        return
    yield element("p", "; ".join((label(run), *phrases(run))), class_="outcome")
    facts = {
        "Asked for by": _of(run, c.REQUESTER),
        "From": f"{min(record.at for record in records):%d %b %Y %H:%M:%S} UTC",
        "Until": f"{run.until:%d %b %Y %H:%M:%S} UTC" if run.until else "not over yet",
        "People": _people(records),
        "Profile": next(
            (PROFILES.get(_of(each, c.PROFILE), "") for each in records if c.PROFILE in each.attributes), ""
        ),
        "Reasoning": spent(records),
        "Models": ", ".join(sorted({_of(each, c.MODEL) for each in records if c.MODEL in each.attributes})),
        "In the ledger": f"{len(chain.entries)} entries, {'sealed' if chain.sealed else 'not sealed yet'}",
        "Trace": run.trace,
    }
    yield element("dl", *(part for name, told in facts.items() if told for part in _pair(name, told)), class_="facts")


def _pair(name: str, told: str) -> tuple[Html, Html]:
    return element("dt", name), element("dd", told)


def _people(records: Iterable[Record]) -> str:
    """Who took part in deciding, and how."""
    decided = [record for record in _requests(records) if c.STATE in record.attributes]
    said = [f"{_of(record, c.STATE)}{_by(record)}" for record in decided]
    return "; ".join(dict.fromkeys(said)) or "nobody decided: rules did"


def _by(record: Record) -> str:
    return f" by {_of(record, c.BY)} ({_of(record, c.ASSURANCE)})" if c.BY in record.attributes else ""


def _section(name: str, rows: Rows, said: tuple[str, str]) -> Iterator[Html]:
    """A table below what it is; where there are no rows, what that means."""
    yield element("h2", name)
    yield element("p", said[not rows], class_="dim")
    if rows:
        yield _table(rows)


def _table(rows: Rows) -> Html:
    heads = element("thead", element("tr", *(element("th", name, scope="col") for name in rows[0])))
    lines = (element("tr", *(element("td", told, data_label=name) for name, told in row.items())) for row in rows)
    return element("table", heads, element("tbody", *lines))


def _unknown(record: Record) -> dict[str, str]:
    return {"when": _when(record), "what": label(record), "told": "; ".join(phrases(record)), "proof": _proof(record)}


def _effects(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.kind == "activity" and c.ORDER_KEY in record.attributes]


def _effect(record: Record, records: Iterable[Record]) -> dict[str, str]:
    tries = [f"{each.status}" for each in records if each.kind == "attempt" and each.parent == record.id]
    told = f"{_of(record, c.ATTEMPTS)} tries" if record.attributes.get(c.ATTEMPTS) != 1 else "1 try"
    by = f"{_of(record, c.STATE)}{_by(record)}; " if c.STATE in record.attributes else ""
    earlier = ", done by an earlier try" if record.attributes.get(c.RECEIPT_FIRST) is False else ""
    return {
        "when": _when(record),
        "action": _of(record, c.ACTION),
        "outcome": {"ok": "done", "error": "failed", "open": "goes on"}.get(record.status, "NOT KNOWN"),
        "receipt": (_of(record, c.RECEIPT) or "none") + earlier,
        "authority": f"{by}row {_of(record, c.ROW)}",
        "key": _of(record, c.ORDER_KEY),
        "tries": f"{told}: {', '.join(tries)}" if tries else told,
        "proof": _proof(record),
    }


def _judgements(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.kind == "local" and c.THEN in record.attributes]


def _judgement(record: Record) -> dict[str, str]:
    return {
        "when": _when(record),
        "action": _of(record, c.ACTION),
        "verdict": _of(record, c.THEN) + (", a random second look" if record.attributes.get(c.SAMPLED) else ""),
        "row": _of(record, c.ROW) or "none: the default",
        "why": _of(record, c.WHY),
        "policy": f"{_of(record, c.POLICY)} {_of(record, c.POLICY_VERSION)}",
        "SHA-256": f"{_of(record, c.POLICY_DIGEST)[:12]}…",
        "proof": _proof(record),
    }


def _requests(records: Iterable[Record]) -> list[Record]:
    return [record for record in records if record.kind == "child" and c.ROLES in record.attributes]


def _asked(records: Sequence[Record]) -> Iterator[Html]:
    requests = _requests(records)
    yield from _section("What people were asked", [_request(record) for record in requests], ASKED)
    for record in requests:
        answers = [each for each in records if each.case == _of(record, c.TARGET) and _is_answer(each)]
        yield element("h3", f"Answers to: {_of(record, c.QUESTION)}")
        yield _table([_answer(each) for each in answers]) if answers else element("p", "None came.", class_="dim")


def _is_answer(record: Record) -> bool:
    return record.kind == "local" and c.ANSWER_ASSURANCE in record.attributes and c.THEN not in record.attributes


def _request(record: Record) -> dict[str, str]:
    changed = ", as changed by a person" if record.attributes.get(c.AMENDED) else ""
    return {
        "when": _when(record),
        "question": _of(record, c.QUESTION),
        "asked": f"{_list(record, c.ROLES)}, at least {_of(record, c.ASSURANCE_ASKED)}",
        "asked for by": _of(record, c.REQUESTER),
        "decision": f"{_of(record, c.STATE) or record.status}{_by(record)}{changed}",
        "approvals that counted": _list(record, c.VOTES) or "none",
        "people": _distinct(record),
        "note": _of(record, c.NOTE),
        "proof": _proof(record),
    }


def _distinct(record: Record) -> str:
    """How many people that were, of how many, and whether the requester is one of them; names are as sure as above."""
    votes, roles = record.attributes.get(c.VOTES, ()), record.attributes.get(c.ROLES, ())
    people = {vote.partition(" (")[0] for vote in votes} if isinstance(votes, tuple) else set[str]()
    needed = (
        sum(int(role.split()[0]) for role in roles if role.split()[0].isdecimal()) if isinstance(roles, tuple) else 0
    )
    requester = "one of them" if _of(record, c.REQUESTER) in people else "not one of them"
    return f"{len(people)} distinct, {needed} asked for; the requester is {requester}"


def _answer(record: Record) -> dict[str, str]:
    why_not = _of(record, c.ANSWER_WHY_NOT)
    return {
        "when": _when(record),
        "who": _of(record, c.ANSWER_BY) or _of(record, c.IDENTITY) or "somebody",
        "how sure": f"{_of(record, c.ANSWER_ASSURANCE)} {_of(record, c.ANSWER_HOW)}".strip(),
        "may count for": _list(record, c.ANSWER_PLACES) or "nothing",
        "not counted because": why_not or "",
        "proof": f"event {_of(record, c.ANSWER_EVENT)}, weighed in {_proof(record)}",
    }


def _agent(record: Record) -> dict[str, str]:
    return {
        "when": _when(record),
        "agent": f"{record.name} {_of(record, c.AGENT_VERSION)}",
        "answered by": f"{_of(record, c.PROVIDER)} {_of(record, c.MODEL)}".strip() or "nobody",
        "confidence": _of(record, c.CONFIDENCE) or "none given",
        "usable": "yes" if record.attributes.get(c.USABLE) is True else "no",
        "turns, tokens": f"{_of(record, c.TURNS)}, {_of(record, c.INPUT_TOKENS)} + {_of(record, c.OUTPUT_TOKENS)}",
        "cost": _of(record, c.COST) or "not known",
    }


def _when(record: Record) -> str:
    return clock(record, dated=True)


def _proof(record: Record) -> str:
    return f"{evidence(record) or 'the journal'}, run {record.run[:8]}…"


def _of(record: Record, name: str) -> str:
    return str(record.attributes.get(name, ""))


def _list(record: Record, name: str) -> str:
    value = record.attributes.get(name, ())
    return "; ".join(value) if isinstance(value, tuple) else str(value)
