"""Check a Signalbox ledger or evidence pack: python verify.py PLACE [--checkpoints FOLDER] [--key KEY-ID] [--case CASE]

Needs Python 3.11 and the package `cryptography`, and nothing of Signalbox. What holds a ledger together:

entry       hash = SHA-256 of the JSON array ["signalbox.entry.1", case, n, kind, record, commitment, previous] without
            white space, in UTF-8; previous = the hash of entry n - 1 of the same case, 64 zeros for entry 1.
body        commitment = SHA-256(salt + body), where the salt has 32 bytes. An erasure removes salts and bodies, and is
            itself an entry, which keeps its own.
seal        after it a case takes only erasures, until an entry of kind ledger.reopen.
statement   a signed DSSE envelope: a checkpoint, or a new key. previous = SHA-256 of what the signatures on statement
            number - 1 cover, 64 zeros for number 1. Number 1 is a key; each key is signed by the key before it, too.
checkpoint  root = the Merkle tree (RFC 6962) over [case, n, hash] of every case's last entry; cases come in the order
            in which checkpoints met them, by name where one checkpoint met several.

A key's id is the SHA-256 of its JWK (RFC 7638). Whoever has the signing key and the database can write another ledger
that holds together: only checkpoints kept elsewhere (--checkpoints) and a key id told by other means (--key) show that.

What holds an evidence pack together, a zip or a folder:

manifest.json   a DSSE envelope over {format, case, signed_by, files: [{path, size, sha256, is}], missing: [{what,
                why}]}, signed by the ledger's key where there is a signature. All files but itself are in it.
ledger.jsonl    one case of the ledger, as above. Bodies are what the other files are held against:
records.json    what happened: the bodies of all entries that are not named below, and records that are not entered yet.
histories/RUN   a workflow's history as the server had it: the body of history.RUN. Each event is in one record.
agents/         what agents were told: bodies of kind agent.declaration.
journal.json    tries of activities. SHA-256 over run, "attempt" and "ACTIVITY.N", each led by its length and a colon,
                begins with the id of the try's record.
policies/       rule files by the digest that the verdicts among the records name; documents/ content by its digest.
decisions.json  judgements, requests and answers, with the event of a history that holds each.
spans.json      records as spans in OTLP's JSON; a span has its record's id.
"""  # noqa: D415 - the first line is the usage

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import stat
import sys
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY, CHECKPOINT = "application/vnd.signalbox.key+json", "application/vnd.signalbox.checkpoint+json"
PACK, PACK_FORMAT = "application/vnd.signalbox.evidence+json", "signalbox.evidence.1"
SEAL, REOPEN, ERASURE = "ledger.seal", "ledger.reopen", "ledger.erasure"
ZEROS = "0" * 64
SALT_DIGITS = 64  # a longer salt could begin the body, and hide that part of it
ENTRY = {"case": str, "n": int, "kind": str, "record": str, "commitment": str, "previous": str, "hash": str}
PLACE = {"number": int, "previous": str, "at": str}
MANIFEST = {"format": str, "case": str, "signed_by": object, "files": list, "missing": list}
LISTED, LACKING = {"path": str, "size": int, "sha256": str, "is": str}, {"what": str, "why": str}
LAYOUT = re.compile(
    r"(README\.txt|summary\.html|trail\.html|ledger\.jsonl|manifest\.json|verify\.py)|documents/[0-9a-f]{64}"
    r"|(records|spans|journal|decisions)\.json|(histories|agents)/[\w.@-]{1,150}\.json|policies/[\w.@-]{1,150}\.toml",
    re.ASCII,
)
MOST_FILES, MOST_BYTES = 20_000, 1 << 30
HISTORY, AGENT = "history", "agent.declaration"
RESET = "WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW"
SAID = {KEY: {**PLACE, "kid": str, "x": str}, CHECKPOINT: {**PLACE, "chains": int, "entries": int, "root": str}}
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
Head = tuple[str, int, str]


class Row(NamedTuple):
    """An entry as it stands; `computed` is the hash its fields give, `opened` the commitment its body gives."""

    n: int
    kind: str
    record: str
    commitment: str
    previous: str
    hash: str
    computed: str
    opened: str | None


class Statement(NamedTuple):
    """A signed statement as it stands; `covered` is what its signatures cover, `proven` the root of a case's proof."""

    number: int
    kind: str
    said: dict[str, Any]
    covered: bytes
    signatures: dict[str, bytes]
    heads: list[Head]
    proven: str | None

    def __str__(self) -> str:
        """How sentences name it."""
        named = {CHECKPOINT: f"Checkpoint {self.number}", KEY: f"Key statement {self.number}"}
        return named.get(self.kind, "The manifest")


class Mark(NamedTuple):
    """That a checkpoint saw this hash at this place of a case."""

    who: str
    n: int
    hash: str


@dataclass
class Report:
    """What was checked, what is wrong (`damage`), and what this check could not know (`notes`)."""

    cases: int = 0
    entries: int = 0
    erased: int = 0
    checkpoints: int = 0
    damage: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def examine(lines: Iterable[bytes], trusted: Iterable[str] = (), kept: Iterable[tuple[str, bytes]] = ()) -> Report:
    """Check a ledger in JSON lines; `trusted` are key ids told by other means, `kept` statements kept elsewhere."""
    return _examined(lines, trusted, kept)[0]


