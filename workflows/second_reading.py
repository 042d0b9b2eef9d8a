"""A second opinion on what policy would allow: it can only take the decision to people."""

from __future__ import annotations

from dataclasses import dataclass

from activities.second_reading import SecondReadingActivities, ToReadAgain
from agents.second_reader import second_reader
from domain.text import show
from governance.verdict import Second
from workflows.asking import Question
from workflows.consulting import Consulting
from workflows.looking_up import look_up

SAID = 400
"""Characters of a reader's reason that people see."""


@dataclass(frozen=True)
class Read:
    """What a second reader said, in its own words, and who it was."""

    second: Second
    said: str


async def second_reading(case: Consulting, question: Question) -> Read:
    """Ask a second reader within the case's budget; no answer is no agreement."""
    task = ToReadAgain(question=question.text, facts=question.facts, evidence=question.evidence, advice=question.advice)
    brief = await look_up(SecondReadingActivities.brief_second_reader, task)
    consulted = await case.consult(second_reader, brief)
    if consulted.claim is None:
        return Read("silent", f"second reader: no answer: {show(consulted.why_none or 'nobody answered', SAID)}")
    said = f"second reader ({show(consulted.model or consulted.provider, 60)}): {show(consulted.claim.reason, SAID)}"
    return Read("agrees" if consulted.claim.agrees else "objects", said)


def noted(question: Question, read: Read) -> Question:
    """The same question with what the second reader said, for the people who decide."""
    return question.model_copy(update={"evidence": (*question.evidence, read.said)})
