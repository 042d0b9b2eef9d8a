"""Every way to damage what is kept of a case is found and named; an untouched one is never said to be damaged."""

import functools
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from governance.ledger import START, Entry, Tail
from governance.trail.attempts import AttemptEnd
from tests.ledger import FIRST, STRANGER
from tests.tampering import (
    SCENES,
    Case,
    Json,
    case_of,
    chained,
    flipped,
    payloads_in,
    swapped,
)
from verifier.verify import examine

DAMAGED = ("approved", "retried", "model-fails", "bank-changed")
anywhere = st.integers(min_value=0, max_value=10_000)
some = st.sampled_from(DAMAGED)
few = settings(max_examples=20)
"""Enough to come by every kind of entry and event in some runs, and quick."""


@functools.cache
def pristine(scene: str) -> Case:
    return case_of(scene)


def damaged(scene: str, act: Callable[[Case], Any]) -> list[str]:
    """What is found after an act on a copy."""
    case = pristine(scene).copied()
    act(case)
    return case.damage()


def named(damage: list[str], pattern: str) -> None:
    """Check that some sentence says it."""
    assert any(re.search(pattern, said) for said in damage), (pattern, damage)


@pytest.mark.parametrize("scene", SCENES)
def test_an_untouched_case_is_complete_with_and_without_the_server(scene: str) -> None:
    case = pristine(scene)
    assert case.damage() == []
    assert case.without_history().damage() == []
    alone = case.without_history()
    alone.asked = False
    assert alone.damage() == []


@pytest.mark.parametrize("scene", SCENES)
def test_a_case_that_nobody_has_swept_yet_is_not_damaged_for_a_minute(scene: str) -> None:
    case = pristine(scene).copied()
    case.rows, case.kept = [], []
    case.now = max(run.history.events[-1].at for run in case.runs) + timedelta(seconds=2)
    said = case.verified()
    notes = [finding.said for finding in said.findings if finding.what == "note"]
    assert [each for each in said.damage if each.what != "ledger"] == []
    named(notes, "still to be swept")
    named(notes, "still to be sealed")


