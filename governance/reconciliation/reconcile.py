"""Whether history, trail, journal and ledger of a case say the same, and everything that is wrong where they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain as each_of

from domain.text import show
from governance.reconciliation.attempts import attempts
from governance.reconciliation.entries import entries
from governance.reconciliation.finding import Finding, capital
from governance.reconciliation.histories import histories
from governance.reconciliation.known import Evidence, Known
from governance.reconciliation.unknowns import unknowns

RANK = {"ledger": 0, "missing": 1, "extra": 1, "altered": 1, "unread": 2, "unknown": 3, "note": 4}


@dataclass(frozen=True)
class Reconciled:
    """What came of a case: how much was compared, and what was found, the worst first."""

    case: str
    runs: int
    records: int
    entries: int
    findings: tuple[Finding, ...]

    @property
    def damage(self) -> tuple[Finding, ...]:
        """What is missing, extra or altered."""
        return tuple(finding for finding in self.findings if finding.is_damage)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """Outcomes that nobody knows."""
        return tuple(finding for finding in self.findings if finding.what == "unknown")

    @property
    def unread(self) -> tuple[Finding, ...]:
        """What could not be compared."""
        return tuple(finding for finding in self.findings if finding.what == "unread")

    def with_unread(self, why: str) -> Reconciled:
        """With the reason for which the server's histories were not compared."""
        return replace(self, findings=(*self.findings, Finding("unread", why)))

    def with_ledger(self, sentences: Iterable[str]) -> Reconciled:
        """With what the verifier says of the ledger."""
        return replace(self, findings=(*(Finding("ledger", said) for said in sentences), *self.findings))


def reconcile(evidence: Evidence) -> Reconciled:
    """Everything that is wrong with a case's evidence, then unknown outcomes, then what only has to be known.

    Pure; it trusts nothing that it is given, and raises nothing whatever that says. Whether the chain of entries itself
    holds together is `verifier.verify.examine`'s to say.
    """
    known = Known(evidence)
    found = each_of(histories(known), entries(known), attempts(known), unknowns(known), _sealed(known), _erased(known))
    said = dict.fromkeys(finding._replace(said=capital(finding.said)) for finding in found)
    ranked = tuple(sorted(said, key=lambda finding: RANK[finding.what]))
    return Reconciled(evidence.case, len(known.histories), len(known.records), len(known.chain.entries), ranked)


def _sealed(known: Known) -> Iterator[Finding]:
    """A case is sealed soon after its last run has closed, and open while one goes on."""
    if known.chain.sealed:
        for run in known.histories.keys() - known.ends.keys():
            yield from _going_on(known, run)
    elif known.closed and known.evidence.asked and known.late(known.closed):
        yield Finding(
            "missing",
            f"every run closed by {known.closed:%Y-%m-%d %H:%M:%S} UTC, and the ledger's chain is not sealed: "
            "no sweep has come by since, or its last entries were removed.",
        )
    elif known.closed and known.evidence.asked:
        yield Finding("note", "The case has just closed; its chain is still to be sealed.")


def _going_on(known: Known, run: str) -> Iterator[Finding]:
    began = min((event.at for event in known.histories[run].events), default=known.now)
    if known.late(began):
        yield Finding(
            "altered",
            f"the ledger's chain is sealed, and run {show(run, 40)} goes on since {began:%Y-%m-%d %H:%M:%S} UTC: "
            "the seal was not the sweep's, the server's database is older than the ledger, or no sweep has come by "
            "since the run began.",
        )


def _erased(known: Known) -> Iterator[Finding]:
    """What cannot be compared any more, and why, said once."""
    gone = sum(held.body is None for held in known.chain.own)
    if not gone:
        return
    who = "; ".join(
        f"erased by {show(erasure.by, 100)} on {show(erasure.at, 40)} because: {show(erasure.reason, 200)}"
        for erasure in known.chain.erasures
    )
    yield Finding("note", f"{gone} bodies cannot be compared: {who or 'nothing says who erased them'}.")
