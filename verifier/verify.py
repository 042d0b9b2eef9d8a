"""Check a Signalbox ledger: python verify.py LEDGER.jsonl [--checkpoints FOLDER] [--key KEY-ID]

Needs Python 3.11 and the package `cryptography`, and nothing of Signalbox. What holds a ledger together:

entry       hash = SHA-256 of the JSON array ["signalbox.entry.1", case, n, kind, record, commitment, previous] without
            white space in UTF-8; previous = the hash of entry n - 1 of the same case, or 64 zeros.
body        commitment = SHA-256(salt + body). An erasure removes salts and bodies and is itself an entry, with a body.
seal        after it a case takes only erasures, until an entry of kind ledger.reopen.
statement   a signed DSSE envelope: a checkpoint, or a new key. previous = SHA-256 of what the signatures on statement
            number - 1 cover, or 64 zeros. Number 1 is a key; each further key is signed by the key before it as well.
checkpoint  root = the Merkle tree (RFC 6962) over [case, n, hash] of every case's last entry, cases in the order in
            which checkpoints met them, by name within one checkpoint.

A key's id is the SHA-256 of its JWK (RFC 7638). Whoever holds the signing key and the database can write another ledger
that holds together: only checkpoints kept elsewhere (--checkpoints) and a key id told by other means (--key) show that.
"""  # noqa: D415, D400 - the first line is the usage

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
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
ZEROS = "0" * 64
ENTRY = {"case": str, "n": int, "kind": str, "record": str, "commitment": str, "previous": str, "hash": str}
STATED = {"number": int, "previous": str, "at": str}
SAID = {KEY: STATED | {"kid": str, "x": str}, CHECKPOINT: STATED | {"chains": int, "entries": int, "root": str}}


class Row(NamedTuple):
    """An entry as it stands; `computed` is the hash that its fields give, `opened` the commitment that its body gives."""

    n: int
    kind: str
    record: str
    commitment: str
    previous: str
    hash: str
    computed: str
    opened: str | None


class Statement(NamedTuple):
    """A signed statement as it stands; `covered` is what its signatures cover."""

    number: int
    kind: str
    said: dict[str, Any]
    covered: bytes
    signatures: dict[str, bytes]
    heads: list[list[Any]]
    proof: dict[str, Any] | None

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
    loose: int = 0
    checkpoints: int = 0
    damage: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def examine(lines: Iterable[bytes], trusted: Iterable[str] = (), kept: Iterable[tuple[str, bytes]] = ()) -> Report:
    """Check a ledger in JSON lines, given key ids told by other means, and named checkpoints that were kept elsewhere."""
    report = Report()
    whole, chains, log = _read(lines, report)
    signers = Signers(frozenset(trusted), report)
    marks = _check_log(log, signers, report, whole=whole)
    report.damage += _compare(kept, log, signers, marks, whole=whole)
    for case in sorted(chains.keys() | marks.keys()):
        _Chain(case, sorted(chains.get(case, [])), marks.get(case, []), report).check()
    report.cases, report.checkpoints = len(chains), sum(each.kind == CHECKPOINT for each in log)
    if report.loose:
        report.notes.append(f"{report.loose} entries are under no checkpoint yet: cutting them off would not show.")
    return report


def _read(lines: Iterable[bytes], report: Report) -> tuple[bool, dict[str, list[Row]], list[Statement]]:
    chains, log, scope = defaultdict[str, list[Row]](list), list[Statement](), list[str | None]()
    for place, line in enumerate(lines, 1):
        try:
            said = _json(line)
            match said.pop("type"):
                case "signalbox.ledger.1" if place == 1:
                    scope.append(_shaped(said, {"case": (str, type(None))})["case"])
                case "entry":
                    row = _row(said)
                    chains[said["case"]].append(row)
                case "statement":
                    log.append(_statement(said))
                case _:
                    raise ValueError  # noqa: TRY301 - one sentence for all that cannot be read
        except UNREADABLE:
            report.damage.append(f"Line {place} cannot be read: it was cut off or altered.")
    if not scope:
        report.damage.append("The first line does not say that this is a ledger: it was removed or altered.")
    return scope in ([], [None]), chains, sorted(log, key=lambda each: each.number)


