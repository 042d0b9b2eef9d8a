"""A person's question about a proposal, put to the model with what the proposing agent was told."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.documents import put_model
from activities.reasoning import ReasoningActivities, Turn
from agents.explainer import ExplainerBrief, Explanation, explainer
from domain.ports import Documents
from domain.values import Frozen
from governance.approval import Advice, Explained


class Inquiry(Frozen):
    """Who proposed what, and the question of the comment with this event id."""

    advice: Advice
    question: str
    event_id: int


@dataclass(frozen=True)
class ExplainingActivities:
    """Lets an agent account for its proposal."""

    documents: Documents
    reasoning: ReasoningActivities

    @activity.defn
    async def explain(self, inquiry: Inquiry) -> Explained:
        """Ask once; an unusable answer is none."""
        advice = inquiry.advice
        said = Explained(event_id=inquiry.event_id, agent=advice.agent, provider=advice.provider, answer=None)
        if advice.brief is None:
            return said.model_copy(update={"why_not": "it kept no brief to answer from"})
        question = await self.documents.put(inquiry.question.encode(), name="question", media_type="text/plain")
        brief = ExplainerBrief(
            agent=f"{advice.agent} {advice.version}",
            proposal=advice.proposal,
            reason=advice.reason,
            brief=advice.brief,
            question=question,
        )
        ref = await put_model(self.documents, brief, "question")
        thought = await self.reasoning.think(Turn(agent=explainer.name, version=explainer.version, brief=ref))
        said = said.model_copy(update={"spent": thought.took})
        if thought.claim is None:
            return said.model_copy(update={"why_not": "its answer could not be used", "provider": thought.provider})
        answer = Explanation.model_validate_json(thought.claim).answer[:2_000]
        return said.model_copy(update={"answer": answer, "provider": thought.provider})
