"""Single steps: judging an action by a table of twenty rows, examining an invoice, reading one through its process."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from benchmarks.measures import Measure
from benchmarks.papers import CLEAN, SAMPLES
from domain.actions import PostBill
from domain.billing import bill_of
from domain.checks.dossier import gather
from domain.checks.examination import examine
from domain.course import Post
from domain.documents import DocumentRef
from domain.intake import Examined, Headline, ReadInvoice, known_codings
from domain.invoice import Invoice
from governance.judge import Circumstances, judge
from governance.policy import Table
from governance.policy_file import load_table
from governance.stated import state
from integrations.policy_folder import PolicyFolder
from integrations.reading.formats import read_document
from integrations.reading.limits import ReadingLimits
from integrations.reading.reader import ChildReader
from integrations.sandbox import Database, SandboxErp, load_csv
from integrations.settings import ROOT

ROWS = 20
TIMES = 2_000


class Steps(Measure):
    """Seconds for one of each."""

    decide: float
    judge: float
    rows: int
    examine: float
    read_here: float
    read_in_child: float


async def measure(folder: Path) -> Steps:
    """Measure each step on the first clean sample."""
    content = (SAMPLES / "invoices" / CLEAN.file).read_bytes()
    database = Database(f"sqlite:///{folder / 'micro.db'}")
    await database.prepare()
    await load_csv(database, SAMPLES / "erp")
    async with ChildReader() as reader:
        invoice = await reader.read(content, name=CLEAN.file)
        began = time.perf_counter()
        for _ in range(100):
            await reader.read(content, name=CLEAN.file)
        read_in_child = (time.perf_counter() - began) / 100
    if not isinstance(invoice, Invoice):
        raise TypeError(f"{CLEAN.file} is not an e-invoice.")
    dossier = await gather(SandboxErp(database), invoice)
    tolerances = await PolicyFolder(ROOT / "policies").tolerances(None)
    await database.close()

    def examined() -> Examined:
        found = examine(invoice, dossier, sender=None, tolerances=tolerances)
        return Examined(
            headline=Headline.of(invoice),
            supplier=dossier.supplier,
            examination=found,
            known_codings=known_codings(dossier),
        )

    table, bill, given = twenty_rows(), _bill(invoice, examined()), _circumstances()
    facts = state(table, bill.facts(), None, given.at.date()).facts
    return Steps(
        decide=_best(lambda: table.decide(facts)),
        judge=_best(lambda: judge(table, bill, given)),
        rows=len(table.rows),
        examine=_best(lambda: examine(invoice, dossier, sender=None, tolerances=tolerances), TIMES // 10),
        read_here=_best(lambda: read_document(content, ReadingLimits()), TIMES // 10),
        read_in_child=read_in_child,
    )


def _circumstances() -> Circumstances:
    return Circumstances(at=datetime.now(UTC), draw=Decimal(0), rates=None, directory=None, profile="dev", stopped=None)


def twenty_rows() -> Table:
    """The shipped rows, with the one that a clean bill meets at the twentieth place and all before it for bills too."""
    shipped = load_table((ROOT / "policies" / "invoice.toml").read_bytes(), "invoice.toml")
    clean = next(row for row in shipped.rows if row.id == "clean")
    others = [row for row in shipped.rows if row.id != "clean" and row.concerns(clean.cells["action"].text)]
    rows = [*(others * ROWS)[: ROWS - 1], clean]
    return Table(shipped.policy, shipped.version, shipped.currency, shipped.facts, tuple(rows), shipped.file_digest)


def _bill(invoice: Invoice, examined: Examined) -> PostBill:
    ref = DocumentRef(digest="0" * 64, size=0, media_type="application/xml", name=CLEAN.file)
    read = ReadInvoice(invoice=ref, headline=Headline.of(invoice), read_by="parser", confidence=None)
    return bill_of(examined, Post(coding=examined.examination.coding, exceptions=()), read)


def _best(step: Callable[[], object], times: int = TIMES) -> float:
    """Seconds of one step: the best of five runs, which others on the machine disturb least."""
    runs: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(times):
            step()
        runs.append((time.perf_counter() - began) / times)
    return min(runs)