def _row(said: dict[str, Any]) -> Row:
    salt, body = said.pop("salt"), said.pop("body")
    _shaped(said, ENTRY)
    values = [said[name] for name in ENTRY]
    computed = _entry_hash(*values[:-1])
    absent = salt is None and body is None
    return Row(*values[1:], computed, None if absent else _sha256(_unhexed(salt or "") + (body or "").encode()))


def _statement(said: dict[str, Any]) -> Statement:
    proof = _shaped(said.pop("proof"), {"head": list, "index": int, "path": list}) if "proof" in said else None
    _shaped(said, {"number": int, "envelope": dict, "heads": list})
    envelope = _shaped(said["envelope"], {"payloadType": str, "payload": str, "signatures": list})
    kind, payload = envelope["payloadType"], base64.b64decode(envelope["payload"], validate=True)
    signatures = [_shaped(each, {"keyid": str, "sig": str}) for each in envelope["signatures"]]
    signed = {each["keyid"]: base64.b64decode(each["sig"], validate=True) for each in signatures}
    covered = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    heads = [_head(each) for each in said["heads"]]
    return Statement(said["number"], kind, _shaped(_json(payload), SAID[kind]), covered, signed, heads, proof)


def _head(said: list[Any]) -> list[Any]:
    if [type(part) for part in said] != [str, int, str]:
        raise ValueError
    return said


def _json(content: bytes) -> dict[str, Any]:
    return json.loads(content, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError
    return dict(pairs)


def _shaped(said: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    """Exactly these fields of exactly these types: what can be read in two ways is not read."""
    if said.keys() != shape.keys():
        raise ValueError
    if [name for name, kind in shape.items() if type(said[name]) not in (kind if isinstance(kind, tuple) else (kind,))]:
        raise ValueError
    return said


def _array(*parts: object) -> bytes:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()


def _entry_hash(*fields: object) -> str:
    return _sha256(_array("signalbox.entry.1", *fields))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unhexed(text: str) -> bytes:
    if (content := bytes.fromhex(text)).hex() != text:
        raise ValueError
    return content


class Signers:
    """Which keys sign for this ledger, as its own log introduces them."""

    def __init__(self, trusted: frozenset[str], report: Report) -> None:
        self._trusted, self._report = trusted, report
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._current: str | None = None

    def check(self, each: Statement) -> None:
        """Say what is wrong with who signed; a key statement's key signs from here on."""
        if each.kind == KEY:
            self._introduce(each)
        elif list(each.signatures) != [self._current]:
            self._say(
                f"{each} is not signed by {self._current or 'any key'}, the ledger's key then, but by {_by(each)}."
            )
        elif not self.signed(each, self._current):
            self._say(f"{each}: its signature is wrong; it was altered, or another key made it.")

    def signed(self, each: Statement, kid: str | None) -> bool:
        """Whether a key of this ledger signed it."""
        try:
            self._keys[kid or ""].verify(each.signatures[kid or ""], each.covered)
        except (InvalidSignature, KeyError):
            return False
        return True

    def any_signed(self, each: Statement) -> bool:
        """Whether any key of this ledger, retired ones too, signed it."""
        return any(self.signed(each, kid) for kid in self._keys)

    def _introduce(self, each: Statement) -> None:
        kid, x, before = each.said["kid"], each.said["x"], self._current
        try:
            key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "="))
        except ValueError:
            return self._say(f"{each} introduces no Ed25519 key.")
        thumbprint = hashlib.sha256(b'{"crv":"Ed25519","kty":"OKP","x":"%b"}' % x.encode()).digest()
        if base64.urlsafe_b64encode(thumbprint).decode().rstrip("=") != kid:
            return self._say(f"{each} gives a key another id than it has.")
        self._keys[kid] = key
        self._current = kid
        if each.signatures.keys() - {kid, before} or not self.signed(each, kid):
            self._say(f"{each}: its signature is wrong; it was altered, or another key made it.")
        elif before and not self.signed(each, before) and kid not in self._trusted:
            self._say(f"{each} introduces {kid}, and {before}, the key before it, did not sign that.")
        elif before is None and self._trusted and kid not in self._trusted:
            self._say(f"{each} introduces {kid}, which is not a key you said to trust.")
        elif before is None and not self._trusted:
            self._report.notes.append(
                f"The key {kid} was taken at its word: compare it with the id you were told (--key)."
            )
        return None

    def _say(self, sentence: str) -> None:
        self._report.damage.append(sentence)


