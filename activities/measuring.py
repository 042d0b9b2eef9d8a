"""Counts what activities come to: effects, verdicts, and turns with what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.policy import Judgement
from activities.reasoning import Thought, Turn
from domain.errors import DomainError
from domain.metrics import COST, EFFECTS, JUDGEMENTS, TOKENS, TURNS, Metric
from governance.approval import Explained
from governance.verdict import Verdict

MICROS = Decimal(1_000_000)
NONE = "none"


class Counting(Interceptor):
    """Register it with every worker; `effects` names the action of each activity that performs one."""

    def __init__(self, effects: Mapping[str, str]) -> None:
        self._effects = effects

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """Watch what runs."""
        return _Counted(super().intercept_activity(next), self._effects)


class _Counted(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, effects: Mapping[str, str]) -> None:  # noqa: A002
        super().__init__(next)
        self._effects = effects

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        action = self._effects.get(activity.info().activity_type)
        given = input.args[0] if input.args else None
        try:
            result = await super().execute_activity(input)
        except Exception as error:
            if action:
                add(EFFECTS, action=action, result="refused" if isinstance(error, DomainError) else "failed")
            elif isinstance(given, Turn):
                add(TURNS, agent=given.agent, model=NONE, result="failed")
            raise
        if action:
            add(EFFECTS, action=action, result="done")
        else:
            _tell(given, result)
        return result


def _tell(given: object, result: object) -> None:
    if isinstance(given, Judgement) and isinstance(result, Verdict):
        add(JUDGEMENTS, policy=given.policy, then=result.then)
    elif isinstance(given, Turn) and isinstance(result, Thought):
        _reasoned(given.agent, result.model or NONE, result)
    elif isinstance(result, Explained):
        add(TURNS, agent="explainer", model=NONE, result="answered" if result.answer else "failed")


def _reasoned(agent: str, model: str, thought: Thought) -> None:
    usage = thought.usage
    add(TURNS, thought.asks, agent=agent, model=model, result="answered")
    add(TOKENS, usage.input_tokens or 0, agent=agent, model=model, direction="input")
    add(TOKENS, usage.output_tokens or 0, agent=agent, model=model, direction="output")
    if thought.cost is not None:
        add(COST, int(thought.cost * MICROS), agent=agent, model=model)


def add(metric: Metric, count: int = 1, **labels: str) -> None:
    """Count in the worker's figures."""
    activity.metric_meter().create_counter(metric.name, metric.about).add(count, labels)


def took(metric: Metric, seconds: float) -> None:
    """Note how long something took."""
    activity.metric_meter().create_histogram_timedelta(metric.name, metric.about).record(timedelta(seconds=seconds))


def stands_at(metric: Metric, value: float) -> None:
    """Note how something stands now."""
    activity.metric_meter().create_gauge_float(metric.name, metric.about).set(value)
