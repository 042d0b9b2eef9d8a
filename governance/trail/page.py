"""A trail as one page: it loads nothing, runs nothing, and can be read on a screen or on paper years later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from governance.trail import conventions as c
from governance.trail.assembly import Branch, tree
from governance.trail.figures import clock, evidence, several_days, spent, took
from governance.trail.html import Html, element, raw
from governance.trail.record import Record, Value
from governance.trail.style import STYLE
from governance.trail.wording import label, phrases, visible

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
PROFILES = {"dev": "dev: nobody was authenticated, names are what people claimed", "production": "production"}
PEOPLE = frozenset({"signal", "child", "cancel"})
KEY = "■ done in a business system · ● a step, or an answer of a person · ▲ failed or not known · ○ goes on"


def page(records: Sequence[Record], *, missing: Iterable[str] = ()) -> str:
    """The page of a case, from its records; `missing` are sentences about events that are not there."""
    shown = tuple(record for record in records if not record.routine)
    body = element(
        "body",
        *_heading(records, missing),
        element("h2", "What happened"),
        element("p", KEY, class_="dim"),
        element("ol", *_rows(tree(records), _Scale(records)), class_="tree"),
        element("h2", "Records"),
        element(
            "p", "What each line above rests on: the events of the workflow's history, by their ids.", class_="dim"
        ),
        *(_record(record) for record in shown),
        element("h2", "Routine"),
        *_routine(records),
    )
    title = element("title", f"Trail of {records[0].case if records else 'nothing'}")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        title,
        element("style", raw(STYLE)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


class _Scale:
    """Where moments are between the first and the last."""

    def __init__(self, records: Sequence[Record]) -> None:
        ends = [record.until or record.at for record in records]
        self._since = min((record.at for record in records), default=None)
        self._until = max(ends, default=None)
        self.dated = several_days(records)

    def share(self, moment: datetime) -> float:
        """From 0 to 1."""
        if self._since is None or self._until is None or self._until == self._since:
            return 0
        return (moment - self._since) / (self._until - self._since)

    def bar(self, record: Record) -> str:
        """Where a record's bar begins, and how long it is; what goes on reaches the end."""
        begins = self.share(record.at)
        ends = self.share(record.until) if record.until else 1
        return f"--from:{begins:.2%};--for:{max(ends - begins, 0):.2%}"


def _heading(records: Sequence[Record], missing: Iterable[str]) -> Iterator[Html]:
    if not records:
        yield element("h1", "An empty trail")
        return
    first, last = records[0], max(record.until or record.at for record in records)
    run = next((record for record in records if record.kind == "run"), first)
    runs = {record.run for record in records}
    yield element("h1", f"{label(run)} {first.case}")
    yield element("p", "; ".join(phrases(run)), class_="outcome")
    yield from (element("p", sentence, class_="bad") for sentence in missing)
    facts = {
        "From": f"{first.at:%d %b %Y %H:%M:%S} UTC",
        "To": f"{last:%d %b %Y %H:%M:%S} UTC" if run.until else "goes on",
        "Asked for by": _one(run.attributes, c.REQUESTER),
        "Profile": next(
            (PROFILES.get(_one(each.attributes, c.PROFILE), "") for each in records if c.PROFILE in each.attributes), ""
        ),
        "Reasoning": spent(records),
        "Drawn from": f"{sum(len(record.events) for record in records)} events of {len(runs)} runs",
        "Trace": first.trace,
    }
    yield _list(facts, "facts")


def _rows(branches: Iterable[Branch], scale: _Scale, depth: int = 0) -> Iterator[Html]:
    for branch in visible(branches, routine=False):
        yield _row(branch.record, scale, depth)
        yield from _rows(branch.below, scale, depth + 1)


def _row(record: Record, scale: _Scale, depth: int) -> Html:
    link = element("b", element("a", label(record), href=f"#r{record.id}"))
    said = "; ".join(phrases(record))
    return element(
        "li",
        element("time", f"{clock(record, dated=scale.dated)} {took(record)}", class_="dim"),
        element(
            "div", link, raw(" "), said, raw(" "), element("span", evidence(record), class_="dim mono"), class_="what"
        ),
        element("div", element("i"), class_="span", style=scale.bar(record)),
        class_=_class(record),
        style=f"--depth:{depth}",
    )


def _class(record: Record) -> str:
    if record.status != "ok":
        return record.status
    if c.ORDER_KEY in record.attributes:
        return "effect"
    return "person" if record.kind in PEOPLE else "step"


def _record(record: Record) -> Html:
    facts = {
        "when": f"{record.at.isoformat()} to {record.until.isoformat() if record.until else 'goes on'}",
        "status": record.status,
        "proof": f"{evidence(record) or 'the turns within it'}, run {record.run} of {record.case}",
        **{name: _one(record.attributes, name) for name in sorted(record.attributes)},
    }
    return element(
        "section", element("h3", f"{label(record)} "), _list(facts, "mono"), class_="record", id=f"r{record.id}"
    )


def _routine(records: Sequence[Record]) -> Iterator[Html]:
    """What went on beside it, a line for each kind and run, so that every event is on the page."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for record in records:
        if record.routine:
            found.setdefault((record.case, record.run, record.kind), []).extend(record.events)
    names = {"task": "workflow tasks", "listing": "search attributes", "memo": "memos", "patch": "patches"}
    for (case, run, kind), events in found.items():
        listed = records[0].model_copy(update={"events": tuple(sorted(events))})
        yield element("p", f"{case}, run {run}: {names.get(kind, kind)}, {evidence(listed)}", class_="dim")


def _list(facts: Mapping[str, str], class_: str) -> Html:
    pairs = ((element("dt", name), element("dd", told)) for name, told in facts.items() if told)
    return element("dl", *(part for pair in pairs for part in pair), class_=class_)


def _one(attributes: Mapping[str, Value], name: str) -> str:
    value = attributes.get(name, "")
    return " · ".join(value) if isinstance(value, tuple) else str(value)