def _by(each: Statement) -> str:
    return " and ".join(sorted(each.signatures)) or "nobody"


class _Tree:
    """The Merkle tree of RFC 6962, leaf by leaf: the last of an odd row moves up as it is."""

    def __init__(self) -> None:
        self._rows: list[list[bytes]] = []

    def put(self, index: int, leaf: bytes) -> None:
        """Set a leaf, or add the next one, and hash the way up."""
        digest, depth = hashlib.sha256(b"\x00" + leaf).digest(), 0
        while True:
            if depth == len(self._rows):
                self._rows.append([])
            self._rows[depth][index : index + 1] = [digest]
            if len(self._rows[depth]) == 1:
                return
            index, depth = index // 2, depth + 1
            digest = _node(self._rows[depth - 1][2 * index : 2 * index + 2])

    @property
    def root(self) -> str:
        """The hash over all leaves."""
        return self._rows[-1][0].hex() if self._rows else _sha256(b"")


def _node(pair: Sequence[bytes]) -> bytes:
    return hashlib.sha256(b"\x01" + b"".join(pair)).digest() if len(pair) > 1 else pair[0]


def _climbed(leaf: bytes, index: int, size: int, path: list[bytes]) -> str:
    """The root that a leaf and the siblings on its way up give."""
    digest = hashlib.sha256(b"\x00" + leaf).digest()
    while size > 1:
        if index % 2:
            digest = _node([path.pop(0), digest])
        elif index + 1 < size:
            digest = _node([digest, path.pop(0)])
        index, size = index // 2, (size + 1) // 2
    return "" if path or index else digest.hex()


def _check_log(log: list[Statement], signers: Signers, report: Report, *, whole: bool) -> dict[str, list[Mark]]:
    """Check each statement and its place; returns what the checkpoints saw of each case."""
    marks, tree, before = defaultdict[str, list[Mark]](list), _Heads(), None
    for each in log:
        report.damage += _misplaced(each, before, whole=whole)
        signers.check(each)
        if each.kind == CHECKPOINT:
            seen = tree.seen(each) if whole else _proven(each)
            if seen is None:
                report.damage.append(
                    f"{each}: the heads beside it do not give its root; one was altered, removed or added."
                )
            for case, n, head in seen or []:
                marks[case].append(Mark(str(each), n, head))
        before = each
    return marks


def _misplaced(each: Statement, before: Statement | None, *, whole: bool) -> Iterator[str]:
    expected, number = before.number + 1 if before else 1, each.number
    if each.said["number"] != number:
        yield f"{each} says that it is number {each.said['number']}: statements were exchanged."
    elif before and number == before.number:
        yield f"{each} is there twice, in two versions or one: the log was forked."
    elif number > expected and whole:
        yield f"{_gap('Statement', 'Statements', expected, number - 1)} missing from the log."
    elif number == expected and each.said["previous"] != (_sha256(before.covered) if before else ZEROS):
        yield f"{each} does not follow {before or 'nothing'}: one of them was altered, exchanged or removed."


