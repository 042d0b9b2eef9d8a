"""What is held together of a case: what must be known but is no damage, and what nobody can know."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.reconciliation.difference import difference, differences
from governance.reconciliation.held import Chain, Held, chain_of, history_in
from governance.reconciliation.known import Evidence, Known
from governance.reconciliation.reconcile import reconcile
from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, AttemptEnd
from governance.trail.entries import body_of
from governance.trail.named_runs import linked
from tests.tampering import Case, Told, attempts_of, case_of, sentences
from tests.trails import EARLIER, NOON, RUN, completed, event, history, ran, reset, scheduled, started, task

LATER = NOON + timedelta(hours=1)
RECEIPT = {"reference": "BILL-7", "first": False}


def story(*events: Any, run: str = RUN, workflow: str = "invoice-1") -> Told:
    """A run that a test tells, as the server has it."""
    flat = [each for part in events for each in (part if isinstance(part, list) else [part])]
    return Told({"namespace": "default", "workflow_id": workflow, "run_id": run, "events": flat})


def tried(number: int, activity: str = "1", **more: Any) -> Attempt:
    given_ = {"case": "invoice-1", "run": RUN, "name": "post_bill", "worker": "worker@1", "end": None}
    return Attempt(activity=activity, number=number, begun=NOON + timedelta(seconds=5 + number), **(given_ | more))


def evidence(*runs: Told, attempts: tuple[Attempt, ...] | None = (), **more: Any) -> Evidence:
    return Evidence("invoice-1", runs, attempts, **({"chain": Chain(()), "now": LATER} | more))


def found(what: str, *runs: Told, **more: Any) -> list[str]:
    return sentences(reconcile(evidence(*runs, **more)).findings, what)


POSTED = (
    started(),
    task(2),
    scheduled(5),
    ran(6, 5, attempt=2),
    completed(7, 5, RECEIPT),
    task(8),
    event(11, "WORKFLOW_EXECUTION_COMPLETED"),
)


class TestUnknownOutcomes:
    def test_a_begin_without_an_end_says_when_where_and_what_settles_it(self) -> None:
        [said] = found("unknown", story(*POSTED), attempts=(tried(1), tried(2)))
        assert said == (
            f"Attempt 1 of post_bill (events 5-7, run {RUN}): outcome unknown: it began at 2026-11-23 12:00:06 UTC "
            "on worker worker@1, and nothing says how it ended; an effect may have taken place. "
            "What settles it: attempt 2 found receipt BILL-7."
        )

    def test_one_that_nothing_settles_promises_nothing(self) -> None:
        dead = (started(), task(2), scheduled(5), event(6, "WORKFLOW_EXECUTION_TERMINATED", identity="x"))
        [said] = found("unknown", story(*dead), attempts=(tried(1),))
        assert said.endswith("nothing says how it ended; an effect may have taken place.")

    def test_an_activity_without_a_journal_is_unknown_itself(self) -> None:
        dead = (started(), task(2), scheduled(5), event(6, "WORKFLOW_EXECUTION_TERMINATED", identity="x"))
        assert [said.partition(":")[0] for said in found("unknown", story(*dead), attempts=None)] == [
            f"Activity post_bill (event 5, run {RUN})"
        ]

    def test_what_the_journal_knows_of_an_activity_is_not_unknown_though_its_run_closed_first(self) -> None:
        dead = (started(), task(2), scheduled(5), event(6, "WORKFLOW_EXECUTION_TERMINATED", identity="x"))
        done = tried(1, end=AttemptEnd(outcome="completed", at=NOON + timedelta(seconds=9), error=None))
        for attempts, said in (
            ((), "before any worker began it"),
            ((done,), "attempt 1 completed at 2026-11-23 12:00:09"),
        ):
            assert found("unknown", story(*dead), attempts=attempts) == []
            assert [note for note in found("note", story(*dead), attempts=attempts) if said in note]

    def test_what_a_child_came_to_is_known_from_its_own_history_though_its_parent_ended_first(self) -> None:
        over = event(7, "WORKFLOW_EXECUTION_TERMINATED", identity="x")
        execution = {"workflowId": "approval", "runId": "r"}
        initiated = event(5, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", workflowId="approval")
        begun = event(6, "CHILD_WORKFLOW_EXECUTION_STARTED", initiatedEventId="5", workflowExecution=execution)
        parent = story(started(), task(2), initiated, begun, over)
        own = {"parentWorkflowExecution": {"runId": RUN}, "parentInitiatedEventId": "5", "originalExecutionRunId": "r"}
        child = started(firstExecutionRunId="r", **own)
        assert found("unknown", parent, story(child, over, run="r", workflow="approval")) == []
        assert len(found("unknown", parent, story(child, run="r", workflow="approval"))) == 1

    def test_what_goes_on_is_not_unknown(self) -> None:
        assert found("unknown", story(started(), task(2), scheduled(5)), attempts=(tried(1), tried(2))) == []

    def test_it_is_no_damage(self) -> None:
        case = case_of("retried").copied()
        first = next(each for each in case.attempts if each.number == 1 and _again(case, each))
        case.attempts[case.attempts.index(first)] = first.model_copy(update={"end": None})
        case = replace(case.filed_again(), kept=[])
        [unknown] = case.verified().unknown
        assert re.match(f"Attempt 1 of {first.name} .*What settles it: attempt 2 found receipt", unknown.said)
        assert case.damage() == []
        case.asked, case.attempts = False, []
        assert [each.said.partition(" on ")[0] for each in replace(case, runs=[]).verified().unknown]


class TestAttempts:
    def test_a_journal_that_could_not_be_written_let_nothing_begin(self) -> None:
        failed = event(7, "ACTIVITY_TASK_FAILED", scheduledEventId="5", failure=_failure("JournalUnavailable"))
        [said] = [each for each in found("note", story(*POSTED[:3], ran(6, 5), failed)) if "handed out" in each]
        assert said.startswith("Attempt 1 of activity post_bill (events 5-7 of run")

    @pytest.mark.parametrize("kind", ["Refused", "Unavailable"])
    def test_a_failure_by_a_worker_has_begun(self, kind: str) -> None:
        failed = event(7, "ACTIVITY_TASK_FAILED", scheduledEventId="5", failure=_failure(kind))
        [said] = [each for each in found("missing", story(*POSTED[:3], ran(6, 5), failed)) if "begin" in each]
        assert re.fullmatch(
            rf"Attempt 1 of activity post_bill \(events 5-7 of run {RUN}, id [0-9a-f]{{16}}\) ended by a worker's "
            "word, and the journal has no begin of it: its row was deleted, or a worker without a journal ran it.",
            said,
        )

    def test_an_attempt_that_may_be_ahead_of_the_history_is_not_extra_yet(self) -> None:
        run = story(started(), task(2))
        row = tried(1, "9")
        assert found("extra", run, attempts=(row,), now=row.begun + timedelta(seconds=3)) == []
        for now in (row.begun + timedelta(hours=1), row.begun - timedelta(hours=1)):
            [said] = found("extra", run, attempts=(row,), now=now)
            assert said == f"The journal has attempt 1 of activity 9 (post_bill), which run {RUN} never scheduled."

    def test_without_a_journal_that_is_said_and_nothing_is_missing(self) -> None:
        case = replace(case_of("approved"), attempts=None)
        assert case.damage() == []
        assert "No journal is at hand: attempts were not compared." in sentences(case.verified().findings, "note")


class TestRuns:
    def test_the_run_that_a_reset_came_from_must_be_somewhere(self) -> None:
        run = story(started(originalExecutionRunId=EARLIER, firstExecutionRunId=EARLIER), task(2)[:2], reset(4, 2))
        [said] = [each for each in found("missing", run) if "nowhere" in each]
        assert said.startswith(f"The history of run {EARLIER}, which run {RUN} names, is nowhere: the server no longer")

    def test_one_that_was_not_asked_for_is_only_not_compared(self) -> None:
        run = story(started(originalExecutionRunId=EARLIER, firstExecutionRunId=EARLIER), task(2))
        assert [each for each in found("missing", run, asked=False) if "nowhere" in each] == []
        assert any(f"Run {EARLIER} was not compared" in each for each in found("note", run, asked=False))

    def test_a_case_that_may_go_on_where_nobody_asked_lacks_neither_archive_nor_seal(self) -> None:
        said = found("missing", story(*POSTED), attempts=(tried(1), tried(2)), asked=False)
        assert [each for each in said if "archived" in each or "sealed" in each or each.startswith("Attempt 1")] == []

    def test_a_record_that_a_seal_left_out_is_missing_at_once(self) -> None:
        case = case_of("approved").copied()
        gone = case.of_kind("signal")
        case.rows.remove(gone)
        case.now = max(run.history.events[-1].at for run in case.runs)
        assert any(f"id {gone['record']}) ended" in said for said in sentences(case.verified().findings, "missing"))

    def test_a_seal_while_a_run_goes_on_is_named_after_a_minute(self) -> None:
        sealed = Chain((Held(1, "ledger.seal", "ledger.seal.1", b'{"at":"x","by":"y","reason":"z"}'),))
        run = story(started(), task(2))
        assert found("altered", run, chain=sealed, now=NOON + timedelta(seconds=30)) == []
        [said] = found("altered", run, chain=sealed)
        assert said.startswith(f"The ledger's chain is sealed, and run {RUN} goes on since 2026-11-23 12:00:01 UTC")

    def test_every_kind_of_link_is_followed(self) -> None:
        child = event(6, "CHILD_WORKFLOW_EXECUTION_STARTED", workflowExecution={"workflowId": "a", "runId": "r"})
        went = event(7, "WORKFLOW_EXECUTION_CONTINUED_AS_NEW", newExecutionRunId="next")
        told = history(started(continuedExecutionRunId="before"), reset(4, 2, base="base"), child, went)
        assert {run for _, run in linked(told)} == {RUN, "before", "base", "r", "next"}


class TestSettled:
    def test_an_outcome_that_became_known_later_is_entered_once_more(self) -> None:
        case = case_of("retried").copied()
        last = next(each for each in case.attempts if each.number == 1 and _again(case, each))
        unknown = replace(case.copied(), attempts=[*case.attempts])
        unknown.attempts[unknown.attempts.index(last)] = last.model_copy(update={"end": None})
        entered = replace(unknown.filed_again(), kept=[], attempts=case.attempts)
        [said] = entered.damage()
        assert re.match(f"missing: Attempt 1 of {last.name} .* has no entry of it", said)

    def test_a_child_whose_parent_was_reset_may_have_an_event_more_once_its_end_is_known(self) -> None:
        initiated = event(5, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", workflowId="approval")
        execution = {"workflowId": "approval", "runId": "r"}
        begun = event(6, "CHILD_WORKFLOW_EXECUTION_STARTED", initiatedEventId="5", workflowExecution=execution)
        done = event(12, "CHILD_WORKFLOW_EXECUTION_COMPLETED", initiatedEventId="5", startedEventId="6")
        old = started(), task(2), initiated, begun, event(7, "WORKFLOW_EXECUTION_TERMINATED", identity="x")
        new = started(), task(2), initiated, begun, event(8, "WORKFLOW_TASK_SCHEDULED"), reset(9, 8, new="new"), done
        base = story(*old, run=EARLIER)
        [first] = [each for each in assembled([base.history]) if each.kind == "child"]
        runs = base, story(*new, run="new")
        [last] = [each for each in assembled([run.history for run in runs]) if each.kind == "child"]
        assert (first.id, first.status, last.status, last.events) == (last.id, "unknown", "ok", (5, 6, 12))
        settled = Held(2, "child", f"{first.id}.settled", body_of(last))
        chain = Chain((Held(1, "child", first.id, body_of(first)), settled))
        assert not [said for said in found("altered", *runs, chain=chain) if first.id in said]
        forged = first.model_copy(update={"events": (5, 7)})
        chain = Chain((Held(1, "child", first.id, body_of(forged)), settled))
        assert [said for said in found("altered", *runs, chain=chain) if "events.1" in said]


class TestDifference:
    @pytest.mark.parametrize(
        ("one", "other", "place"),
        [
            ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b.1"),
            ({"a": 1}, {"a": True}, "a"),
            ({"a": 1}, {}, "a"),
            ([1], [1, 2], "1"),
            ("x", "y", "everything"),
            ({"a": {}}, {"a": []}, "a"),
            ({"a": None}, {}, "a"),
        ],
    )
    def test_the_first_place_is_named(self, one: Any, other: Any, place: str) -> None:
        assert (difference(one, other), difference(other, one)) == (place, place)
        assert difference(one, one) is None

    def test_all_places_come_in_order(self) -> None:
        assert list(differences({"b": 1, "a": [1, 2]}, {"b": 2, "a": [2, 1]})) == ["a.0", "a.1", "b"]

    def test_what_nests_deeply_is_compared_all_the_same(self) -> None:
        one: Any = 1
        other: Any = 2
        for _ in range(50_000):
            one, other = [one], [other]
        assert (difference(one, other) or "").endswith(".0")


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "run", "events", "kind"]), inner)
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(["history", "signal", "attempt", "agent.declaration", "ledger.seal", "ledger.erasure", "odd"])


class TestHostile:
    @settings(max_examples=60)
    @given(st.lists(st.tuples(KINDS, st.text(max_size=9), ANY_JSON | st.binary(max_size=9)), max_size=6), st.booleans())
    def test_whatever_the_ledger_holds_is_judged_and_never_raises(self, rows: list[Any], asked: bool) -> None:
        bodies = [body if isinstance(body, bytes) else json.dumps(body).encode() for _, _, body in rows]
        held = [
            Held(n, kind, record, body) for n, ((kind, record, _), body) in enumerate(zip(rows, bodies, strict=True), 1)
        ]
        said = reconcile(evidence(story(*POSTED), chain=Chain(tuple(held)), asked=asked))
        assert said.entries == len(rows)
        for finding in said.findings:
            assert finding.said.isprintable()

    def test_a_body_that_nests_without_end_is_no_record_and_no_history(self) -> None:
        deep = b"[" * 200_000
        assert history_in(Held(1, "history", "history.x", deep)) is None
        chain = Chain((Held(1, "signal", "0" * 16, deep), Held(2, "attempt", "1" * 16, deep)))
        assert found("altered", story(*POSTED), chain=chain) == [
            f"Entry {n} of the ledger ({str(n - 1) * 16}) has a body that is no record." for n in (1, 2)
        ]

    def test_lines_that_are_no_entries_are_left_to_the_verifier(self) -> None:
        lines = [b"", b"[]", b"{", b'{"type":"entry","n":"1"}', b'{"type":"entry","n":1,"kind":"x","record":"y"}']
        assert chain_of(lines).entries == (Held(1, "x", "y", None),)

    def test_names_from_outside_are_shown_harmless(self) -> None:
        signal = event(5, "WORKFLOW_EXECUTION_SIGNALED", signalName="\x1b[31m\u202egood", input={"payloads": []})
        [said] = [each for each in found("missing", story(started(), task(2), signal)) if "signal" in each]
        assert "[U+001B]" in said
        assert said.isprintable()


def test_a_digest_stands_for_a_history_that_is_too_large() -> None:
    case = case_of("clean-ubl").copied()
    whole = case.runs[0].exported()
    [held] = [held for held in chain_of(case.lines()).entries if held.kind == "history"]
    told = {"run_id": held.record[8:], "events": None, "sha256": "0" * 64, "size": len(whole)}
    chain = Chain(tuple(each for each in chain_of(case.lines()).entries if each != held))
    other = Held(held.n, held.kind, held.record, json.dumps(told).encode())
    wrong = reconcile(replace(case.evidence(), chain=Chain((*chain.entries, other))))
    assert [each.said for each in wrong.damage if "another one" in each.said]


def test_the_records_of_a_case_are_told_once_whatever_is_asked() -> None:
    known = Known(case_of("approved").evidence())
    assert {record.kind for record in known.records.values()} >= {"run", "attempt", "local", "child"}
    assert known.whole
    assert known.closed is not None


def _again(case: Case, attempt: Attempt) -> bool:
    return any(
        each.activity == attempt.activity and each.run == attempt.run and each.number == 2 for each in case.attempts
    )


def _failure(kind: str) -> dict[str, Any]:
    return {"message": "m", "applicationFailureInfo": {"type": kind}}


def test_the_tests_own_journal_is_what_the_histories_count() -> None:
    case = case_of("retried")
    known = Known(case.evidence())
    assert len(attempts_of(known.records.values())) == len(case.attempts)
    assert any(int(str(record.attributes.get(c.ATTEMPTS, 0))) > 1 for record in known.records.values())