def _examined(lines: Iterable[bytes], trusted: Iterable[str], kept: Iterable[tuple[str, bytes]]) -> tuple[Report, Log]:
    report = Report()
    whole, chains, statements = _read(lines, report.damage)
    log = Log(statements, frozenset(trusted), whole=whole)
    report.damage += [*log.check(), *log.compare(kept)]
    report.notes += log.notes
    loose = 0
    for case in sorted(chains.keys() | log.marks.keys()):
        chain = Chain(case, sorted(chains.get(case, []), key=lambda row: row.n), log.marks.get(case, []))
        report.damage += [f"Case {case!r}: {sentence}" for sentence in chain.check()]
        report.entries += len(chain.rows)
        report.erased += sum(row.opened is None for row in chain.rows)
        loose += chain.loose
    if loose:
        report.notes.append(f"{loose} entries are under no checkpoint yet: cutting them off would not show.")
    report.cases, report.checkpoints = len(chains), sum(each.kind == CHECKPOINT for each in statements)
    return report, log


def _read(lines: Iterable[bytes], damage: list[str]) -> tuple[bool, dict[str, list[Row]], list[Statement]]:
    chains, statements, scope = defaultdict[str, list[Row]](list), list[Statement](), list[str | None]()
    for place, line in enumerate(lines, 1):
        try:
            said = _json(line)
            match said.pop("type"):
                case "signalbox.ledger.1" if place == 1:
                    scope.append(_shaped(said, {"case": str} if said["case"] else {"case": type(None)})["case"])
                case "entry":
                    row = _row(said)
                    chains[said["case"]].append(row)
                case "statement":
                    statements.append(_statement(said))
                case _:
                    raise ValueError
        except UNREADABLE:
            damage.append(f"Line {place} cannot be read: it was cut off or altered.")
    if not scope:
        damage.append("The first line does not say that this is a ledger: it was removed or altered.")
    if scope not in ([], [None], [*chains]):
        damage.append(f"The first line says that this is case {scope[0]!r}, and it is not, or not alone.")
    return scope in ([], [None]), chains, statements


def _row(said: dict[str, Any]) -> Row:
    salt, body = said.pop("salt"), said.pop("body")
    case, *rest = (_shaped(said, ENTRY)[name] for name in ENTRY)
    salted = _unhexed(salt or "") + (body or "").encode()
    opened = _sha256(salted) if len(salt or "") == SALT_DIGITS else None if salt is None and body is None else ""
    return Row(*rest, computed=_entry_hash(case, *rest[:-1]), opened=opened)


def _statement(said: dict[str, Any]) -> Statement:
    proof = _shaped(said.pop("proof"), {"head": list, "index": int, "path": list}) if "proof" in said else None
    _shaped(said, {"number": int, "envelope": dict, "heads": list})
    kind, payload, covered, signed = _envelope(said["envelope"])
    stated = _shaped(_json(payload), SAID[kind])
    heads = [_head(each) for each in [*said["heads"], *([proof["head"]] if proof else [])]]
    if kind == KEY and (heads or not _key(stated)):
        raise ValueError
    proven = None if proof is None else _climbed(heads[0], proof["index"], stated["chains"], proof["path"])
    return Statement(said["number"], kind, stated, covered, signed, heads, proven)


def _envelope(said: dict[str, Any]) -> tuple[str, bytes, bytes, dict[str, bytes]]:
    """Kind and payload, what signatures cover, and the signatures by key."""
    envelope = _shaped(said, {"payloadType": str, "payload": str, "signatures": list})
    kind, payload = envelope["payloadType"], _unbased(envelope["payload"])
    signatures = [_shaped(each, {"keyid": str, "sig": str}) for each in envelope["signatures"]]
    signed = {each["keyid"]: _unbased(each["sig"]) for each in signatures}
    if len(signed) != len(signatures) or not all(kid.isascii() and kid.isprintable() for kid in signed):
        raise ValueError
    return kind, payload, f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload, signed


def _head(said: list[Any]) -> Head:
    if [type(part) for part in said] != [str, int, str]:
        raise ValueError
    (said[0] + said[2]).encode()  # half a character has no bytes
    return said[0], said[1], said[2]


def _key(said: dict[str, Any]) -> Ed25519PublicKey:
    thumbprint = hashlib.sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{said["x"]}"}}'.encode()).digest()
    if base64.urlsafe_b64encode(thumbprint) != said["kid"].encode() + b"=":
        raise ValueError
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(said["x"] + "="))