class TestLedgerRows:
    @few
    @given(some, anywhere, st.sampled_from(["kind", "record", "commitment", "previous", "hash"]))
    def test_an_edited_field_is_named(self, scene: str, place: int, name: str) -> None:
        def edit(case: Case) -> None:
            row = case.entry(place)
            row[name] = ("0" if row[name][0] != "0" else "1") + row[name][1:] if len(row[name]) == 64 else "signal"
            row[name] = "timer" if row[name] == pristine(scene).entry(place)[name] else row[name]

        n = pristine(scene).entry(place)["n"]
        named(damaged(scene, edit), rf"\b(entry|entries) .*\b{n}\b")

    @few
    @given(some, anywhere, anywhere)
    def test_an_edited_body_is_named(self, scene: str, place: int, at: int) -> None:
        def edit(case: Case) -> None:
            row = case.entry(place)
            body = row["body"]
            other = "7" if body[at % len(body)] != "7" else "8"
            row["body"] = body[: at % len(body)] + other + body[at % len(body) + 1 :]

        n = pristine(scene).entry(place)["n"]
        named(damaged(scene, edit), rf"the body of entry {n} was altered")

    @few
    @given(some, anywhere)
    def test_a_deleted_entry_is_named(self, scene: str, place: int) -> None:
        row = pristine(scene).entry(place)
        damage = damaged(scene, lambda case: case.rows.remove(case.entry(place)))
        named(damage, rf"entry {row['n']} is missing|saw entry {row['n']}, and")
        kind, record = row["kind"], row["record"]
        if kind == "history":
            named(damage, f"missing: The history of run {record[8:]} is not archived")
        elif kind == "ledger.seal":
            named(damage, "missing: Every run closed by .* not sealed")
        else:
            named(damage, f"missing: .*id {record}\\) ended at")

    @few
    @given(some, anywhere, anywhere)
    def test_swapped_bodies_and_swapped_entries_are_named(self, scene: str, one: int, other: int) -> None:
        assume(pristine(scene).entry(one) != pristine(scene).entry(other))
        first, second = (pristine(scene).entry(place)["n"] for place in (one, other))
        bodies = damaged(scene, lambda case: swapped(case.entry(one), case.entry(other), "body", "salt"))
        named(bodies, f"entry {first} has the body of entry {second}")
        places = damaged(scene, lambda case: swapped(case.entry(one), case.entry(other), "n"))
        named(places, f"entries {min(first, second)} and {max(first, second)} were exchanged")

    @few
    @given(some, anywhere)
    def test_a_chain_cut_short_is_named(self, scene: str, place: int) -> None:
        last = pristine(scene).entry(place)["n"]
        assume(last < pristine(scene).rows[-1]["n"])

        def cut(case: Case) -> None:
            case.rows = [row for row in case.rows if row["type"] != "entry" or row["n"] <= last]

        damage = damaged(scene, cut)
        named(damage, f"the chain ends with entry {last}: its end was cut off")
        named(damage, "missing: Every run closed by")

    @few
    @given(some, anywhere)
    def test_an_inserted_record_is_named_even_in_a_chain_that_was_written_again(self, scene: str, place: int) -> None:
        def insert(case: Case) -> None:
            again(case, lambda entries: entries.insert(place % len(entries), invented(case)))

        damage = damaged(scene, insert)
        named(damage, "entry .* is not the one that Checkpoint 2 saw: the chain was written again")
        named(damage, r"extra: Entry \d+ of the ledger \(0123456789abcdef\), .*is proven by no event")

    @few
    @given(some, anywhere)
    def test_a_rewritten_chain_is_named_by_what_the_history_says(self, scene: str, place: int) -> None:
        """Whoever does this has no checkpoint to fear; the server still has the history."""
        row = pristine(scene).entry(place)
        assume(row["kind"] not in ("history", "ledger.seal", "attempt"))

        def rewrite(case: Case) -> None:
            again(case, lambda entries: changed(entries, row["record"], "at", "2020-01-01T00:00:00Z"))
            case.rows, case.kept = [row for row in case.rows if row["type"] != "statement"], []

        damage = damaged(scene, rewrite)
        named(
            damage,
            rf"altered: Entry \d+ of the ledger \({row['record']}\).* is not what its history says: at is “2020-",
        )

    def test_a_ledger_written_anew_with_the_key_is_named_by_what_was_kept_elsewhere(self) -> None:
        """History, journal and ledger were altered, and agree: only the kept checkpoint can know."""
        case = pristine("approved").copied()
        for given_ in payloads_in(case.runs[0].event(1))[:1]:
            given_["data"] = given_["data"][:-8] + given_["data"][-4:]
        forged = case.filed_again()
        named(
            forged.damage(), "not the one kept as 00000002.json, and one key signed both: the ledger was written again"
        )
        forged.kept = []
        assert forged.damage() == [], "and nothing else does"

    def test_a_swapped_checkpoint_is_named(self) -> None:
        case, other = pristine("approved").copied(), pristine("retried")
        one, theirs = (next(row for row in each.rows if row.get("number") == 2) for each in (case, other))
        one["proof"] = theirs["proof"]
        named(case.damage(), "Checkpoint 2: the heads beside it do not give its root")
        one.update(theirs)
        named(case.damage(), "case|Checkpoint 2")

    def test_a_key_that_was_not_told_is_named(self) -> None:
        named(examine(pristine("approved").lines(), [STRANGER.kid]).damage, "which is not a key you said to trust")
        assert examine(pristine("approved").lines(), [FIRST.kid]).damage == []

    def test_an_erased_case_says_who_erased_it_once_and_is_not_damaged(self) -> None:
        case = pristine("approved").copied()
        entries = [row for row in case.rows if row["type"] == "entry"]
        tail = Tail(entries[-1]["n"], entries[-1]["hash"], sealed=True)
        said = {"at": "2026-11-24T10:00:00Z", "by": "anna", "reason": "he asked us to"}
        body = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        noted = Entry.model_construct(record_id="ledger.erasure.26", kind="ledger.erasure", body=body)
        for row in entries[:-1]:
            row["body"] = row["salt"] = None
        case.rows += chained(case.id, [noted], tail)[0]
        for each in (case, case.without_history()):
            found = each.verified()
            notes = [finding.said for finding in found.findings if "erased" in finding.said]
            assert found.damage == ()
            because = "erased by anna on 2026-11-24 10:00 UTC because: he asked us to."
            assert notes == [f"{len(entries) - 1} bodies cannot be compared: {because}"]
        case.rows.remove(next(row for row in case.rows if row.get("kind") == "timer" or row.get("kind") == "local"))
        named(case.damage(), "missing: .* has no entry of it")


