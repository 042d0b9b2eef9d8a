"""What is counted beside the SDK's own figures: names, labels and meanings, said once.

No label may say what a case is about, nor have more than a few dozen values: no ids, no people, no amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One figure. Prometheus calls a counter `…_total` and a time `…_seconds`."""

    name: str
    kind: Literal["counter", "gauge", "time"]
    labels: tuple[str, ...]
    about: str

    @property
    def scraped(self) -> str:
        """Its name where it is served for Prometheus."""
        return self.name + {"counter": "_total", "gauge": "", "time": "_seconds"}[self.kind]


CASES_STARTED = Metric("signalbox_cases_started", "counter", ("process",), "cases that began")
CASES_ENDED = Metric(
    "signalbox_cases_ended",
    "counter",
    ("process", "outcome"),
    "cases that ended, and as what; `failed`, `cancelled` too",
)
APPROVALS_ENDED = Metric("signalbox_approvals_ended", "counter", ("state",), "decisions, and what came of each request")
APPROVALS_WAITING = Metric(
    "signalbox_approvals_waiting",
    "gauge",
    (),
    "decisions that wait for a person; every worker counts all: take the highest",
)
APPROVALS_AGED = Metric(
    "signalbox_approvals_aged", "gauge", ("waited",), "of those, the ones that have waited for at least so long"
)
CASES_OPEN = Metric("signalbox_cases_open", "gauge", ("process",), "cases that go on; every worker counts all")
CASES_WITH_PEOPLE = Metric(
    "signalbox_cases_with_people", "gauge", ("process",), "of those, the ones in which a person has to do something now"
)
CASES_NEEDING_REPAIR = Metric(
    "signalbox_cases_needing_repair", "gauge", (), "cases whose books a person must put right; every worker counts all"
)
LEDGER_LAG = Metric(
    "signalbox_ledger_lag_seconds", "gauge", (), "age of the oldest news of a case that is not in the ledger"
)
COUNTED_AT = Metric("signalbox_counted_at_seconds", "gauge", (), "when cases and approvals were counted last")
EFFECTS = Metric(
    "signalbox_effects",
    "counter",
    ("action", "result"),
    "attempts of effects: `done`, `refused` for good, or `failed` and tried again",
)
JUDGEMENTS = Metric("signalbox_judgements", "counter", ("policy", "then"), "verdicts: `allow`, `review` or `deny`")
TURNS = Metric("signalbox_turns", "counter", ("agent", "model", "result"), "turns of agents, answered or failed")
TOKENS = Metric("signalbox_tokens", "counter", ("agent", "model", "direction"), "tokens, `input` and `output`")
COST = Metric(
    "signalbox_cost_micros",
    "counter",
    ("agent", "model"),
    "what turns cost, in millionths of the price table's currency",
)
SWEEP_TIME = Metric("signalbox_sweep", "time", (), "how long a round of the sweep took")
SWEEP_LAG = Metric(
    "signalbox_sweep_lag_seconds",
    "gauge",
    (),
    "how long what a round entered last had waited; of the worker that sweeps",
)
SWEEP_LEFT = Metric("signalbox_sweep_left", "gauge", (), "closed cases that a round left for the next one")
JOURNAL_TIME = Metric("signalbox_journal", "time", (), "how long an attempt waited until the journal had it on disk")

METRICS = (
    CASES_STARTED,
    CASES_ENDED,
    APPROVALS_ENDED,
    APPROVALS_WAITING,
    APPROVALS_AGED,
    CASES_OPEN,
    CASES_WITH_PEOPLE,
    CASES_NEEDING_REPAIR,
    LEDGER_LAG,
    COUNTED_AT,
    EFFECTS,
    JUDGEMENTS,
    TURNS,
    TOKENS,
    COST,
    SWEEP_TIME,
    SWEEP_LAG,
    SWEEP_LEFT,
    JOURNAL_TIME,
)