def _json(content: bytes | str | None) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(content or b"", object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def _shaped(said: dict[str, Any], shape: dict[str, type]) -> dict[str, Any]:
    """Exactly these fields of exactly these types: what can be read in two ways is not read."""
    if said.keys() != shape.keys() or any(type(said[name]) is not kind for name, kind in shape.items()):
        raise ValueError
    return said


def _unhexed(text: str) -> bytes:
    if (content := bytes.fromhex(text)).hex() != text:
        raise ValueError
    return content


def _unbased(text: str) -> bytes:
    if base64.b64encode(content := base64.b64decode(text)).decode() != text:
        raise ValueError
    return content


def _array(*parts: object) -> bytes:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _entry_hash(*fields: object) -> str:
    return _sha256(_array("signalbox.entry.1", *fields))


def _leaf(head: Head) -> bytes:
    return hashlib.sha256(b"\x00" + _array(*head)).digest()


def _node(pair: Sequence[bytes]) -> bytes:
    """Two below give one above; the last of an odd row moves up as it is."""
    return hashlib.sha256(b"\x01" + b"".join(pair)).digest() if len(pair) > 1 else pair[0]


def _climbed(head: Head, index: int, size: int, path: list[str]) -> str:
    """The root that a head at this place of so many and the siblings on its way up give; "" where they do not fit."""
    digest, steps = _leaf(head), [_unhexed(step) for step in path]
    while size > 1:
        if index % 2:
            digest = _node([steps.pop(0), digest])
        elif index + 1 < size:
            digest = _node([digest, steps.pop(0)])
        index, size = index // 2, (size + 1) // 2
    return "" if steps or index else digest.hex()


class Log:
    """The signed statements: which keys sign, and what the checkpoints saw of each case."""

    def __init__(self, statements: list[Statement], trusted: frozenset[str], *, whole: bool) -> None:
        self.marks = defaultdict[str, list[Mark]](list)
        self.notes = list[str]()
        self._statements, self._trusted, self._whole = sorted(statements, key=lambda each: each.number), trusted, whole
        self._keys, self._current = dict[str, Ed25519PublicKey](), ""
        self._tree, self._heads, self._torn = list[list[bytes]](), dict[str, int](), False
        self._places = dict[str, int]()

    def check(self) -> Iterator[str]:
        """Say what is wrong with it; `marks` and `notes` are complete after that."""
        before: Statement | None = None
        for each in self._statements:
            yield from self._misplaced(each, before)
            if each.kind == KEY:
                yield from self._introduced(each)
            else:
                yield from self.signed(each)
                yield from self._rooted(each)
            before = each
        for kid in sorted(self._trusted - self._keys.keys()):
            yield f"The key {kid}, which you said to trust, is not in the log."

    def compare(self, kept: Iterable[tuple[str, bytes]]) -> Iterator[str]:
        """Hold it against statements that were kept where nobody who could write the ledger can write."""
        ours = {each.number: each for each in self._statements}
        for name, content in kept:
            try:
                theirs = _statement({key: value for key, value in _json(content).items() if key != "type"})
            except UNREADABLE:
                yield f"{name} cannot be read as an exported statement: the file was altered."
                continue
            known = ours.get(theirs.number)
            if (known is None and not self._whole) or (known and known.covered == theirs.covered):
                continue
            if known is None:
                yield f"{theirs} was kept as {name} and is not in the ledger: the log was cut back or written again."
            elif any(self._verifies(theirs, kid) for kid in self._keys):
                yield f"{theirs} is not the one kept as {name}, and one key signed both: the ledger was written again."
            else:
                yield f"{theirs} is not the one kept as {name}, and no key of this ledger signed that one."
            for case, n, digest in theirs.heads:
                self.marks[case].append(Mark(name, n, digest))

    def _misplaced(self, each: Statement, before: Statement | None) -> Iterator[str]:
        expected = before.number + 1 if before else 1
        if each.said["number"] != each.number:
            yield f"{each} says that it is number {each.said['number']}: statements were exchanged."
        elif each.number < expected:
            yield f"{each} is there twice: the log was forked."
        elif each.number > expected and self._whole:
            yield f"{_gap('Statement', 'Statements', expected, each.number - 1)} missing from the log."
        elif each.number == expected and each.said["previous"] != (_sha256(before.covered) if before else ZEROS):
            yield f"{each} does not follow {before or 'nothing'}: one of them was altered or exchanged."

    def _introduced(self, each: Statement) -> Iterator[str]:
        kid, before = each.said["kid"], self._current
        self._keys[kid], self._current = _key(each.said), kid
        if list(each.signatures) not in ([before, kid], [kid]) or not self._verifies(each, kid):
            yield f"{each}: its signature is wrong; it was altered, or another key made it."
        elif before and kid not in self._trusted and not self._verifies(each, before):
            yield f"{each} introduces {kid}, and the key before it, {before}, did not sign that."
        elif not before and self._trusted and kid not in self._trusted:
            yield f"{each} introduces {kid}, which is not a key you said to trust."
        elif not before and not self._trusted:
            self.notes.append(f"The key {kid} was taken at its word: compare it with the id you were told (--key).")

    def signed(self, each: Statement) -> Iterator[str]:
        """Say what is wrong with what the ledger's key should have signed."""
        by = " and ".join(sorted(each.signatures)) or "nobody"
        if by != self._current and by in self._keys:
            yield f"{each} is signed by {by}, which was no longer the ledger's key."
        elif by != self._current:
            yield f"{each} is signed by {by}, which is no key of this ledger."
        elif not self._verifies(each, by):
            yield f"{each}: its signature is wrong; it was altered, or another key made it."

    def _verifies(self, each: Statement, kid: str) -> bool:
        try:
            self._keys[kid].verify(each.signatures[kid], each.covered)
        except (InvalidSignature, KeyError):
            return False
        return True

    def _rooted(self, each: Statement) -> Iterator[str]:
        stated = each.said["root"], each.said["chains"], each.said["entries"]
        if self._whole:
            fresh = len(dict.fromkeys(head[0] for head in each.heads)) == len(each.heads) and each.proven is None
            for head in sorted(each.heads):
                fresh &= head[1] > self._heads.get(head[0], 0)
                self._put(head)
            root = self._tree[-1][0].hex() if self._tree else _sha256(b"")
            sound = fresh and stated == (root, len(self._heads), sum(self._heads.values()))
        else:
            sound = stated[0] == each.proven
        if not sound and not self._torn:
            yield f"{each}: the heads beside it do not give its root; one was altered, removed or added."
        self._torn |= not sound and self._whole  # all later roots rest on these heads
        for case, n, digest in each.heads if sound else ():
            self.marks[case].append(Mark(str(each), n, digest))

    def _put(self, head: Head) -> None:
        """Set a leaf of the tree, or add the next one, and hash the way up."""
        self._heads[head[0]] = head[1]
        index, depth, digest = self._places.setdefault(head[0], len(self._places)), 0, _leaf(head)
        while True:
            if depth == len(self._tree):
                self._tree.append([])
            row = self._tree[depth]
            row[index : index + 1] = [digest]
            if len(row) == 1:
                return
            index, depth = index // 2, depth + 1
            digest = _node(row[2 * index : 2 * index + 2])


class Chain:
    """One case's entries in order, and what checkpoints saw of them."""

    def __init__(self, case: str, rows: list[Row], marks: list[Mark]) -> None:
        self.rows = rows
        self._case, self._marks = case, marks
        self._altered = [row for row in rows if row.hash != row.computed]
        self._erased = max((row.n for row in rows if row.kind == ERASURE), default=0)

    @property
    def loose(self) -> int:
        """How many entries no checkpoint has seen."""
        seen = max((mark.n for mark in self._marks), default=0)
        return sum(row.n > seen for row in self.rows)

    def check(self) -> Iterator[str]:
        """Say everything that is wrong with it."""
        yield from self._fields()
        yield from self._order()
        yield from self._bodies()
        yield from self._seals()
        yield from self._seen()

    def _fields(self) -> Iterator[str]:
        match self._altered:
            case [one, other] if self._fits(one, other.n) and self._fits(other, one.n):
                yield f"entries {one.n} and {other.n} were exchanged."
            case altered:
                yield from (f"entry {row.n} was altered: its fields do not give its hash." for row in altered)

    def _fits(self, row: Row, n: int) -> bool:
        return row.hash == _entry_hash(self._case, n, row.kind, row.record, row.commitment, row.previous)

    def _order(self) -> Iterator[str]:
        before, records = None, dict[str, int]()
        for row in self.rows:
            expected = before.n + 1 if before else 1
            if row.n < expected:
                yield f"entry {row.n} is there twice: one was inserted."
            elif row.n > expected:
                yield f"{_gap('entry', 'entries', expected, row.n - 1)} missing."
            elif row.previous != (before.hash if before else ZEROS) and not {before, row} & {*self._altered}:
                place = f"entry {before.n}" if before else "nothing"
                yield f"entry {row.n} does not follow {place}: one of them was written again or exchanged."
            if records.setdefault(row.record, row.n) != row.n:
                yield f"entries {records[row.record]} and {row.n} are the same record {row.record!r}: one was inserted."
            before = row

    def _bodies(self) -> Iterator[str]:
        owners = {row.commitment: row.n for row in self.rows}
        for row in self.rows:
            erased = row.n < self._erased and row.kind not in (SEAL, REOPEN, ERASURE)
            if row.opened is None and not erased:
                yield f"the body of entry {row.n} is gone, and no erasure says so."
            elif row.opened is not None and erased:
                yield f"the body of entry {row.n} is there, and entry {self._erased} says that it was erased."
            elif row.opened in owners and row.opened != row.commitment:
                yield f"entry {row.n} has the body of entry {owners[row.opened]}."
            elif row.opened not in (None, row.commitment):
                yield f"the body of entry {row.n} was altered: it does not give the commitment."

    def _seals(self) -> Iterator[str]:
        sealed = 0
        for row in self.rows:
            if sealed and row.kind not in (REOPEN, ERASURE):
                yield f"entry {row.n} was added after entry {sealed} had sealed the case."
            sealed = {SEAL: row.n, REOPEN: 0}.get(row.kind, sealed)

    def _seen(self) -> Iterator[str]:
        hashes, last = {row.n: row.hash for row in self.rows}, max((row.n for row in self.rows), default=0)
        for who, n, digest in self._marks:
            if n > last:
                left = f"the chain ends with entry {last}: its end was cut off" if last else "the case is gone"
                yield f"{who} saw entry {n}, and {left}."
                return
            if hashes.get(n, digest) != digest:
                yield f"entry {n} is not the one that {who} saw: the chain was written again."
                return


def _gap(one: str, several: str, first: int, last: int) -> str:
    return f"{one} {first} is" if first == last else f"{several} {first} to {last} are"


class Refused(Exception):
    """A container that is not opened; the message says why."""


def unpacked(place: Path) -> dict[str, bytes]:
    """The files of a pack, a zip or a folder, by path; raise `Refused` for what no pack is."""
    read = _of_folder if place.is_dir() else _of_zip
    found, folded, size = dict[str, bytes](), set[str](), 0
    for name, content in read(place):
        size += len(content)
        if name.casefold() in folded:
            raise Refused(f"{name!r} is there twice: which one counts cannot be known.")
        if len(found) == MOST_FILES or size > MOST_BYTES:
            raise Refused("It holds more than any pack does.")
        folded.add(name.casefold())
        found[name] = content
    return found


def _of_folder(place: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(place.rglob("*")):
        mode = file.lstat().st_mode
        name = file.relative_to(place).as_posix()
        if stat.S_ISDIR(mode):
            continue
        if not stat.S_ISREG(mode):
            raise Refused(f"{name!r} is a link or a device, and no file.")
        if file.stat().st_size > MOST_BYTES:
            raise Refused(f"{name!r} is larger than any pack.")
        yield name, file.read_bytes()


def _of_zip(place: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(place) as archive:
            members = archive.infolist()
            if len(members) > MOST_FILES or sum(each.file_size for each in members) > MOST_BYTES:
                raise Refused("It says that it holds more than any pack does: it may be made to fill the disk.")
            for each in members:
                yield each.filename, _member(archive, each)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, UnicodeDecodeError):
        raise Refused("It is no zip that can be read: it was cut off or altered.") from None


def _member(archive: zipfile.ZipFile, each: zipfile.ZipInfo) -> bytes:
    parts = each.orig_filename.split("/")
    if {"", ".", ".."} & {*parts} or "\\" in each.orig_filename or ":" in parts[0] or not each.filename.isprintable():
        raise Refused(f"{each.orig_filename!r} would be written outside of the folder, or is no file.")
    if stat.S_IFMT(each.external_attr >> 16) not in (0, stat.S_IFREG) or each.flag_bits & 1:
        raise Refused(f"{each.filename!r} is a link, a device or encrypted, and no file that can be read.")
    with archive.open(each) as content:
        read = content.read(each.file_size + 1)
    if len(read) != each.file_size:
        raise Refused(f"{each.filename!r} is larger than it says: it may be made to fill the disk.")
    return read


def examine_pack(
    files: Mapping[str, bytes], trusted: Iterable[str] = (), kept: Iterable[tuple[str, bytes]] = (), case: str = ""
) -> Report:
    """Check the files of an evidence pack; `case` is the one that it should be about."""
    trusted = frozenset(trusted)
    report, log = _examined(files.get("ledger.jsonl", b"").splitlines(), trusted, kept)
    report.damage = [
        f"ledger.jsonl: {said}" if said.startswith(("Line", "The first line")) else said for said in report.damage
    ]
    manifest = _manifest(files.get("manifest.json", b""))
    if manifest is None:
        report.damage.append("manifest.json is missing or cannot be read: what belongs in this pack cannot be known.")
    else:
        report.damage += [*_attested(manifest, log, trusted), *_inventory(manifest, files)]
    said = manifest.said if manifest else dict[str, Any]()
    pack = Pack(files, {each["what"]: each["why"] for each in said.get("missing", ())})
    report.damage += [*_about(said.get("case", pack.case), case, pack), *pack.check()]
    report.notes += [*([] if said.get("signed_by") else [UNSIGNED]), *pack.notes]
    return report


UNSIGNED = (
    "The manifest is not signed: README.txt, the pages and whatever the ledger does not hold can be exchanged together "
    "with it."
)


def _manifest(content: bytes) -> Statement | None:
    try:
        kind, payload, covered, signed = _envelope(_json(content))
        said = _shaped({**_json(payload)}, {**MANIFEST, "signed_by": type(_json(payload)["signed_by"])})
        _ = [_shaped(each, LISTED) for each in said["files"]] + [_shaped(each, LACKING) for each in said["missing"]]
        plain = json.dumps(_json(content), sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
        if (kind, said["format"], plain.encode()) != (PACK, PACK_FORMAT, content):
            return None
        if not isinstance(said["signed_by"], str | None):
            return None
        return Statement(0, kind, said, covered, signed, [], None)
    except UNREADABLE:
        return None


def _attested(manifest: Statement, log: Log, trusted: frozenset[str]) -> Iterator[str]:
    by = manifest.said["signed_by"]
    if by is not None or manifest.signatures:
        yield from log.signed(manifest)
        if [by] != list(manifest.signatures):
            yield f"The manifest says that {by!r} signed it, and that is not who did: it was altered."
    elif trusted:
        yield "The manifest is not signed, and you named a key: its signature was removed, or it was drawn without one."


def _inventory(manifest: Statement, files: Mapping[str, bytes]) -> Iterator[str]:
    listed = {each["path"]: each for each in manifest.said["files"]}
    if len(listed) != len(manifest.said["files"]):
        yield "The manifest lists a file twice."
    for path in sorted(listed.keys() | files.keys() - {"manifest.json"}):
        if path not in files:
            yield f"{path!r} is missing from the pack."
        elif path not in listed:
            yield f"{path!r} is not in the manifest: it was added."
        elif (len(files[path]), _sha256(files[path])) != (listed[path]["size"], listed[path]["sha256"]):
            yield f"{path!r} is not what the manifest lists: it was altered."


def _about(said: str, expected: str, pack: Pack) -> Iterator[str]:
    if expected and said != expected:
        yield f"This pack is about case {said!r}, not about {expected!r}."
    if pack.case != said:
        yield f"The manifest is about case {said!r}, and the ledger about {pack.case!r}: packs were mixed."
    yield from (f"{path!r} does not belong in a pack." for path in sorted(pack.files) if not LAYOUT.fullmatch(path))


class Body(NamedTuple):
    """What the ledger holds under a record's id; `text` is None where it was erased."""

    n: int
    kind: str
    text: str | None

    @property
    def is_record(self) -> bool:
        """Whether it is about something that happened."""
        return self.kind not in (HISTORY, AGENT) and not self.kind.startswith("ledger.")

    def holds(self, content: bytes) -> bool:
        """Whether it is this content, or for a history that is too large for the ledger the SHA-256 of it."""
        said = _json(self.text)
        return str(self.text).encode() == content or (said.get("events", 0), said.get("sha256")) == (
            None,
            _sha256(content),
        )


class Pack:
    """The files beside the ledger, held against what it commits to."""

    def __init__(self, files: Mapping[str, bytes], missing: Mapping[str, str]) -> None:
        self.files, self.notes = files, list[str]()
        self._missing = missing
        self.case, self._bodies = _bodies_of(files.get("ledger.jsonl", b""))
        self._records, self._runs = list[dict[str, Any]](), dict[str, Run]()

        self._erased = any(body.text is None for body in self._bodies.values())
        kinds = [body.kind for body in sorted(self._bodies.values()) if body.kind != ERASURE]
        self._sealed = kinds[-1:] == [SEAL]

    def check(self) -> Iterator[str]:
        """Say everything that is wrong; `notes` are complete after that."""
        parts: dict[str, Callable[[], Iterator[str]]] = {
            "The ledger's erasure": self._erasures,
            "A file of histories": self._archived,
            "records.json": self._recorded,
            "What a record rests on": self._complete,
            "A file of agents": self._told,
            "The name of a policy": self._ruled,
            "journal.json": self._tried,
            "A document": self._documented,
            "decisions.json": self._decided,
            "spans.json": self._spanned,
        }
        for name, part in parts.items():
            try:
                yield from part()
            except UNREADABLE:
                yield f"{name} cannot be read as what it should be: it was cut off or altered."
        self.notes += [f"Not in this pack: {what!r}: {why!r}" for what, why in self._missing.items()]

    def _erasures(self) -> Iterator[str]:
        for body in self._bodies.values():
            if body.kind == ERASURE and body.text is not None:
                said = json.loads(body.text)
                self.notes.append(
                    f"Erased by {said['by']!r} at {said['at']!r}, because: {said['reason']!r}. "
                    f"Of what came before entry {body.n} only ids, kinds and hashes are left."
                )
        yield from ()

    def _recorded(self) -> Iterator[str]:
        self._records = _json(self.files["records.json"])
        left = {id_: body for id_, body in self._bodies.items() if body.is_record and body.text is not None}
        loose = Counter[str]()
        for record in self._records:
            ids = record["id"], record["id"] + SETTLED
            entered = next(
                (id_ for id_ in ids if id_ in left and _plain(_json(left[id_].text)) == _plain(record)), None
            )
            named = f"{record['id']!r} ({record['kind']!r} {record['name']!r})"
            if entered:
                del left[entered]
            elif ids[0] in self._bodies:
                yield f"records.json: {named} is not what entry {self._bodies[ids[0]].n} of the ledger says: altered."
            elif not self._routine(record):
                loose[record["id"]] += 1
                if self._sealed or loose[record["id"]] > 1:
                    yield f"records.json: {named} is no entry of the ledger: it was added."
        for id_, body in left.items():
            yield f"records.json lacks {id_!r} ({body.kind!r}), which is entry {body.n} of the ledger."
        if loose:
            self.notes.append(f"{len(loose)} records are not in the ledger yet: the manifest alone vouches for them.")

    def _routine(self, record: dict[str, Any]) -> bool:
        """Whether it is of what goes on in every case, which is no entry of its own: the history has it."""
        run = self._runs.get(record["run"])
        return bool(run and record["events"]) and all(run.routine(n) for n in record["events"] if run)

    def _archived(self) -> Iterator[str]:
        for path, content in self._below("histories/"):
            said = _json(content)
            self._runs[said["run_id"]] = Run(said)
            body = self._bodies.get(f"{HISTORY}.{said['run_id']}")
            if body is None:
                self.notes.append(f"{path!r} is not in the ledger yet: only the manifest vouches for it.")
            yield from self._committed(path, content, body)
        yield from self._kept_back(HISTORY, {f"{HISTORY}.{run}" for run in self._runs})

    def _told(self) -> Iterator[str]:
        there = set[str]()
        for path, content in self._below("agents/"):
            said = _json(content)
            there.add(f"agent.{said['name']}@{said['version']}")
            body = self._bodies.get(f"agent.{said['name']}@{said['version']}")
            if body is None:
                yield f"{path!r} is not in the ledger: it was added or altered."
            yield from self._committed(path, content, body)
        yield from self._kept_back(AGENT, there)

    def _committed(self, path: str, content: bytes, body: Body | None) -> Iterator[str]:
        if body and not body.holds(content):
            yield f"{path!r} is not what entry {body.n} of the ledger says: one of them was altered."

    def _kept_back(self, kind: str, there: set[str]) -> Iterator[str]:
        for id_, body in self._bodies.items():
            too_large = _json(body.text).get("events", 0) is None if body.text else False
            told = too_large and any(id_.removeprefix(f"{HISTORY}.") in what for what in self._missing)
            if body.kind == kind and body.text is not None and id_ not in there and not told:
                yield f"{id_!r} is entry {body.n} of the ledger, and its file is not in the pack."

    def _complete(self) -> Iterator[str]:
        if self._erased:
            self.notes.append("Whether each event is in a record cannot be checked, since the case was erased.")
            return
        absent = {record["run"] for record in self._records if record["events"]} - self._runs.keys()
        if absent:
            named = ", ".join(map(repr, sorted(absent)))
            self.notes.append(f"The histories of {named} are not here: their records rest on the ledger alone.")
        yield from accounted({record["id"]: record for record in self._records}.values(), self._runs)

    def _ruled(self) -> Iterator[str]:
        attributes = [record["attributes"] for record in self._records]
        named = {each[POLICY]: str(each.get("signalbox.policy.name")) for each in attributes if POLICY in each}
        there = {_sha256(content): path for path, content in self._below("policies/")}
        for digest, path in sorted(there.items()):
            if digest not in named:
                yield f"{path!r} is no file that a verdict of this case names: it was altered or added."
        for digest, policy in sorted(named.items()):
            told = any(what.endswith(f".{digest[:12]}.toml") for what in self._missing)
            if digest not in there and not told:
                yield f"The file of policy {policy!r} with SHA-256 {digest!r}, which a verdict names, is missing."

    def _tried(self) -> Iterator[str]:
        records = {record["id"]: record for record in self._records}
        untold = {id_: record for id_, record in records.items() if record["kind"] == "attempt"}
        for attempt in _json(self.files["journal.json"]):
            run, activity, number = attempt["run"], attempt["activity"], attempt["number"]
            named = f"attempt {number!r} of {attempt['name']!r} (activity {activity!r}, run {run!r})"
            record = untold.pop(_derived(run, "attempt", f"{activity}.{number}"), None)
            around = records.get(_derived(run, "activity", activity)) or records.get(_derived(run, "run", ""))
            if record is None:
                yield f"journal.json: {named} is no record: it was added, or its record removed."
            elif not _same_try(attempt, record, around):
                yield f"journal.json: {named} is not what its record says: one of them was altered."
        for id_, record in untold.items():
            yield f"journal.json lacks the attempt that record {id_!r} ({record['name']!r}) is about."

    def _documented(self) -> Iterator[str]:
        for path, content in self._below("documents/"):
            digest = path.removeprefix("documents/")
            if _sha256(content) != digest:
                yield f"{path!r} does not hash to its name: it was altered."
            elif not any(run.mentions(digest) for run in self._runs.values()):
                yield f"{path!r} is no document that a history of this case names: it was added."

    def _decided(self) -> Iterator[str]:
        listed = set[str]()
        for said in _json(self.files["decisions.json"]):
            run, event = said["run"], said["event"]
            listed.add(_plain(said["says"]))
            if _plain(said["says"]) not in map(_plain, self._runs[run].payloads(event)):
                yield f"decisions.json: the {said['is']!r} of event {event!r}, run {run!r}, is not what is said there."
        for run in self._runs.values():
            for n in run.events:
                decided = [each for each in run.payloads(n) if _is_decision(each)]
                if any(_plain(each) not in listed for each in decided):
                    yield f"decisions.json lacks what event {n} of run {run.id!r} says."

    def _spanned(self) -> Iterator[str]:
        ended = {record["id"]: record["trace"] for record in self._records if record["until"] is not None}
        spans = _json(self.files["spans.json"])["resourceSpans"][0]["scopeSpans"][0]["spans"]
        told = {span["spanId"]: span["traceId"] for span in spans}
        for id_ in sorted(ended.keys() | told.keys()):
            if ended.get(id_) != told.get(id_) or len(told) != len(spans):
                yield f"spans.json: span {id_!r} is not its record's, or one of the two is missing."

    def _below(self, folder: str) -> list[tuple[str, bytes]]:
        return sorted((path, content) for path, content in self.files.items() if path.startswith(folder))


POLICY, SETTLED = "signalbox.policy.digest", ".settled"
ROUTINE = {f"WORKFLOW_TASK_{end}" for end in ("SCHEDULED", "STARTED", "COMPLETED", "FAILED", "TIMED_OUT")} | {
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
    "WORKFLOW_PROPERTIES_MODIFIED",
}
PAYLOAD = {"metadata", "data", "externalPayloads"}
DECISIONS = (
    {"question", "digest", "subject", "verdict"},
    {"state", "digest", "votes", "heard"},
    {"event_id", "identity", "assurance", "mandates"},
    {"weighed", "amended", "why_not"},
    {"action", "key", "verdict"},
    {"then", "row", "policy", "file_digest"},
)
"""By which names a payload is a request, a decision, an answer, an amendment, a work order or a judgement."""
ENDS = {"completed": "ok", "failed": "error"}


def _same_try(attempt: dict[str, Any], record: dict[str, Any], around: dict[str, Any] | None) -> bool:
    """Whether a row of the journal says what its record does; how a last try ended is the history's to say."""
    begun = record["at"] == attempt["begun"] or bool(around and record["at"] == around["at"] > attempt["begun"])
    named = all(attempt[name] == record[name] for name in ("case", "run", "name"))
    last = around and around["attributes"].get("signalbox.attempts") == attempt["number"]
    said = ENDS[attempt["end"]["outcome"]] if attempt["end"] else "unknown"
    return begun and named and (bool(last) or record["status"] in (said, "unknown", "open"))


def _bodies_of(ledger: bytes) -> tuple[str | None, dict[str, Body]]:
    """The case of the first line, and bodies by record id; what cannot be read was reported as damage already."""
    case, bodies = None, dict[str, Body]()
    for line in ledger.splitlines():
        try:
            said = _json(line)
            case = said["case"] if said["type"] == "signalbox.ledger.1" else case
            if said["type"] == "entry":
                bodies.setdefault(said["record"], Body(said["n"], said["kind"], said["body"]))
        except UNREADABLE:
            continue
    return case, bodies


class Run:
    """A run's history; events that a reset copied stand before its own."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.id: str = said["run_id"]
        self.events = {int(event["eventId"]): event for event in said["events"]}
        self.twice = len(said["events"]) - len(self.events)
        self.begins, self.base = 1, ""
        for n, event in self.events.items():
            told = attributes_of(event)
            if told.get("cause") == RESET and told.get("newRunId") == self.id:
                self.begins, self.base = n, told["baseRunId"]
        self._text = json.dumps([[*self.payloads(n)] for n in self.events])

    def payloads(self, n: int) -> Iterator[Any]:
        """What the JSON payloads of an event say."""
        return _payloads(self.events[n])

    def routine(self, n: int) -> bool:
        """Whether an event is of what goes on in every run and tells nothing."""
        event = self.events.get(n, {})
        patch = attributes_of(event).get("markerName") == "core_patch"
        return patch or str(event.get("eventType")).removeprefix("EVENT_TYPE_") in ROUTINE

    def mentions(self, digest: str) -> bool:
        """Whether any payload has this text in it."""
        return digest in self._text

    def links(self, n: int, first: int) -> bool:
        """Whether an event continues what another one initiated."""
        return n in self.events and (n == first or attributes_of(self.events[n]).get("initiatedEventId") == str(first))

    def gaps(self) -> Iterator[str]:
        """Say which events are missing, or there twice."""
        if self.twice:
            yield f"The history of run {self.id!r} has {self.twice} events twice."
        for one, other in pairwise([0, *sorted(self.events)]):
            if other != one + 1:
                yield f"The history of run {self.id!r}: {_gap('event', 'events', one + 1, other - 1)} missing."


def attributes_of(event: dict[str, Any]) -> dict[str, Any]:
    """What an event says beside its id, type and time."""
    return next((value for name, value in event.items() if name.endswith("EventAttributes")), dict[str, Any]())


def _payloads(value: Any) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        for part in value:  # pyright: ignore[reportUnknownVariableType] - any JSON
            yield from _payloads(part)
    elif isinstance(value, dict) and not PAYLOAD >= value.keys() >= {"metadata"}:
        yield from _payloads([*value.values()])  # pyright: ignore[reportUnknownArgumentType] - any JSON
    elif isinstance(value, dict):
        try:
            yield json.loads(base64.b64decode(value["data"]))  # pyright: ignore[reportUnknownArgumentType] - any JSON
        except UNREADABLE:
            return


def accounted(records: Iterable[dict[str, Any]], runs: Mapping[str, Run]) -> Iterator[str]:
    """Say which events are in no record or in several, and which records name events that are not there."""
    claims = Counter[tuple[str, int]]()
    for record in records:
        for n in record["events"]:
            place = _place(record, n, runs)
            claims[place, n] += 1
            if place in runs and n not in runs[place].events:
                yield f"Record {record['id']!r} ({record['name']!r}) names event {n!r} of {place!r}, which lacks it."
    for run in runs.values():
        yield from run.gaps()
        yield from _unclaimed(run, claims, {each for each, _ in claims} - runs.keys())


def _unclaimed(run: Run, claims: Counter[tuple[str, int]], absent: set[str]) -> Iterator[str]:
    for n, event in run.events.items():
        count, initiated = claims[run.id, n], attributes_of(event).get("initiatedEventId")
        if n < run.begins and n > 1:  # what a reset copied: it counts where it happened
            there = run.base not in absent or any(claims[each, n] for each in absent)
        else:  # a child that began before a reset may end after it
            there = count or (initiated and claims[run.base, int(initiated)])
        named = f"Event {n} ({str(event['eventType']).removeprefix('EVENT_TYPE_')!r}) of run {run.id!r}"
        if count > 1:
            yield f"{named} is in {count} records: one was added."
        elif not there:
            yield f"{named} is in no record: one was removed, or the event added."


def _place(record: dict[str, Any], n: int, runs: Mapping[str, Run]) -> str:
    """The run in which an event of a record stands: a child begun before a reset may end in the run that came of it."""
    if record["kind"] != "child":
        return record["run"]
    line = [record["run"]]
    for each in line:  # which grows by the runs that copied it
        line += [run.id for run in runs.values() if run.base == each and run.id not in line]
    return next((each for each in line if each in runs and runs[each].links(n, record["events"][0])), record["run"])


def _derived(*parts: str) -> str:
    content = [part.encode() for part in parts]
    return _sha256(b"".join(b"%d:%b" % (len(part), part) for part in content))[:16]


def _is_decision(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return isinstance(value, dict) and any(names <= value.keys() for names in DECISIONS)


def _plain(value: Any) -> str:  # noqa: ANN401 - any JSON
    """JSON that tells 1, 1.0 and true apart, as Python does not."""
    return json.dumps(value, sort_keys=True)


def exported(folder: Path) -> list[tuple[str, bytes]]:
    """The statements that were exported to a folder, each with its file's name."""
    return [(file.name, file.read_bytes()) for file in sorted(folder.iterdir()) if file.suffix == ".json"]


def verdict(report: Report) -> str:
    """The last line: what was checked, and whether it holds."""
    found = f"{len(report.damage)} places are damaged" if report.damage else "nothing is missing, altered or added"
    cases = f"{report.cases} cases, {report.entries} entries ({report.erased} bodies erased)"
    return f"{cases}, {report.checkpoints} checkpoints: {found}."


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong; returns 0 where nothing is, 1 where something is, 2 where a file cannot be used."""
    parser = argparse.ArgumentParser(description="Check a Signalbox ledger or an evidence pack.")
    parser.add_argument("place", type=Path, help="a pack (zip or folder), or a ledger or one case of it as JSON lines")
    parser.add_argument("--checkpoints", type=Path, help="a folder of statements that were exported and kept elsewhere")
    parser.add_argument("--key", action="append", default=[], help="the id of a key to trust, told by other means")
    parser.add_argument("--case", default="", help="the case that a pack should be about")
    given = parser.parse_args(arguments)
    try:
        kept = exported(given.checkpoints) if given.checkpoints else []
        report = examine_file(given.place, given.key, kept, given.case)
    except OSError as error:
        sys.stderr.write(f"{error.filename} cannot be used: {error.strerror}.\n")
        return 2
    except Refused as refused:
        sys.stderr.write(f"{given.place} was not opened. {refused}\n")
        return 2
    text = "\n".join([*report.damage, *report.notes, verdict(report), ""])
    sys.stdout.buffer.write(
        text.encode(sys.stdout.encoding, "backslashreplace")
    )  # not every terminal can show all names
    return 1 if report.damage else 0


def examine_file(
    place: Path, trusted: Iterable[str] = (), kept: Iterable[tuple[str, bytes]] = (), case: str = ""
) -> Report:
    """Check what a path leads to: a pack, or a ledger; raise `Refused` for a pack that is not opened."""
    if is_pack(place):
        return examine_pack(unpacked(place), trusted, kept, case)
    with place.open("rb") as lines:
        return examine(lines, trusted, kept)


def is_pack(place: Path) -> bool:
    """Whether it is a folder, or says that it is a zip."""
    if place.is_dir():
        return True
    with place.open("rb") as file:
        return place.suffix.lower() == ".zip" or file.read(2) == b"PK"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
