"""A trail as one page: it loads nothing, runs nothing, and can be read on a screen or on paper years later."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from governance.trail import conventions as c
from governance.trail.assembly import tree
from governance.trail.figures import evidence, spent
from governance.trail.html import Html, element, raw
from governance.trail.record import Record, Value
from governance.trail.style import STYLE
from governance.trail.timeline import lined, timeline
from governance.trail.wording import label, phrases

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
PROFILES = {"dev": "dev: nobody was authenticated, names are what people claimed", "production": "production"}
LOOK_UP = (
    "These began, and nothing says how they ended: a worker died, or an answer was lost. Look in the business system "
    "whether each took place. An effect that was tried again carried the same key, so that it was not done twice."
)


def page(records: Sequence[Record], *, missing: Iterable[str] = ()) -> str:
    """The page of a case, from its records; `missing` are sentences about events that are not there."""
    lines = frozenset(lined(tree(records)))
    shown = tuple(record for record in records if not record.routine or record.id in lines)
    body = element(
        "body",
        *_heading(records, missing),
        *_alarm(records),
        element("h2", "What happened"),
        *timeline(records),
        element("h2", "Records"),
        element(
            "p", "What each line above rests on: the events of the workflow's history, by their ids.", class_="dim"
        ),
        *(_record(record, lines) for record in shown),
        element("h2", "Routine"),
        *_routine(records),
    )
    return document(f"Trail of {records[0].case if records else 'nothing'}", body)


def document(title: str, body: Html, style: str = STYLE) -> str:
    """A whole page around a body: it looks as trails do, loads nothing and runs nothing."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", title),
        element("style", raw(style)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _heading(records: Sequence[Record], missing: Iterable[str]) -> Iterator[Html]:
    if not records:
        yield element("h1", "An empty trail")
        return
    first, last = records[0], max(record.until or record.at for record in records)
    run = next((record for record in records if record.kind == "run"), first)
    runs = len({record.run for record in records})
    yield element("h1", f"{label(run)} {first.case}")
    yield element("p", "; ".join(phrases(run)), class_="outcome")
    yield from (element("p", sentence, class_="bad") for sentence in missing)
    facts = {
        "From": f"{first.at:%d %b %Y %H:%M:%S} UTC",
        "Until": f"{last:%d %b %Y %H:%M:%S} UTC" if run.until else "not over yet",
        "Asked for by": _one(run.attributes, c.REQUESTER),
        "Profile": next(
            (PROFILES.get(_one(each.attributes, c.PROFILE), "") for each in records if c.PROFILE in each.attributes), ""
        ),
        "Reasoning": spent(records),
        "Drawn from": f"{sum(len(record.events) for record in records)} events of {runs} run{'s' if runs > 1 else ''}",
        "Trace": first.trace,
    }
    yield _list(facts, "facts")


def _alarm(records: Iterable[Record]) -> Iterator[Html]:
    """What a person has to look up, because nobody knows."""
    unknown = [record for record in records if record.status == "unknown"]
    if not unknown:
        return
    yield element(
        "section",
        element("h2", "Outcome unknown"),
        element("p", LOOK_UP),
        element("ol", *(element("li", _line(record)) for record in unknown)),
        class_="alarm",
    )


def _line(record: Record) -> Html:
    key = _one(record.attributes, c.ORDER_KEY)
    name = f"{record.name}, {label(record)}" if record.kind == "attempt" else label(record)
    said = f"{'; '.join(phrases(record))}{f'; key {key}' if key else ''}"
    return element("span", element("a", name, href=f"#t{record.id}"), raw(" "), said)


def _record(record: Record, lines: Collection[str]) -> Html:
    """All that is on record; the run of a child shares the line of the child."""
    line = record.id if record.id in lines else record.parent
    facts = {
        "when": f"{record.at.isoformat()}{f' to {record.until.isoformat()}' if record.until else ', and goes on'}",
        "status": record.status,
        "proof": f"{evidence(record) or 'the turns within it'}, run {record.run} of {record.case}",
        **{name: _one(record.attributes, name) for name in sorted(record.attributes)},
    }
    return element(
        "section",
        element("h3", label(record), raw(" "), element("a", "its line", href=f"#t{line}", class_="dim")),
        _list(facts, "mono"),
        class_="record",
        id=f"r{record.id}",
    )


def _routine(records: Sequence[Record]) -> Iterator[Html]:
    """What went on beside it, a line for each kind and run, so that every event is on the page."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for record in records:
        if record.routine:
            found.setdefault((record.case, record.run, record.kind), []).extend(record.events)
    names = {"task": "workflow tasks", "listing": "search attributes", "memo": "memos", "patch": "patches"}
    for (case, run, kind), events in found.items():
        listed = records[0].model_copy(update={"kind": kind, "events": tuple(sorted(events))})
        yield element("p", f"{case}, run {run}: {names.get(kind, f'{kind}s')}, {evidence(listed)}", class_="dim")


def _list(facts: Mapping[str, str], class_: str) -> Html:
    pairs = ((element("dt", name), element("dd", told)) for name, told in facts.items() if told)
    return element("dl", *(part for pair in pairs for part in pair), class_=class_)


def _one(attributes: Mapping[str, Value], name: str) -> str:
    value = attributes.get(name, "")
    return " · ".join(value) if isinstance(value, tuple) else str(value)
