"""From what is known of a case to the files of its pack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from governance.evidence.decisions import decisions
from governance.evidence.manifest import Lack, Part, file_name
from governance.evidence.readme import readme
from governance.reconciliation.held import Chain, read
from governance.trail import conventions as c
from governance.trail.attempts import Attempt
from governance.trail.entries import AGENT, HISTORY, body_of, record_in
from governance.trail.page import page
from governance.trail.reading import text
from governance.trail.record import Record
from governance.trail.spans import otlp, spans_of
from governance.trail.summary import summary


@dataclass(frozen=True)
class Gathered:
    """What a pack is made of; `histories` and `rules` are bytes by run and by digest, as they were kept."""

    case: str
    ledger: bytes
    chain: Chain
    histories: Mapping[str, bytes]
    drawn: tuple[Record, ...]
    attempts: tuple[Attempt, ...]
    rules: Mapping[str, bytes]
    documents: Mapping[str, bytes]
    lacks: tuple[Lack, ...]
    verifier: bytes
    signer: str | None

    @property
    def entered(self) -> tuple[Record, ...]:
        """The records that the ledger holds, in its order; what was unknown first, as it was settled later."""
        made = [record_in(held.body) for held in self.chain.own if held.body and held.kind not in (HISTORY, AGENT)]
        return tuple({record.id: record for record in made if record}.values())

    @property
    def records(self) -> tuple[Record, ...]:
        """All records, oldest first; where the ledger has one, it is the ledger's."""
        every = {record.id: record for record in (*self.drawn, *self.entered)}
        return tuple(sorted(every.values(), key=lambda record: record.at))


def rules_named(records: Iterable[Record]) -> dict[str, str]:
    """By the digest that verdicts name, the path of a rule file in a pack."""
    named = ((record.attributes.get(c.POLICY_DIGEST), record.attributes.get(c.POLICY, "")) for record in records)
    return {
        str(digest): f"policies/{file_name(str(policy))}.{str(digest)[:12]}.toml" for digest, policy in named if digest
    }


def contents(found: Gathered) -> tuple[tuple[Part, ...], tuple[Lack, ...]]:
    """The files of a pack but for its manifest, and what is not in it."""
    records, lacks = found.records, (*found.lacks, *_lacks(found))
    parts = [
        Part("summary.html", summary(records, found.chain, lacks).encode(), "the case for a reader in a hurry"),
        Part("trail.html", page(records).encode(), "everything that happened, with the events that prove it"),
        Part("ledger.jsonl", found.ledger, "what the ledger holds of the case, with proofs"),
        Part("records.json", _json(_said(found)), "what happened, as records"),
        Part("spans.json", _json(_spans(records)), "the records as spans, with content, in OTLP's JSON"),
        Part("journal.json", _json([each.model_dump(mode="json") for each in found.attempts]), "tries of activities"),
        Part("decisions.json", _json(decisions([read(each) for each in found.histories.values()])), DECISIONS),
        Part("verify.py", found.verifier, "checks this pack"),
        *_kept(found),
    ]
    about = readme(found.case, found.signer, found.chain, lacks)
    return (Part("README.txt", about.encode(), "how to check this pack, and what that proves"), *parts), lacks


DECISIONS = "judgements, requests and answers, what counted and what did not, each with its event"


def _kept(found: Gathered) -> Iterator[Part]:
    """What goes into a pack byte for byte."""
    for run, history in found.histories.items():
        entered = "as in the ledger" if run in found.chain.archived else "not yet in the ledger"
        yield Part(f"histories/{file_name(run)}.json", history, f"the history of a run, {entered}")
    paths = rules_named(found.records)
    for digest, rules in found.rules.items():
        yield Part(paths[digest], rules, "a rule file that verdicts name")
    for name, told in _agents(found.chain).items():
        yield Part(f"agents/{file_name(name)}.json", told, "what an agent was told")
    for digest, document in found.documents.items():
        yield Part(f"documents/{digest}", document, "a document, or what an agent was given, by its SHA-256")


def _agents(chain: Chain) -> dict[str, bytes]:
    told = [held for held in chain.own if held.kind == AGENT and held.body]
    return {f"{text(held.said, 'name')}@{text(held.said, 'version')}": held.body or b"" for held in told}


def _said(found: Gathered) -> list[JsonValue]:
    """Every body of a record as the ledger has it, then the records that it does not have."""
    bodies = [held for held in found.chain.own if held.kind not in (HISTORY, AGENT)]
    ids = {held.record for held in bodies}
    said: list[JsonValue] = [held.said for held in bodies if held.body is not None]
    return [*said, *(read(body_of(record)) for record in found.drawn if record.id not in ids)]


def _lacks(found: Gathered) -> Iterator[Lack]:
    records = found.records
    for digest, path in sorted(rules_named(records).items()):
        if digest not in found.rules:
            yield Lack(what=path, why=f"No copy of the file with SHA-256 {digest} was kept where this pack was drawn.")
    for run in sorted({record.run for record in records if record.events} - found.histories.keys()):
        yield Lack(
            what=f"histories/{file_name(run)}.json", why="The ledger has no history of this run, nor has the server."
        )
    names = {(record.attributes.get(c.AGENT_NAME), record.attributes.get(c.AGENT_VERSION)) for record in records}
    asked = {f"{name}@{version}" for name, version in names if name and version}
    for name in sorted(asked - _agents(found.chain).keys()):
        yield Lack(what=f"agents/{file_name(name)}.json", why="The ledger does not hold what this agent was told.")


def _spans(records: Iterable[Record]) -> JsonValue:
    spans: list[JsonValue] = [otlp(span) for span in spans_of(records, content=True, routine=True)]
    named: JsonValue = {"attributes": [{"key": "service.name", "value": {"stringValue": "signalbox"}}]}
    return {"resourceSpans": [{"resource": named, "scopeSpans": [{"scope": {"name": "signalbox"}, "spans": spans}]}]}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
