"""What must hold of every case after all that: the trail is whole, once, and the same everywhere; so are effects."""

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from commands.verifying import Sources
from governance.reconciliation.reconcile import Reconciled
from governance.trail.entries import SETTLED, body_of
from governance.trail.identity import record_id
from governance.trail.spans import otlp, spans_of
from integrations.sandbox import SandboxErp
from integrations.store import Store, open_store
from integrations.temporal.histories import Fetched, Histories
from tests.chaos.ground import Ground
from tests.chaos.plant import nothing_twice
from tests.collector import spans_in
from tests.sweeps import expected, records_in
from verifier.verify import examine

UNKNOWN = re.compile(r"Attempt (\d+) of (\w+) \(.*run ([0-9a-f-]{36})\): outcome unknown")
ENDED = {
    "activity_task_completed_event_attributes",
    "activity_task_failed_event_attributes",
    "activity_task_canceled_event_attributes",
}
CHILD = "child_workflow_execution"
Unknowns = Counter[tuple[int, str, str]]
"""Attempts of which nobody knows how they ended: number, activity and run."""


async def audit(ground: Ground) -> None:
    """Raise `AssertionError` with what is wrong."""
    async with open_store(ground.office.desk.settings.store_url) as store:
        lines = [line async for line in store.ledger_log.export()]
        assert [said for said in examine(lines).damage if "checkpoint" not in said and "key" not in said] == []
        assert set(await store.ledger_view.cases("", 10_000)) == set(ground.cases)
        for case in ground.cases:
            await whole(ground, store, case)
        await spans_once(ground, store)
    await effects_once(ground)


async def whole(ground: Ground, store: Store, case: str) -> None:
    """Check that the case's ledger is what its histories tell, and that only what is unknown is called so."""
    lines = [line async for line in store.ledger_log.export(case)]
    later = datetime.now(UTC) + timedelta(hours=1)  # nothing is excused for being fresh
    found = await Sources(store, ground.office.desk).compared(case, lines, later)
    assert (case, [finding.said for finding in found.damage]) == (case, [])
    held = await records_in(store, case)
    known = {name.removesuffix(SETTLED): body_of(record) for name, record in sorted(held.items())}
    told = await expected(ground.office, store, case)
    assert known == {name: body_of(record) for name, record in told.items()}
    assert (await store.ledger.tail(case)).sealed
    runs = await Histories(ground.client).every_run(case)
    assert unknown_in(found) == unknown_by(ground, runs) + children_cut_off(found, runs), case
    ground.done.update(records=len(known), runs=len(runs), unknown=len(found.unknown), entries=found.entries)


def unknown_in(found: Reconciled) -> Unknowns:
    """What is said to be unknown; a sentence about anything but an attempt stands for itself."""
    said = ((UNKNOWN.match(finding.said), finding.said) for finding in found.unknown)
    return Counter((int(one[1]), one[2], one[3]) if one else (0, words, "") for one, words in said)


def unknown_by(ground: Ground, runs: tuple[Fetched, ...]) -> Unknowns:
    """The journal's beginnings without an end, but for those whose ends a worker told the server."""
    told = set[tuple[str, str, int]]()
    for run in runs:
        told |= set(_told(run))
    known = {run.history.run_id for run in runs}
    with closing(sqlite3.connect(ground.store)) as store:
        rows = store.execute("SELECT run, activity, number, name FROM journal WHERE outcome IS NULL").fetchall()
    return Counter((row[2], row[3], row[0]) for row in rows if row[0] in known and row[:3] not in told)


def children_cut_off(found: Reconciled, runs: tuple[Fetched, ...]) -> Unknowns:
    """What is said of each child that a run had asked for and that had not begun when the run was cut off."""
    places = [f"(event {event}, run {run.history.run_id})" for run in runs for event in _never_begun(run)]
    said = [finding.said for finding in found.unknown for place in places if place in finding.said]
    assert len(said) == len(places), places
    return Counter((0, words, "") for words in said)


def _never_begun(run: Fetched) -> set[int]:
    asked = {each.event_id for each in run.events if each.HasField(f"start_{CHILD}_initiated_event_attributes")}
    for each in run.events:
        for outcome in (f"{CHILD}_started", f"start_{CHILD}_failed"):
            if each.HasField(f"{outcome}_event_attributes"):
                asked.discard(getattr(each, f"{outcome}_event_attributes").initiated_event_id)
    return asked


def _told(run: Fetched) -> Iterator[tuple[str, str, int]]:
    """The attempts by whose end an activity ended."""
    names, tries = dict[int, str](), dict[int, int]()
    for event in run.events:
        kind = event.WhichOneof("attributes")
        if kind == "activity_task_scheduled_event_attributes":
            names[event.event_id] = event.activity_task_scheduled_event_attributes.activity_id
        elif kind == "activity_task_started_event_attributes":
            started = event.activity_task_started_event_attributes
            tries[started.scheduled_event_id] = started.attempt
        elif kind in ENDED:
            of = getattr(event, str(kind)).scheduled_event_id
            yield run.history.run_id, names[of], tries.get(of, 0)


async def spans_once(ground: Ground, store: Store) -> None:
    """Check that collector and file have each span, none beside them, and of one id always the same."""
    wanted = await spans_wanted(ground, store)
    in_file, torn = spans_in_file(ground)
    assert torn <= ground.done["torn"]
    assert {name: set(map(_spelt, said)) for name, said in in_file.items()} == wanted
    heard = defaultdict[str, set[bytes]](set)
    for span in (span for request in ground.collector.requests for span in spans_in(request)):
        heard[span.span_id.hex()].add(span.SerializeToString(deterministic=True))
    assert [name for name, said in heard.items() if len(said) > 1] == []
    assert heard.keys() == ground.collector.spans.keys() == wanted.keys()
    sent = sum(ground.collector.times.values())
    ground.done.update(spans=len(wanted), sent_again=sent - len(wanted) + sum(len(x) - 1 for x in in_file.values()))


async def spans_wanted(ground: Ground, store: Store) -> dict[str, set[str]]:
    """By id, what each record of the ledger is as a span."""
    wanted = dict[str, set[str]]()
    for case in ground.cases:
        for name, record in (await records_in(store, case)).items():
            later = {"id": record_id(record.run, "settled", record.id), "parent": record.id}
            later |= {"name": f"{record.name} (settled)"}
            one = record.model_copy(update=later) if name.endswith(SETTLED) else record
            wanted.update({span.span_id: {_spelt(otlp(span))} for span in spans_of([one])})
    return wanted


def spans_in_file(ground: Ground) -> tuple[dict[str, list[object]], int]:
    """By id, every span of the file, and how many of its lines are torn."""
    found, torn = defaultdict[str, list[object]](list), 0
    for line in ground.spans_file.read_bytes().splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            torn += 1
            continue
        for span in said["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            found[span["spanId"]].append(span)
    return dict(found), torn


def _spelt(span: object) -> str:
    return json.dumps(span, sort_keys=True)


async def effects_once(ground: Ground) -> None:
    """Check the books: one bill, payment and letter of each, and at most one change a supplier."""
    await nothing_twice(ground.office)
    suppliers = [case.removeprefix("bank-") for case in ground.cases if case.startswith("bank-")]
    changes = [len(await SandboxErp(ground.office.database).account_changes(each)) for each in suppliers]
    assert max(changes, default=0) <= 1
    ground.done.update(bills=len(await ground.office.bills()), changes=sum(changes))