class TestHistories:
    @few
    @given(some, anywhere, anywhere, anywhere)
    def test_one_bit_of_a_payload_is_named(self, scene: str, run: int, place: int, bit: int) -> None:
        def alter(case: Case) -> None:
            events = [event for event in case.runs[run % len(case.runs)].said["events"] if payloads_in(event)]
            event = events[place % len(events)]
            changed_events.append(event["eventId"])
            flipped(payloads_in(event)[0], bit)

        changed_events: list[str] = []
        damage = damaged(scene, alter)
        named(
            damage, rf"altered: The server's history of run .* event {changed_events[0]} \(\w+\) differs in .*\.data\."
        )

    @few
    @given(some, anywhere)
    def test_a_removed_event_is_named(self, scene: str, place: int) -> None:
        events = pristine(scene).runs[0].said["events"]
        at = place % len(events)
        damage = damaged(scene, lambda case: case.runs[0].said["events"].pop(at))
        named(damage, rf"the archive has event {at + 1} \(\w+\) and the server does not")

    @few
    @given(some, anywhere)
    def test_a_history_of_an_older_backup_is_named_as_one(self, scene: str, place: int) -> None:
        count = len(pristine(scene).runs[0].said["events"])
        kept = 1 + place % (count - 1)
        damage = damaged(scene, lambda case: case.runs[0].said["events"].__delitem__(slice(kept, None)))
        named(damage, rf"has event {kept + 1} \(\w+\) and the server does not, nor any after it: the server's database")

    def test_a_hole_is_not_taken_for_an_older_backup(self) -> None:
        damage = damaged("approved", lambda case: case.runs[0].said["events"].pop(3))
        assert not [said for said in damage if "nor any after it" in said]

    @few
    @given(some, anywhere, anywhere)
    def test_swapped_events_are_named(self, scene: str, one: int, other: int) -> None:
        def swap(case: Case) -> None:
            events = case.runs[0].said["events"]
            swapped(events[one % len(events)], events[other % len(events)], "eventId")

        count = len(pristine(scene).runs[0].said["events"])
        assume(one % count != other % count)
        named(damaged(scene, swap), rf"event {min(one % count, other % count) + 1} \(\w+\) differs in")

    @pytest.mark.parametrize(("number", "path"), [(1, "identity"), (1, "eventTime"), (3, "identity"), (5, "eventTime")])
    def test_another_identity_or_time_is_named(self, number: int, path: str) -> None:
        def alter(case: Case) -> None:
            event = case.runs[1].event(number)
            inner = next((each for each in event.values() if isinstance(each, dict) and path in each), event)
            inner[path] = "mallory@desk" if path == "identity" else "2026-11-24T00:00:00Z"

        named(damaged("approved", alter), rf"event {number} \(\w+\) differs in \S*{path}\.")

    @few
    @given(some, anywhere)
    def test_an_added_event_is_named(self, scene: str, place: int) -> None:
        def add(case: Case) -> None:
            events = case.runs[0].said["events"]
            events.append(events[place % len(events)] | {"eventId": str(len(events) + 1)})

        count = len(pristine(scene).runs[0].said["events"])
        named(damaged(scene, add), rf"the server has event {count + 1} \(\w+\) and the archive does not")

    def test_a_hole_in_a_history_that_was_archived_with_it_is_named(self) -> None:
        case = pristine("approved").copied()
        del case.runs[0].said["events"][4:6]
        named(case.filed_again().damage(), "missing: The history of run .* is not whole: events 5 to 6 are missing")

    def test_a_run_that_is_nowhere_is_named_with_who_names_it(self) -> None:
        case = pristine("approved").copied()
        gone = case.runs.pop(0) if case.runs[0].history.workflow_id.startswith("approval") else case.runs.pop(1)
        case.rows = [row for row in case.rows if row.get("record") != f"history.{gone.history.run_id}"]
        named(case.damage(), rf"missing: The history of run {gone.history.run_id}, which .* names, is nowhere")

    def test_an_unreadable_archive_is_named(self) -> None:
        case = pristine("approved").copied()
        for row in case.rows:
            if row.get("kind") == "history":
                row["body"] = "[" * 100_000
        found = case.damage()
        named(
            found, r"altered: Entry \d+ of the ledger is filed as the history of run .*, and its body does not say so"
        )


