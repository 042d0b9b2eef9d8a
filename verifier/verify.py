"""Check a Signalbox ledger: python verify.py LEDGER.jsonl [--checkpoints FOLDER] [--key KEY-ID]

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
"""  # noqa: D415 - the first line is the usage

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY, CHECKPOINT = "application/vnd.signalbox.key+json", "application/vnd.signalbox.checkpoint+json"
SEAL, REOPEN, ERASURE = "ledger.seal", "ledger.reopen", "ledger.erasure"
ZEROS = "0" * 64
SALT_DIGITS = 64  # a longer salt could begin the body, and hide that part of it
ENTRY = {"case": str, "n": int, "kind": str, "record": str, "commitment": str, "previous": str, "hash": str}
PLACE = {"number": int, "previous": str, "at": str}
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
        return f"{'Checkpoint' if self.kind == CHECKPOINT else 'Key statement'} {self.number}"


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
    return report


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
    envelope = _shaped(said["envelope"], {"payloadType": str, "payload": str, "signatures": list})
    kind, payload = envelope["payloadType"], _unbased(envelope["payload"])
    stated = _shaped(_json(payload), SAID[kind])
    signatures = [_shaped(each, {"keyid": str, "sig": str}) for each in envelope["signatures"]]
    signed = {each["keyid"]: _unbased(each["sig"]) for each in signatures}
    covered = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    heads = [_head(each) for each in [*said["heads"], *([proof["head"]] if proof else [])]]
    if kind == KEY and (heads or not _key(stated)):
        raise ValueError
    if len(signed) != len(signatures) or not all(kid.isascii() and kid.isprintable() for kid in signed):
        raise ValueError
    proven = None if proof is None else _climbed(heads[0], proof["index"], stated["chains"], proof["path"])
    return Statement(said["number"], kind, stated, covered, signed, heads, proven)


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


def _json(content: bytes) -> dict[str, Any]:
    return json.loads(content, object_pairs_hook=_once)


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
                yield from self._signed(each)
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

    def _signed(self, each: Statement) -> Iterator[str]:
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
    parser = argparse.ArgumentParser(description="Check a Signalbox ledger.")
    parser.add_argument("ledger", type=Path, help="the ledger, or one case of it, as JSON lines")
    parser.add_argument("--checkpoints", type=Path, help="a folder of statements that were exported and kept elsewhere")
    parser.add_argument("--key", action="append", default=[], help="the id of a key to trust, told by other means")
    given = parser.parse_args(arguments)
    try:
        with given.ledger.open("rb") as lines:
            report = examine(lines, given.key, exported(given.checkpoints) if given.checkpoints else ())
    except OSError as error:
        sys.stderr.write(f"{error.filename} cannot be used: {error.strerror}.\n")
        return 2
    text = "\n".join([*report.damage, *report.notes, verdict(report), ""])
    sys.stdout.buffer.write(
        text.encode(sys.stdout.encoding, "backslashreplace")
    )  # not every terminal can show all names
    return 1 if report.damage else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
