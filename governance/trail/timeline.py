"""What happened as lines of a page: when, what, by whom and why, and a bar for its place in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from governance.trail import conventions as c
from governance.trail.assembly import Branch, tree
from governance.trail.figures import clock, evidence, several_days, took
from governance.trail.html import Html, element, raw
from governance.trail.record import Record
from governance.trail.wording import label, phrases, visible

PEOPLE = frozenset({"signal", "child", "cancel"})
KEY = {
    "step": "a step",
    "person": "people: a question or an answer",
    "effect": "done in a business system",
    "error": "failed",
    "unknown": "outcome unknown",
    "open": "goes on",
}
"""Each class with a mark and a bar of its own, so that nothing rests on colour alone."""
SHORT = 40


def timeline(records: Sequence[Record]) -> Iterator[Html]:
    """What the marks mean, and the lines."""
    scale = _Scale(records)
    yield element("ol", *(element("li", element("b"), said, class_=kind) for kind, said in KEY.items()), class_="key")
    rows = (_head(scale), *_rows(tree(records), scale))
    yield element("ol", *rows, class_="tree dated" if scale.dated else "tree")


def lined(branches: Iterable[Branch]) -> Iterator[str]:
    """The ids of the records that have a line."""
    for branch in visible(branches, routine=False):
        yield branch.record.id
        yield from lined(branch.below)


class _Scale:
    """Where moments are between the first and the last."""

    def __init__(self, records: Sequence[Record]) -> None:
        ends = [record.until or record.at for record in records]
        self.since = min((record.at for record in records), default=None)
        self.until = max(ends, default=None)
        self.dated = several_days(records)

    def share(self, at: datetime) -> float:
        """From 0 to 1."""
        if self.since is None or self.until is None or self.until == self.since:
            return 0
        return (at - self.since) / (self.until - self.since)

    def bar(self, record: Record) -> str:
        """Where a record's bar begins, and how long it is; what goes on reaches the end."""
        begins = self.share(record.at)
        ends = self.share(record.until) if record.until else 1
        return f"--from:{begins:.2%};--for:{max(ends - begins, 0):.2%}"


def _head(scale: _Scale) -> Html:
    pattern = "%d %b %H:%M" if scale.dated else "%H:%M:%S"
    ends = (f"{each:{pattern}}" for each in (scale.since, scale.until) if each)
    return element(
        "li",
        element("time", element("span", "began (UTC)"), element("span", "took")),
        element("div", "what; who and why; proof"),
        element("div", *(element("span", end) for end in ends), class_="axis mono"),
        class_="head",
    )


def _rows(branches: Iterable[Branch], scale: _Scale, depth: int = 0) -> Iterator[Html]:
    for branch in visible(branches, routine=False):
        yield _row(branch.record, scale, depth)
        yield from _rows(branch.below, scale, depth + 1)


def _row(record: Record, scale: _Scale, depth: int) -> Html:
    proof = evidence(record)
    what = (
        element("b", element("a", label(record), href=f"#r{record.id}")),
        "; ".join(phrases(record)),
        element("span", proof, class_=f"dim mono{' whole' if len(proof) <= SHORT else ''}"),
    )
    return element(
        "li",
        element("time", element("span", clock(record, dated=scale.dated)), raw(" "), element("span", took(record))),
        element("div", *(each for part in what for each in (part, raw(" "))), class_="what"),
        element("div", element("i"), class_="span", style=scale.bar(record)),
        class_=_class(record),
        id=f"t{record.id}",
        style=f"--depth:{depth}",
    )


def _class(record: Record) -> str:
    if record.status != "ok":
        return record.status
    if c.ORDER_KEY in record.attributes:
        return "effect"
    return "person" if record.kind in PEOPLE else "step"