class _Heads:
    """The last entry of every case, brought up to date checkpoint by checkpoint."""

    def __init__(self) -> None:
        self._tree, self._places, self._total = _Tree(), dict[str, int](), dict[str, int]()
        self._sound = True

    def seen(self, each: Statement) -> list[list[Any]] | None:
        """The heads that moved; None where they do not give the root, for the first checkpoint where that is so."""
        for case, n, head in sorted(each.heads):
            self._tree.put(self._places.setdefault(case, len(self._places)), _array(case, n, head))
            self._total[case] = n
        stated = (each.said["root"], each.said["chains"], each.said["entries"])
        given = (self._tree.root, len(self._places), sum(self._total.values()))
        if stated == given or not self._sound:
            return each.heads if self._sound else []
        self._sound = False
        return None


def _proven(each: Statement) -> list[list[Any]] | None:
    """The one head that is proven to be under the root; None where the proof fails."""
    try:
        case, n, head = _head(each.proof["head"]) if each.proof else ["", 0, ""]
        path = [_unhexed(step) for step in each.proof["path"]] if each.proof else []
        root = _climbed(_array(case, n, head), each.proof["index"], each.said["chains"], path) if each.proof else ""
    except (*UNREADABLE, IndexError):
        return None
    return [[case, n, head]] if root == each.said["root"] else None


def _compare(
    kept: Iterable[tuple[str, bytes]],
    log: list[Statement],
    signers: Signers,
    marks: dict[str, list[Mark]],
    *,
    whole: bool,
) -> Iterator[str]:
    """Hold the log against statements that were kept where nobody who could write the ledger can write."""
    for name, content in kept:
        try:
            said = _json(content)
            said.pop("type")
            theirs = _statement(said)
        except UNREADABLE:
            yield f"{name} cannot be read as an exported statement: the file was altered."
            continue
        ours = next((each for each in log if each.number == theirs.number), None)
        if ours and ours.covered == theirs.covered:
            continue
        if ours is None and whole:
            yield f"{theirs} was kept as {name}, and the ledger does not have it: its log was cut back or written again."
        elif ours and signers.any_signed(theirs):
            yield f"{theirs} is another one than {name}, and a key of this ledger signed both: it was forked or written again."
        elif ours:
            yield f"{theirs} is another one than {name}, which no key of this ledger signed: one of the two was replaced."
        for case, n, head in theirs.heads:
            marks[case].append(Mark(name, n, head))


