"""A case with everything an auditor would hold against each other, for tests that damage some of it."""

import base64
import json
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from governance.canonical import WRITER
from governance.ledger import START, Entry, Tail, following, note
from governance.ledger.chain import Said
from governance.ledger.lines import Stated, entry_line, header, of_case
from governance.ledger.statements import Head, checkpoint, placed, signed_checkpoint, signed_key
from governance.reconciliation.finding import Finding
from governance.reconciliation.held import chain_of
from governance.reconciliation.known import Evidence
from governance.reconciliation.reconcile import Reconciled, reconcile
from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, AttemptEnd
from governance.trail.exported import history_of
from governance.trail.filing import Known, filed
from governance.trail.history import History
from governance.trail.record import Record
from tests.ledger import AT, FIRST
from tests.trails import STORED, complete
from verifier.verify import examine

SCENES = sorted(name for name in {file.name.split(".")[0] for file in STORED.glob("*.json")} if complete(name))
"""The stored cases of which every run is stored."""
MARGIN = timedelta(minutes=5)
Json = dict[str, Any]


@dataclass
class Told:
    """A run as the API's JSON has it."""

    said: Json

    @property
    def history(self) -> History:
        beside = {name: self.said[name] for name in ("namespace", "workflow_id", "run_id")}
        return history_of(self.said["events"], **beside)

    def exported(self) -> bytes:
        return WRITER.encode(self.said).encode()

    def event(self, number: int) -> Json:
        return next(event for event in self.said["events"] if event["eventId"] == str(number))


@dataclass
class Case:
    """All that is known of a case; whoever damages some of it takes a copy first."""

    id: str
    runs: list[Told]
    attempts: list[Attempt]
    now: datetime
    rows: list[Json] = field(default_factory=list)
    """The ledger's lines."""
    kept: list[tuple[str, bytes]] = field(default_factory=list)
    """The statements as they were kept elsewhere."""
    asked: bool = True

    def lines(self) -> list[bytes]:
        return [json.dumps(row, ensure_ascii=False, sort_keys=True).encode() for row in self.rows]

    def evidence(self) -> Evidence:
        runs = self.runs if self.asked else []
        return Evidence(self.id, runs, self.attempts, chain_of(self.lines()), self.now, asked=self.asked)

    def verified(self) -> Reconciled:
        """What `verify` finds."""
        damage = examine(self.lines(), [FIRST.kid], self.kept).damage
        return reconcile(self.evidence()).with_ledger(damage)

    def damage(self) -> list[str]:
        return [f"{finding.what}: {finding.said}" for finding in self.verified().damage]

    def copied(self) -> "Case":
        return replace(
            self,
            runs=[Told(copy_of(run.said)) for run in self.runs],
            attempts=[*self.attempts],
            rows=copy_of(self.rows),
        )

    def entry(self, place: int) -> Json:
        """An entry by its place, from anywhere."""
        entries = [row for row in self.rows if row["type"] == "entry"]
        return entries[place % len(entries)]

    def of_kind(self, kind: str) -> Json:
        return next(row for row in self.rows if row["type"] == "entry" and row["kind"] == kind)

    def without_history(self) -> "Case":
        """The server has deleted it."""
        return replace(self.copied(), runs=[])

    def filed_again(self) -> "Case":
        """A ledger written anew, by somebody with the key, from what histories and journal say now."""
        return with_ledger(replace(self.copied(), rows=[]), self.kept)


def copy_of(said: Any) -> Any:
    """JSON once more; quicker than a deep copy."""
    return pickle.loads(pickle.dumps(said))


def case_of(scene: str) -> Case:
    """A stored case as it is a few minutes after its end: swept, sealed and signed."""
    runs = [_told(file) for file in sorted(STORED.glob(f"{scene}.*.json"))]
    records = assembled(run.history for run in runs)
    root = next(record for record in records if record.kind == "run" and record.name != "Approval")
    ended = max(record.until or record.at for record in records)
    return with_ledger(Case(root.case, runs, attempts_of(records), ended + MARGIN))


