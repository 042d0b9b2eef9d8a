"""The approval card: one fenced, aligned block that outside text cannot break out of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from domain.text import show
from governance.approval import Heard
from governance.ballot import Ballot

WIDTH = 66
LABEL = 14
LIMIT = 3_900
"""Bytes; the UI takes the card through a URL."""
SHOWN = 8
"""Answers on the card; the result holds them all."""


def card(ballot: Ballot) -> str:
    """Markdown for the current details of an Approval: state, what, why, who answered, how to decide."""
    lines = list(_lines(ballot))
    while len("\n".join(lines).encode()) > LIMIT:
        lines = [*lines[:-2], lines[-1]]
    return "\n".join(["```text", *lines, "```"])


def _lines(ballot: Ballot) -> Iterator[str]:
    request = ballot.request
    yield from _wrapped(_headline(ballot))
    yield from _wrapped(request.question)
    yield ""
    for label, value in request.facts.items():
        yield from _row(label, value)
    yield from _row("Why held", request.why_held)
    if request.advice:
        advice = request.advice
        yield from _row("Agent says", f"{advice.proposal}, confidence {advice.confidence}")
        yield from _row("", f"“{show(advice.reason, 300)}”")
        yield from _row("", f"a claim by {advice.agent} {advice.version} ({advice.provider}), not a decision")
    yield ""
    for heard in ballot.heard[-SHOWN:]:
        yield from _row(f"{heard.at:%d %b %H:%M}", _answer(heard))
    hidden = len(ballot.heard[:-SHOWN]) + ballot.unrecorded
    if hidden:
        yield from _row("", f"and {hidden} more answers")
    if ballot.state == "waiting":
        yield from _row("Silence", request.if_nobody_answers)
        yield from _row("To decide", request.how_to_decide)
    yield from _row("Identity", request.profile)


def _headline(ballot: Ballot) -> str:
    request, settled = ballot.request, ballot.settled_by
    if ballot.state == "waiting":
        return f"WAITING for {request.role}, until {request.subject.expires:%d %b %Y %H:%M} UTC"
    if settled:
        return f"{ballot.state.upper()} by {show(settled.person, 60)} ({settled.assurance})"
    return "EXPIRED: nobody answered in time"


def _answer(heard: Heard) -> str:
    said = f"{show(heard.person, 40)}: {show(heard.kind, 20)}" + (f" “{show(heard.text, 160)}”" if heard.text else "")
    return said if heard.counted else f"Not counted: {said}: {show(heard.why_not or '', 120)}"


def _row(label: str, value: str) -> list[str]:
    first, *rest = _wrapped(value, WIDTH - LABEL) or [""]
    label = _fenceless(label, LABEL - 2)
    return [f"{label:<{LABEL}}{first}".rstrip(), *(f"{'':<{LABEL}}{line}" for line in rest)]


def _wrapped(text: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(_fenceless(text, 400), width)


def _fenceless(text: str, limit: int) -> str:
    """One printable line in which no run of marks can close the block."""
    return show(text, limit).replace("```", "'''").replace("~~~", "---")
