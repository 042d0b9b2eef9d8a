"""Lays before a second reader what a person would see, and all that the proposing agent was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from temporalio import activity

from activities.documents import put_model
from agents.agent import Agent
from agents.second_reader import SecondReading
from domain.documents import DocumentRef
from domain.errors import NoAnswer
from domain.ports import Documents
from domain.values import Frozen
from governance.approval import Advice


class ToReadAgain(Frozen):
    """A question as it would be put to people."""

    question: str
    facts: dict[str, str]
    evidence: tuple[str, ...]
    advice: Advice | None


@dataclass(frozen=True)
class SecondReadingActivities:
    """Reads only: run as a local activity."""

    agents: Mapping[tuple[str, str], Agent[Any, Any]]
    documents: Documents

    @activity.defn
    async def brief_second_reader(self, task: ToReadAgain) -> DocumentRef:
        """Keep the brief, with the texts that the first agent's own brief refers to."""
        advice = task.advice
        reading = SecondReading(
            question=task.question,
            facts=task.facts,
            evidence=task.evidence,
            proposal=advice.proposal if advice else "",
            reason=advice.reason if advice else "",
            told=await self._told(advice) if advice and advice.brief else None,
        )
        return await put_model(self.documents, reading, "second reading")

    async def _told(self, advice: Advice) -> DocumentRef | None:
        agent = self.agents.get((advice.agent, advice.version))
        if agent is None or advice.brief is None:
            raise NoAnswer(f"This worker has no agent {advice.agent} of version {advice.version}.")
        content = await self.documents.get(advice.brief)
        brief = agent.brief.model_validate_json(content)
        texts = [
            f"{name.upper()}\n{(await self.documents.get(ref)).decode()}"
            for name, ref in brief
            if isinstance(ref, DocumentRef)
        ]
        whole = "\n\n".join((f"BRIEF\n{content.decode()}", *texts))
        return await self.documents.put(whole.encode(), name="told", media_type="text/plain")
