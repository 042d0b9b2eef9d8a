"""What of a case goes into the ledger, and when that is all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from governance.ledger.chain import BODY_LIMIT
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt
from governance.trail.entries import AGENT, HISTORY, CaseEntries, entry_of, history_entry, kept, record_in, settled
from governance.trail.filing import SETTLING, Known, filed
from governance.trail.history import History
from integrations.temporal.moved import danger
from tests.trails import scene

LATER = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A run as a sweep has it."""

    history: History

    def exported(self) -> bytes:
        return self.history.run_id.encode()


def known(
    histories: Sequence[History],
    attempts: Sequence[Attempt] = (),
    agents: Mapping[tuple[str, str], Mapping[str, object]] | None = None,
) -> Known:
    return Known("case", [Told(each) for each in histories], attempts, agents or {})


def opened(history: History) -> History:
    """The same before it ended."""
    return history.model_copy(update={"events": history.events[:-1]})


def kinds(said: CaseEntries) -> set[str]:
    return {entry.kind for entry in said.entries}


def test_a_closed_case_has_every_record_that_is_kept_and_each_history_and_is_closed() -> None:
    histories = scene("approved")
    said = filed(known(histories), LATER)
    wanted = {entry_of(record).record_id for record in assembled(histories) if kept(record, closed=True)}
    assert {entry.record_id for entry in said.entries if entry.kind != HISTORY} == wanted
    assert {e.body for e in said.entries if e.kind == HISTORY} == {each.run_id.encode() for each in histories}
    assert said.closed


def test_routine_records_are_in_the_history_alone() -> None:
    assert kinds(filed(known(scene("clean-ubl")), LATER)) == {"run", "activity", "local", HISTORY}


def test_an_open_case_has_no_run_no_history_and_is_not_closed() -> None:
    [history] = scene("clean-ubl")
    said = filed(known([opened(history)]), LATER)
    assert not kinds(said) & {"run", HISTORY}
    assert (said.closed, said.settling) == (False, False)
    early, late = set(said.entries), set(filed(known([history]), LATER).entries)
    assert early < late, "what was entered early stays as it is"


def test_a_closed_run_of_an_open_case_is_archived_at_once() -> None:
    histories = scene("approved")
    [root] = [each for each in histories if not each.workflow_id.startswith("approval.")]
    others = [each for each in histories if each is not root]
    said = filed(known([opened(root), *others]), LATER)
    assert {entry.record_id for entry in said.entries if entry.kind == HISTORY} == {
        f"history.{each.run_id}" for each in others
    }


@pytest.mark.parametrize(("waited", "closed"), [(timedelta(0), False), (SETTLING, True)])
def test_a_closed_case_waits_for_the_ends_of_attempts_but_not_for_long(waited: timedelta, *, closed: bool) -> None:
    [history] = scene("clean-ubl")
    ended = history.events[-1].at
    lost = Attempt(
        case=history.workflow_id,
        run=history.run_id,
        activity="99",
        number=1,
        name="post_bill",
        worker="w",
        begun=ended - timedelta(seconds=1),
        end=None,
    )
    said = filed(known([history], [lost]), ended + waited)
    assert (said.closed, said.settling) == (closed, not closed)
    assert ("attempt" in kinds(said)) == closed, "an outcome is unknown for good only then"


def test_what_agents_were_told_is_entered_where_the_worker_knows_their_version() -> None:
    histories = scene("model-fails")
    agents = {
        (str(each.attributes["gen_ai.agent.name"]), str(each.attributes["gen_ai.agent.version"])): {"instructions": "x"}
        for each in assembled(histories)
        if each.kind == "agent"
    }
    assert agents
    assert AGENT in kinds(filed(known(histories, (), agents), LATER))
    assert AGENT not in kinds(filed(known(histories, (), {("other", "1"): {}}), LATER))


def test_a_record_is_read_back_as_it_was_and_its_settled_entry_has_a_name_of_its_own() -> None:
    for record in assembled(scene("bank-changed")):
        entry, again = entry_of(record), settled(record)
        assert record_in(entry.body) == record
        assert (again.record_id, again.body, again.kind) == (f"{record.id}.settled", entry.body, entry.kind)
    assert record_in(b"[]") is None
    assert record_in(b"\xff") is None


def test_a_history_that_is_too_large_leaves_its_digest() -> None:
    assert history_entry("r", b"x" * BODY_LIMIT).body == b"x" * BODY_LIMIT
    assert b'"events":null' in history_entry("r", b"x" * (BODY_LIMIT + 1)).body


def test_the_sweep_warns_before_the_server_deletes_what_the_ledger_lacks() -> None:
    day = timedelta(days=1)
    assert danger([("a", LATER - day)], 2 * day, LATER) is None
    said = danger([("a", LATER - 1.6 * day), ("b", LATER)], 2 * day, LATER)
    assert said is not None
    assert said.startswith("1 closed cases are not in the ledger yet, first a, and the server deletes histories 2 days")
