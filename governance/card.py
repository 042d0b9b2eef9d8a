"""The cards of approvals and cases: one fenced, aligned block that outside text cannot break out of."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping

from domain.text import show
from domain.unbacked import Unbacked
from governance.approval import Heard
from governance.ballot import Ballot
from governance.trail.link import TrailLink, fenced, fenceless

WIDTH = 64
"""Columns that the UI's pane shows without scrolling in a window of 1,400 pixels."""
LABEL = 14
LIMIT = 3_900
"""Bytes; the UI takes the card through a URL."""
SHOWN = 8
"""Answers on the card; the result holds them all."""
FOUND = 5
"""Findings on the card; the input holds them all."""
SHORTENED = "… shortened: the input and the result show everything"


def card(ballot: Ballot, trail: TrailLink | None = None) -> str:
    """Markdown for the current details of an Approval: state, question, answers, why, facts, how to decide, trail."""
    head, answers, facts, foot = (list(part(ballot)) for part in (_head, _answers, _facts, _foot))
    if trail and trail.command:
        foot += _row("Trail", trail.command)
    after = [trail.markdown] if trail else []
    for part in (facts, answers):
        if _size(head, answers, facts, foot, after) > LIMIT:
            while part and _size(head, answers, facts, foot, after, [SHORTENED]) > LIMIT:
                part.pop()
            part.append(SHORTENED)
    blocks = [block for block in (head, answers, facts, foot) if block]
    return fenced(["\n\n".join("\n".join(block) for block in blocks)], trail)


def case_card(headline: str, about: str, facts: Mapping[str, str], trail: TrailLink) -> str:
    """Markdown for the current details of a case: where it stands, what is done or asked now, what it is, its trail."""
    lines = [*_wrapped(headline, limit=200), *_wrapped(about, limit=300), ""]
    told = {**facts, "Trail": trail.command}
    lines += [line for label, value in told.items() if value for line in _row(label, value)]
    return fenced(lines, trail)


def _size(*blocks: list[str]) -> int:
    return sum(len(line.encode()) + 1 for block in blocks for line in block)


def _head(ballot: Ballot) -> Iterator[str]:
    yield from _wrapped(_headline(ballot), limit=200)
    yield from _wrapped(ballot.request.question, limit=300)
    if ballot.state == "waiting":
        yield from _row("Still needed", _still_needed(ballot))


def _still_needed(ballot: Ballot) -> str:
    """Places that are open, who has approved, whom others have asked."""
    record, review = ballot.record, ballot.request.review
    left = ballot.missing(record.votes[-1].at if record.votes else review.ladder[0].at)
    said = [f"{places(left)}, at least {review.assurance}"]
    said += [f"or {rung.role}, asked since {rung.at:%d %b %H:%M}" for rung in record.climbed if rung.role]
    if record.votes:
        said.append(f"approved by {', '.join(show(vote.person, 40) for vote in record.votes)}")
    said += [f"{show(each.giver, 40)} asks {show(each.taker, 40)}" for each in record.handed[-3:]]
    return "; ".join(said)


def _answers(ballot: Ballot) -> Iterator[str]:
    """The newest first: whoever has just answered looks for it."""
    for heard in reversed(ballot.heard[-SHOWN:]):
        yield from _row(f"{heard.at:%d %b %H:%M}", _answer(heard))
        for told in ballot.record.explained:
            if told.event_id == heard.event_id:
                said = f"“{show(told.answer, 300)}”" if told.answer else f"no answer: {show(told.why_not or '', 160)}"
                yield from _row("", f"{told.agent} ({told.provider}), a claim: {said}")
    hidden = len(ballot.heard[:-SHOWN]) + ballot.record.unrecorded
    if hidden:
        yield from _row("", f"and {hidden} more answers")


def _facts(ballot: Ballot) -> Iterator[str]:
    request = ballot.request
    for each in request.unbacked[:FOUND]:
        yield from _row("Not backed", _unbacked(each))
    if len(request.unbacked) > FOUND:
        yield from _row("", f"and {len(request.unbacked) - FOUND} more that nobody but the agent says")
    for number, finding in enumerate(request.evidence[:FOUND]):
        yield from _row("" if number else "Found", finding)
    if len(request.evidence) > FOUND:
        yield from _row("", f"and {len(request.evidence) - FOUND} more findings")
    yield from _row("Why held", request.why_held)
    if request.advice:
        advice = request.advice
        yield from _row("Agent says", f"{advice.proposal}, confidence {advice.confidence}")
        yield from _row("", f"“{show(advice.reason, 300)}”")
        yield from _row("", f"a claim by {advice.agent} {advice.version} ({advice.provider}), not a decision")
    yield ""
    for label, value in request.facts.items():
        yield from _row(label, value)


def _unbacked(each: Unbacked) -> str:
    """What the agent alone says, and who was asked in vain."""
    places = f"nothing that {', '.join(each.sought_in)} vouch for" if each.sought_in else "nothing was looked up"
    return f"{each.argument} “{show(each.value, 80)}”: the agent's word alone, {show(places, 160)}"


def _foot(ballot: Ballot) -> Iterator[str]:
    request = ballot.request
    if ballot.state == "waiting":
        yield from _row("No answer", request.if_nobody_answers)
        yield from _row("To decide", request.how_to_decide)
    yield from _row("Identity", request.profile)


def _headline(ballot: Ballot) -> str:
    request, settled = ballot.request, ballot.settled_by
    if ballot.state == "waiting":
        return f"WAITING for {request.role}, until {request.subject.expires:%d %b %Y %H:%M} UTC"
    if ballot.state == "amended":
        return f"CHANGED by {show(settled.person if settled else '', 60)}: a new request asks about it as it is now"
    if settled:
        changed = ", with changes" if ballot.amended else ""
        return f"{ballot.state.upper()} by {show(settled.person, 60)} ({settled.assurance}){changed}"
    return "EXPIRED: nobody answered in time"


def _answer(heard: Heard) -> str:
    text = f" “{show(heard.text, 160)}”" if heard.text else ""
    changes = f" changing {show(json.dumps(heard.changes), 160)}" if heard.changes else ""
    handed = f" to {show(heard.handed.taker, 40)}" if heard.handed else ""
    said = f"{show(heard.person, 40)}: {show(heard.kind, 20)}{handed}{text}{changes}"
    return said if heard.counted else f"Not counted: {said}: {show(heard.why_not or '', 160)}"


def places(left: Mapping[str, int]) -> str:
    """`2 from finance, 1 from legal`."""
    return ", ".join(f"{count} from {role}" for role, count in left.items()) or "nobody"


def _row(label: str, value: str) -> list[str]:
    first, *rest = _wrapped(value, WIDTH - LABEL) or [""]
    label = _fenceless(label, LABEL - 2)
    return [f"{label:<{LABEL}}{first}".rstrip(), *(f"{'':<{LABEL}}{line}" for line in rest)]


def _wrapped(text: str, width: int = WIDTH, limit: int = 400) -> list[str]:
    return textwrap.wrap(_fenceless(text, limit), width, break_on_hyphens=False)


def _fenceless(text: str, limit: int) -> str:
    """One printable line in which no run of marks can close the block."""
    return fenceless(show(text, limit))
