"""Evidence packs for tests: of the stored histories, entered in a ledger as a sweep enters them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from governance.evidence.contents import Gathered, contents
from governance.evidence.manifest import Part, manifest
from governance.ledger import LedgerKey
from governance.reconciliation.held import chain_of
from governance.trail import conventions as c
from governance.trail.assembly import assembled
from governance.trail.attempts import Attempt, AttemptEnd, with_attempts
from governance.trail.entries import agent_entry, entry_of, history_entry, kept
from governance.trail.exported import history_of
from governance.trail.history import History
from governance.trail.record import Record
from integrations.store import Store, open_store
from tests.conftest import ROOT
from tests.ledger import AT, FIRST, exported
from tests.trails import STORED

Files = dict[str, bytes]


def histories(name: str) -> dict[str, bytes]:
    """A stored case and its approvals as a sweep archives them, by run."""
    found = dict[str, bytes]()
    for file in sorted(STORED.glob(f"{name}.*.json")):
        said = json.loads(file.read_text())
        read = history_of(said["events"], workflow_id=said["workflow_id"])
        told = {"namespace": read.namespace, "workflow_id": read.workflow_id, "run_id": read.run_id, **said}
        found[read.run_id] = json.dumps(told, sort_keys=True, ensure_ascii=False).encode()
    return found


def read_all(archived: Mapping[str, bytes]) -> list[History]:
    told = [json.loads(each) for each in archived.values()]
    return [history_of(each["events"], workflow_id=each["workflow_id"], run_id=each["run_id"]) for each in told]


def attempts_of(records: Iterable[Record]) -> list[Attempt]:
    """What a journal would say of these activities: each try failed but the last."""
    return [
        Attempt(
            case=record.case,
            run=record.run,
            activity=str(record.attributes[c.ACTIVITY_ID]),
            number=number,
            name=record.name,
            worker="worker@1",
            begun=record.at + timedelta(milliseconds=number),
            end=AttemptEnd(
                outcome=_outcome(record, number), at=record.at + timedelta(milliseconds=number + 1), error=None
            ),
        )
        for record in records
        if record.kind == "activity" and record.status == "ok"
        for number in range(1, int(str(record.attributes[c.ATTEMPTS])) + 1)
    ]


def _outcome(record: Record, number: int) -> Any:
    return "completed" if number == record.attributes[c.ATTEMPTS] else "failed"


async def enter(store: Store, case: str, archived: Mapping[str, bytes], *, sealed: bool = True) -> list[Attempt]:
    """Enter all that a closed case leaves; returns its journal."""
    plain = assembled(read_all(archived))
    attempts = attempts_of(plain)
    records = with_attempts(plain, attempts)
    told = [entry_of(record) for record in records if kept(record, closed=True)]
    agents = [agent_entry("invoice_examiner", "1", {"instructions": "Look at the findings."})]
    await store.ledger.append(case, [*told, *(history_entry(run, said) for run, said in archived.items()), *agents])
    if sealed:
        await store.ledger.seal(case, "sweep", "every run is closed")
    return attempts


async def gathered(
    store: Store, case: str, archived: Mapping[str, bytes], attempts: Sequence[Attempt], **given: Any
) -> Gathered:
    lines = await exported(store, case)
    drawn = with_attempts(assembled(read_all(archived)), attempts)
    digests = {str(record.attributes[c.POLICY_DIGEST]) for record in drawn if c.POLICY_DIGEST in record.attributes}
    kept_rules = [file.read_bytes() for file in (ROOT / "policies").glob("*.toml")]
    rules = {hashlib.sha256(each).hexdigest(): each for each in kept_rules}
    found = Gathered(
        case=case,
        ledger=b"".join(lines),
        chain=chain_of(lines),
        histories=archived,
        drawn=drawn,
        attempts=tuple(attempts),
        rules={digest: rules[digest] for digest in digests & rules.keys()},
        documents={},
        lacks=(),
        verifier=(ROOT / "verifier" / "verify.py").read_bytes(),
        signer=FIRST.kid,
    )
    return Gathered(**{**vars(found), **given})


async def case_in(folder: Path, name: str, case: str = "invoice-1") -> Gathered:
    """A stored case, sealed in a ledger with another one, under a checkpoint."""
    async with open_store(f"sqlite:///{folder}/{name}.db") as store:
        archived = histories(name)
        attempts = await enter(store, case, archived)
        await enter(store, "another", histories("clean-ubl"))
        await store.ledger_log.checkpoint(FIRST, AT)
        return await gathered(store, case, archived, attempts)


def packed(found: Gathered, key: LedgerKey | None = FIRST) -> Files:
    """The files of its pack."""
    parts, lacks = contents(found)
    return sealed_again({part.path: part.content for part in parts}, found.case, key, lacks)


def sealed_again(files: Mapping[str, bytes], case: str, key: LedgerKey | None, lacks: Sequence[Any] = ()) -> Files:
    """The same files under a manifest that lists them as they are."""
    parts = [Part(path, content, "") for path, content in files.items() if path != "manifest.json"]
    return {**files, "manifest.json": manifest(case, parts, lacks, key)}
