"""All runs of a case, with the approvals it asked for, as one trail: a list of records, and a tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from governance.trail.history import History
from governance.trail.projection import project, trace_of
from governance.trail.reading import text
from governance.trail.record import Record


@dataclass(frozen=True)
class Branch:
    """A record and what happened within it, in order."""

    record: Record
    below: tuple[Branch, ...] = ()


def assembled(histories: Iterable[History]) -> tuple[Record, ...]:
    """The records of all runs, each once, oldest first.

    What a reset copied is known from two histories; the one that saw it end, else the one it happened in, is believed.
    """
    by_run = {history.run_id: history for history in histories}
    best: dict[str, tuple[tuple[bool, bool], Record]] = {}
    for history in by_run.values():
        for record in project(history, trace_of(_root(history, by_run))):
            worth = (record.status in ("ok", "error"), record.run == history.run_id)
            if record.id not in best or worth > best[record.id][0]:
                best[record.id] = (worth, record)
    return tuple(sorted((record for _, record in best.values()), key=lambda record: record.at))


def tree(records: Sequence[Record]) -> tuple[Branch, ...]:
    """The records as a tree; a child with one run is one branch, what has lost its parent stands in its case's run."""
    known = {record.id for record in records}
    runs = {record.case: record.id for record in reversed(records) if record.kind == "run"}
    below: dict[str | None, list[Record]] = {}
    for record in records:
        parent = record.parent if record.parent in known else runs.get(record.case)
        below.setdefault(None if parent == record.id else parent, []).append(record)
    return tuple(_branch(record, below) for record in below.get(None, ()))


def _branch(record: Record, below: Mapping[str | None, Sequence[Record]]) -> Branch:
    branches = tuple(_branch(each, below) for each in below.get(record.id, ()))
    if record.kind == "child" and len(branches) == 1 and branches[0].record.kind == "run":
        branches = branches[0].below
    return Branch(record, branches)


def _root(history: History, by_run: Mapping[str, History]) -> History:
    """The history of the workflow at the root, as far as it is here."""
    passed = {history.run_id}
    while parent := by_run.get(text(history.started, "parentWorkflowExecution", "runId") or ""):
        if parent.run_id in passed:
            break
        passed.add(parent.run_id)
        history = parent
    return history