class _Chain:
    """One case's entries in order, and what checkpoints saw of them."""

    def __init__(self, case: str, rows: list[Row], marks: list[Mark], report: Report) -> None:
        self._case, self._rows, self._marks, self._report = case, rows, marks, report
        self._altered = [row for row in rows if row.hash != row.computed]
        self._erased = max((row.n for row in rows if row.kind == ERASURE), default=0)

    def check(self) -> None:
        """Say everything that is wrong with it."""
        found = [*self._fields(), *self._order(), *self._bodies(), *self._seals(), *self._seen()]
        self._report.damage += [f"Case {self._case!r}: {sentence}" for sentence in found]
        self._report.entries += len(self._rows)
        covered = max((mark.n for mark in self._marks), default=0)
        self._report.loose += sum(row.n > covered for row in self._rows)

    def _fields(self) -> Iterator[str]:
        match self._altered:
            case [one, other] if one.hash == self._hash(one, other.n) and other.hash == self._hash(other, one.n):
                yield f"entries {one.n} and {other.n} were exchanged."
            case altered:
                yield from (f"entry {row.n} was altered: its fields do not give its hash." for row in altered)

    def _hash(self, row: Row, n: int) -> str:
        return _entry_hash(self._case, n, row.kind, row.record, row.commitment, row.previous)

    def _order(self) -> Iterator[str]:
        before, records = None, dict[str, int]()
        for row in self._rows:
            expected = before.n + 1 if before else 1
            if row.n < expected:
                yield f"entry {row.n} is there twice: one was inserted."
            elif row.n > expected:
                yield f"{_gap('entry', 'entries', expected, row.n - 1)} missing."
            elif row.previous != (before.hash if before else ZEROS) and not {before, row} & {*self._altered}:
                follows = f"entry {before.n}" if before else "the beginning"
                yield f"entry {row.n} does not follow {follows}: an entry was inserted, removed or written again there."
            if records.setdefault(row.record, row.n) != row.n:
                yield f"entries {records[row.record]} and {row.n} are the same record {row.record!r}: one was inserted."
            before = row

    def _bodies(self) -> Iterator[str]:
        owners = {row.commitment: row.n for row in self._rows}
        for row in self._rows:
            erased = row.n < self._erased and row.kind not in (SEAL, REOPEN, ERASURE)
            if row.opened is None:
                self._report.erased += erased
                if not erased:
                    yield f"the body of entry {row.n} is gone, and no erasure says so."
            elif erased:
                yield f"the body of entry {row.n} is there, and entry {self._erased} says that it was erased."
            elif row.opened != row.commitment and row.opened in owners:
                yield f"entry {row.n} has the body of entry {owners[row.opened]}."
            elif row.opened != row.commitment:
                yield f"the body of entry {row.n} was altered: it does not give the commitment."

    def _seals(self) -> Iterator[str]:
        sealed = 0
        for row in self._rows:
            if sealed and row.kind not in (REOPEN, ERASURE):
                yield f"entry {row.n} was added after entry {sealed} had sealed the case."
            sealed = row.n if row.kind == SEAL else 0 if row.kind == REOPEN else sealed

    def _seen(self) -> Iterator[str]:
        hashes, last = {row.n: row.hash for row in self._rows}, max((row.n for row in self._rows), default=0)
        for mark in self._marks:
            if mark.n > last:
                left = f"there are only {last}: the end was cut off" if last else "the case is gone"
                yield f"{mark.who} saw entry {mark.n}, and {left}."
                return
            if hashes.get(mark.n, mark.hash) != mark.hash:
                yield f"entry {mark.n} is not the one that {mark.who} saw: the chain was written again up to there."
                return


def _gap(one: str, several: str, first: int, last: int) -> str:
    return f"{one} {first} is" if first == last else f"{several} {first} to {last} are"


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong; returns 0 where nothing is, 1 where something is, 2 where a file cannot be used."""
    parser = argparse.ArgumentParser(description="Check a Signalbox ledger.")
    parser.add_argument("ledger", type=Path, help="the ledger, or one case of it, as JSON lines")
    parser.add_argument("--checkpoints", type=Path, help="a folder of checkpoints that were kept elsewhere")
    parser.add_argument("--key", action="append", default=[], help="the id of a key to trust, told by other means")
    given = parser.parse_args(arguments)
    try:
        with given.ledger.open("rb") as lines:
            report = examine(lines, given.key, exported(given.checkpoints) if given.checkpoints else ())
    except OSError as error:
        sys.stderr.write(f"{error.filename} cannot be used: {error.strerror}.\n")
        return 2
    sys.stdout.write("\n".join(said(report)) + "\n")
    return 1 if report.damage else 0


def exported(folder: Path) -> list[tuple[str, bytes]]:
    """The statements that were exported to a folder, by name."""
    return [(file.name, file.read_bytes()) for file in sorted(folder.iterdir()) if file.suffix == ".json"]


def said(report: Report) -> list[str]:
    """The report in sentences."""
    counts = (
        f"{report.cases} cases, {report.entries} entries ({report.erased} erased), {report.checkpoints} checkpoints"
    )
    verdict = f"{len(report.damage)} damaged places" if report.damage else "nothing is missing, altered or added"
    return [*report.damage, *report.notes, f"{counts}: {verdict}."]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
