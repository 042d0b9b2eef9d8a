"""An evidence pack or an exported ledger as a file: checked by the verifier first, then held together like a case."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

from pydantic import TypeAdapter

from commands.console import UserError
from commands.verifying import Chains
from domain.text import show
from governance.reconciliation.held import chain_of
from governance.reconciliation.known import Evidence
from governance.reconciliation.reconcile import Reconciled, reconcile
from governance.trail.attempts import Attempt
from governance.trail.history import History
from integrations.ledger_lines import LedgerLines
from integrations.temporal.histories import BadHistory, read_history
from verifier.verify import Refused, examine, examine_pack, is_pack, unpacked

Statements = Sequence[tuple[str, bytes]]
ATTEMPTS = TypeAdapter(tuple[Attempt, ...])


@dataclass(frozen=True)
class Packed:
    """A run's history as a pack has it."""

    history: History
    content: bytes

    def exported(self) -> bytes:
        """The file."""
        return self.content


@dataclass(frozen=True)
class Opened:
    """What the verifier says of a file, and what else is in it; `attempts` is None where it has no journal."""

    lines: LedgerLines
    chains: Chains
    runs: Sequence[Packed]
    attempts: Sequence[Attempt] | None

    def cases(self, now: datetime) -> Iterator[Reconciled]:
        """Each case of it, on its own."""
        for case in self.lines.cases:
            chain = chain_of(self.lines.of(case))
            found = reconcile(Evidence(case, self.runs, self.attempts, chain, now, asked=False))
            yield found.with_ledger(self.chains.of(case))


@contextmanager
def opened(file: Path, key: Sequence[str], kept: Statements) -> Generator[Opened]:
    """Open a pack (a zip or a folder), or an exported ledger; raise `UserError` for what is refused."""
    if is_pack(file):
        yield _pack(_unpacked(file), key, kept)
        return
    with file.open("rb") as content:
        lines = LedgerLines(content)
        yield Opened(lines, Chains(examine(lines.all(), key, kept), lines.cases), (), None)


def _unpacked(file: Path) -> Mapping[str, bytes]:
    try:
        return unpacked(file)
    except Refused as refused:
        raise UserError(f"{file} was not opened: {refused}") from None


def _pack(files: Mapping[str, bytes], key: Sequence[str], kept: Statements) -> Opened:
    report = examine_pack(files, key, kept)
    lines = LedgerLines(BytesIO(files.get("ledger.jsonl", b"")))
    _ = list(lines.all())
    return Opened(lines, Chains(report, lines.cases), _runs(files), _attempts(files))


def _runs(files: Mapping[str, bytes]) -> tuple[Packed, ...]:
    """The histories that can be read; of the others the verifier has said so."""
    found = list[Packed]()
    for path, content in files.items():
        if path.startswith("histories/"):
            try:
                found.append(Packed(read_history(content, show(path, 200)), content))
            except BadHistory:
                continue
    return tuple(found)


def _attempts(files: Mapping[str, bytes]) -> tuple[Attempt, ...] | None:
    try:
        return ATTEMPTS.validate_json(files.get("journal.json", b""))
    except ValueError:
        return None
