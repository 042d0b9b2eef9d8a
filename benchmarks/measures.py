"""What was measured of one contender, and the two held against each other."""

from __future__ import annotations

from statistics import median

from pydantic import BaseModel, ConfigDict

MEGABYTE = 1_000_000


class Measure(BaseModel):
    """Times are seconds, memory is bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class History(Measure):
    """What one clean case leaves in the server's history."""

    events: int
    size: int
    activities: int
    local_activities: int
    workflow_tasks: int


class Round(Measure):
    """One slice of cases with several in flight."""

    cases: int
    seconds: float
    worker_cpu: float
    server_cpu: float


class Figures(Measure):
    """Everything about one contender."""

    history: History
    long_history: History
    rounds: tuple[Round, ...]
    lone: tuple[float, ...]
    waiting: int
    waiting_bytes: int
    approved: tuple[float, ...]
    idle: dict[int, float]
    """Processor seconds a second, by how many cases wait."""

    @property
    def cases_a_second(self) -> float:
        """The median round's."""
        return median(each.cases / each.seconds for each in self.rounds)

    @property
    def worker_cpu(self) -> float:
        """Seconds a case, of the median round."""
        return median(each.worker_cpu / each.cases for each in self.rounds)

    @property
    def server_cpu(self) -> float:
        """Seconds a case, of the median round."""
        return median(each.server_cpu / each.cases for each in self.rounds)

    @property
    def waiting_megabytes(self) -> float:
        """What 1,000 waiting cases would take, in MB."""
        return self.waiting_bytes / self.waiting * 1000 / MEGABYTE


class Line(Measure):
    """One figure of two, and what the second one aims at."""

    what: str
    one: str
    two: str
    ratio: float
    target: str
    met: bool | None


def lines(bare: Figures, governed: Figures) -> list[Line]:
    """The table."""
    one, two = bare.history, governed.history
    return [
        _line("events a case", one.events, two.events),
        _line("history bytes, 3 lines", one.size, two.size, at_most=0.5),
        _line("history bytes, 100 lines", bare.long_history.size, governed.long_history.size, at_most=0.5),
        _line("activities", one.activities, two.activities),
        _line("local activities", one.local_activities, two.local_activities),
        _line("workflow tasks", one.workflow_tasks, two.workflow_tasks),
        _line("cases a second, 20 in flight", bare.cases_a_second, governed.cases_a_second, at_least=1.0),
        _line("worker CPU a case, ms", bare.worker_cpu * 1e3, governed.worker_cpu * 1e3, at_most=1.10),
        _line("server CPU a case, ms", bare.server_cpu * 1e3, governed.server_cpu * 1e3),
        _line("a lone case, p50 ms", median(bare.lone) * 1e3, median(governed.lone) * 1e3),
        _memory(bare.waiting_megabytes, governed.waiting_megabytes),
        _line("approve to done, p50 ms", median(bare.approved) * 1e3, median(governed.approved) * 1e3, at_most=1.05),
    ]


def trail_lines(untold: Figures, told: Figures) -> list[Line]:
    """What the trail adds: the same cases with a worker that keeps none, and with one that does."""
    one, two = untold.history, told.history
    idle = [
        _line(f"CPU of an idle worker, ms a second, {waiting} cases wait", untold.idle[waiting] * 1e3, used * 1e3)
        for waiting, used in told.idle.items()
    ]
    return [
        _line("events a case", one.events, two.events, at_most=1.0),
        _line("history bytes, 3 lines", one.size, two.size, at_most=1.005),
        _line("worker CPU a case, ms", untold.worker_cpu * 1e3, told.worker_cpu * 1e3, at_most=1.10),
        _line("server CPU a case, ms", untold.server_cpu * 1e3, told.server_cpu * 1e3),
        _line("cases a second, 20 in flight", untold.cases_a_second, told.cases_a_second),
        _line("a lone case, p50 ms", median(untold.lone) * 1e3, median(told.lone) * 1e3),
        _line("approve to done, p50 ms", median(untold.approved) * 1e3, median(told.approved) * 1e3),
        _line("MB per 1,000 waiting approvals", untold.waiting_megabytes, told.waiting_megabytes),
        *idle,
    ]


def _line(what: str, one: float, two: float, at_most: float | None = None, at_least: float | None = None) -> Line:
    ratio = two / one if one else 0.0
    target, met = "", None
    if at_most is not None:
        target, met = f"<= {at_most:.2f}", ratio <= at_most
    if at_least is not None:
        target, met = f">= {at_least:.2f}", ratio >= at_least
    return Line(what=what, one=_shown(one), two=_shown(two), ratio=ratio, target=target, met=met)


def _memory(bare: float, governed: float) -> Line:
    line = _line("MB per 1,000 waiting approvals", bare, governed)
    return line.model_copy(update={"target": "<= 60 MB", "met": governed <= 60})


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
