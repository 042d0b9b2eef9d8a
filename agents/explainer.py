"""Answers an approver's question about an agent's proposal, from what that agent was told and nothing else."""

from __future__ import annotations

from agents.agent import Agent, Limits
from domain.documents import DocumentRef
from domain.values import Frozen


class ExplainerBrief(Frozen):
    """A proposal, the brief it was made from, and the question: the last two by reference."""

    agent: str
    proposal: str
    reason: str
    brief: DocumentRef
    question: DocumentRef


class Explanation(Frozen):
    """What the model answers: a claim, shown as one."""

    answer: str


def nobody_explains(_: ExplainerBrief) -> Explanation | None:
    """There is no rule that answers a free question."""
    return None


explainer = Agent(
    name="explainer",
    version="1",
    instructions=(
        "A person must decide on a proposal and asks one question about it. Answer in at most three sentences, from "
        "the brief alone; name the figures you rely on. Where the brief does not say, answer that it does not say.\n"
        "You decide nothing and recommend nothing beyond the proposal: the person decides."
    ),
    brief=ExplainerBrief,
    claim=Explanation,
    fallback=nobody_explains,
    limits=Limits(turns=1),
)
