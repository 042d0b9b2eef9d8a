"""What an agent did so far, in segments: each holds one turn and names the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agents.tools import Observed, Read, ToolCall
from domain.documents import DocumentRef
from domain.values import Frozen


class Segment(Frozen):
    """What the model was told since the turn before, what it said, and what it called."""

    before: DocumentRef | None
    observed: tuple[Observed, ...]
    said: str
    calls: tuple[ToolCall, ...]


def came_of(past: Sequence[Segment], fresh: Iterable[Observed]) -> tuple[Observed, ...]:
    """Everything that the agent was told of its calls, oldest first."""
    return (*(observed for segment in past for observed in segment.observed), *fresh)


def reads_of(told: Iterable[Observed]) -> tuple[Read, ...]:
    """What systems returned: that alone can back an action."""
    return tuple(Read(tool=each.tool, answer=each.text) for each in told if each.kind == "read" and each.tool)


def sources_of(brief: Frozen, texts: Mapping[str, str], told: Iterable[Observed]) -> dict[str, str]:
    """All that an answer may quote, by name: the brief, its texts, and what each tool returned or did."""
    return quotable({"brief": brief.model_dump_json(), **texts}, told)


def quotable(sources: Mapping[str, str], told: Iterable[Observed]) -> dict[str, str]:
    """The same sources, and what tools returned or did besides."""
    sources = dict(sources)
    for each in told:
        if each.tool and each.kind in ("read", "done"):
            sources[each.tool] = f"{sources.get(each.tool, '')}\n{each.text}"
    return sources