class TestJournal:
    @few
    @given(some, anywhere)
    def test_a_deleted_row_is_named(self, scene: str, place: int) -> None:
        row = pristine(scene).attempts[place % len(pristine(scene).attempts)]
        damage = damaged(scene, lambda case: case.attempts.remove(row))
        which = rf"attempt {row.number} of {row.name} \(activity {row.activity} of run {row.run},"
        named(damage, f"missing: The journal has no attempt like entry .*, {which}")

    def test_a_deleted_row_is_missed_even_where_the_ledger_never_had_it(self) -> None:
        case = pristine("retried").copied()
        last = case.attempts.pop()
        case = case.filed_again()
        named(case.damage(), rf"missing: Attempt {last.number} of activity {last.name} \(events .*by a worker's word")

    def test_an_earlier_attempt_without_a_begin_was_handed_out_and_never_begun(self) -> None:
        case = pristine("retried").copied()
        first = next(
            each for each in case.attempts if any(each.activity == x.activity and x.number == 2 for x in case.attempts)
        )
        case.attempts.remove(first)
        anew = case.filed_again()
        anew.kept = []
        found = anew.verified()
        assert found.damage == ()
        named([each.said for each in found.findings], "Attempt 1 of activity .* was handed out, and no worker began it")

    @few
    @given(some, anywhere, st.sampled_from(["name", "worker", "begun", "case"]))
    def test_an_edited_row_is_named(self, scene: str, place: int, what: str) -> None:
        row = pristine(scene).attempts[place % len(pristine(scene).attempts)]
        other = row.begun + timedelta(days=1) if what == "begun" else "mallory"

        def edit(case: Case) -> None:
            case.attempts[case.attempts.index(row)] = row.model_copy(update={what: other})

        named(damaged(scene, edit), r"altered: Entry \d+ of the ledger .* is not what the journal says: ")

    def test_an_outcome_that_the_history_contradicts_is_named(self) -> None:
        case = pristine("retried").copied()
        row = case.attempts[-1]
        failed = AttemptEnd(outcome="failed", at=row.begun, error="Oops")
        case.attempts[-1] = row.model_copy(update={"end": failed})
        named(
            case.damage(),
            "altered: The journal's row of attempt 2 .* says that its outcome is “failed”, and the history",
        )

    @few
    @given(some, anywhere)
    def test_an_attempt_beyond_what_the_history_counts_is_named(self, scene: str, place: int) -> None:
        row = pristine(scene).attempts[place % len(pristine(scene).attempts)]
        more = row.model_copy(update={"number": row.number + 7})
        damage = damaged(scene, lambda case: case.attempts.append(more))
        named(damage, f"extra: The journal has attempt {more.number} of activity {row.name} .*, and its history counts")

    @few
    @given(some, anywhere)
    def test_an_attempt_of_what_was_never_scheduled_is_named(self, scene: str, place: int) -> None:
        row = pristine(scene).attempts[place % len(pristine(scene).attempts)]
        more = row.model_copy(update={"activity": "999", "name": "pay_mallory"})
        damage = damaged(scene, lambda case: case.attempts.append(more))
        named(
            damage, r"extra: The journal has attempt \d of activity 999 \(pay_mallory\), which run .* never scheduled"
        )


def again(case: Case, act: Callable[[list[Entry]], Any]) -> None:
    """Write the chain anew after a change to its entries, so that it holds together; the checkpoint stays as it was."""
    rows = [row for row in case.rows if row["type"] == "entry"]
    entries = [
        Entry.model_construct(record_id=row["record"], kind=row["kind"], body=row["body"].encode()) for row in rows
    ]
    seal = entries.pop()
    act(entries)
    written, _ = chained(case.id, [*entries, seal], START)
    case.rows = [row for row in case.rows if row["type"] != "entry"] + written


def invented(case: Case) -> Entry:
    """A signal that nobody sent."""
    body = json.loads(case.of_kind("local")["body"]) | {"id": "0123456789abcdef", "kind": "signal", "name": "approve"}
    return Entry(record_id="0123456789abcdef", kind="signal", body=json.dumps(body).encode())


def changed(entries: list[Entry], record: str, name: str, value: Any) -> None:
    """Let a record say something else."""
    place = next(place for place, entry in enumerate(entries) if entry.record_id == record)
    said: Json = json.loads(entries[place].body) | {name: value}
    entries[place] = entries[place].model_copy(update={"body": json.dumps(said).encode()})