def _told(file: Path) -> Told:
    said = json.loads(file.read_text())
    history = history_of(said["events"], workflow_id=said["workflow_id"])
    beside = {"namespace": history.namespace, "workflow_id": history.workflow_id, "run_id": history.run_id}
    return Told({**beside, "events": said["events"]})


def attempts_of(records: Iterable[Record]) -> list[Attempt]:
    """What the journal would have of these activities."""
    activities = [record for record in records if record.kind == "activity"]
    return [each for record in activities for each in tried(record)]


def tried(record: Record) -> list[Attempt]:
    count = int(str(record.attributes.get(c.ATTEMPTS, 0)))
    return [tried_once(record, number, last=number == count) for number in range(1, count + 1)]


def tried_once(record: Record, number: int, *, last: bool) -> Attempt:
    begun = record.at + timedelta(milliseconds=number)
    done = last and record.status == "ok"
    outcome = AttemptEnd(
        outcome="completed" if done else "failed", at=begun + timedelta(milliseconds=1), error=None if done else "Oops"
    )
    return Attempt(
        case=record.case,
        run=record.run,
        activity=str(record.attributes[c.ACTIVITY_ID]),
        number=number,
        name=record.name,
        worker=str(record.attributes[c.WORKER]),
        begun=begun,
        end=None if last and record.status == "unknown" else outcome,
    )


def with_ledger(case: Case, kept: Sequence[tuple[str, bytes]] | None = None) -> Case:
    """The case with the entries that a sweep makes, a seal and a checkpoint; and with what was kept elsewhere."""
    entries = filed(Known(case.id, case.runs, case.attempts, {}), case.now)
    links, lines = START, [json.loads(header(case.id))]
    rows, links = chained(case.id, entries.entries, links)
    rows += chained(case.id, [note("ledger.seal", links, Said(at=AT, by="sweep", reason="closed"))], links)[0]
    introduced = signed_key(placed(None, AT), FIRST, None)
    head = Head(case.id, rows[-1]["n"], rows[-1]["hash"])
    signed = signed_checkpoint(checkpoint(placed(introduced, AT), [head]), FIRST)
    log = [Stated(1, introduced.model_dump_json(), []), Stated(2, signed.model_dump_json(), [head])]
    lines += [json.loads(line) for line in of_case(case.id, log)]
    whole = [(f"{each.number:08}.json", each.line) for each in log]
    return replace(case, rows=lines + rows, kept=whole if kept is None else list(kept))


def chained(case: str, said: Iterable[Entry], tail: Tail) -> tuple[list[Json], Tail]:
    """Entries as rows of an export, after this tail."""
    rows: list[Json] = []
    for entry in said:
        kept = following(case, tail, entry, bytes([tail.n % 256]) * 32)
        tail = Tail(kept.link.n, kept.link.hash, sealed=False)
        rows.append(json.loads(entry_line({**kept.link.model_dump(), "salt": kept.salt, "body": kept.body})))
    return rows, tail


def swapped(one: Json, other: Json, *names: str) -> None:
    for name in names:
        one[name], other[name] = other[name], one[name]


def payloads_in(value: Any) -> list[Json]:
    """Every payload within a value of the API's JSON, where it can be changed."""
    if isinstance(value, dict):
        own = [value] if "metadata" in value and value.get("data") else []
        return own + [each for part in value.values() for each in payloads_in(part)]
    return [each for part in value for each in payloads_in(part)] if isinstance(value, list) else []


def flipped(given: Json, place: int) -> None:
    """Change one bit of a payload."""
    content = bytearray(base64.b64decode(given["data"]))
    content[place % len(content)] ^= 1
    given["data"] = base64.b64encode(content).decode()


def sentences(found: Iterable[Finding], what: str) -> list[str]:
    return [finding.said for finding in found if finding.what == what]
